from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a service refuses is matched by its English source, whatever the translations say."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """What services refuse is compared in the language in which it is written in the code."""
    with translation.override("en"):
        yield
