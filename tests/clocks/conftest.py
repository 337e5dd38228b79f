"""The calendar of Kazakhstan for the tests of clocks."""

from __future__ import annotations

import pytest

from oralu.calendarfiles import CalendarFile, load_calendar_file
from oralu.core.worktime import Calendar


@pytest.fixture(scope="session")
def kz_file() -> CalendarFile:
    return load_calendar_file("kz")


@pytest.fixture(scope="session")
def kz(kz_file: CalendarFile) -> Calendar:
    return kz_file.calendar
