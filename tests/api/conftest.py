from __future__ import annotations

from datetime import timedelta

import pytest

from systems import System, system_of
from world import MONDAY, World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked an hour after the world was made."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY + timedelta(hours=1))


@pytest.fixture
def unit(world: World) -> System:
    """The system of the probation unit that leads the cases."""
    return system_of(world, world.unit, "case_manager", world.bolat)


@pytest.fixture
def other_unit(world: World) -> System:
    return system_of(world, world.erlan.agency, "case_manager", world.erlan)


@pytest.fixture
def shop(world: World) -> System:
    """The system of the one-stop shop."""
    return system_of(world, world.agencies["one_stop_shop"], "provider", world.dana)
