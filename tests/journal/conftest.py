from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from journal_ground import Ground

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


@pytest.fixture
def ground(transactional_db: None, settings: SettingsWrapper, tmp_path: Path) -> Ground:
    """A journal with a key and a file of heads of its own, in real transactions."""
    settings.JOURNAL_KEY, settings.JOURNAL_HEADS = tmp_path / "journal.key", tmp_path / "heads.jsonl"
    return Ground(tmp_path)
