"""Due times for many starts at once are those of the scalar function, for every start of four years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from oralu.calendarfiles import load_calendar
from oralu.core.worktime import Allowance, Calendar, CalendarError, due, due_many
from oralu.policyfiles import edition_names, load_edition

CALENDAR = load_calendar()
FIRST, LAST = date(2024, 1, 1), date(2027, 12, 31)


def allowances() -> list[Allowance]:
    """Every allowance that a rule of an edition gives."""
    rules = [rule for name in edition_names() for rule in load_edition(name).rules]
    texts = {text for rule in rules for text in (rule.target, rule.limit)}
    return [Allowance.parse(text) for text in sorted(texts)]


def hours() -> list[datetime]:
    start = datetime(FIRST.year, 1, 1, tzinfo=CALENDAR.zone).astimezone(UTC)
    end = datetime(LAST.year + 1, 1, 1, tzinfo=CALENDAR.zone).astimezone(UTC)
    count = int((end - start).total_seconds()) // 3600
    return [(start + timedelta(hours=n)).astimezone(CALENDAR.zone) for n in range(count)]


def reaches(moment: datetime, allowance: Allowance) -> bool:
    """Whether the calendar has the working days that the allowance needs."""
    left = int(CALENDAR.working[CALENDAR.index(moment.date()) + 1 :].sum())
    return allowance.unit != "working_days" or left >= allowance.n


def scalar(moments: list[datetime], allowance: Allowance) -> list[int]:
    return [int(due(moment, allowance, CALENDAR).timestamp()) for moment in moments]


@pytest.mark.parametrize("allowance", allowances(), ids=str)
def test_every_hour_of_every_day(allowance: Allowance) -> None:
    """The first second of each hour, and the last of every day: only a local midnight tells starts apart, and those are
    on the hour."""
    moments = [moment for moment in hours() if reaches(moment, allowance)]
    assert len(moments) > 34_500
    seconds = np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)
    assert np.array_equal(due_many(seconds, allowance, CALENDAR), scalar(moments, allowance))
    # Added in UTC: on 29 February 2024 the hour before midnight came twice in Kazakhstan.
    late = [(m.astimezone(UTC) + timedelta(seconds=3599)).astimezone(CALENDAR.zone) for m in moments if m.hour == 23]
    lates = np.array([int(moment.timestamp()) for moment in late], dtype=np.int64)
    assert np.array_equal(due_many(lates, allowance, CALENDAR), scalar(late, allowance))


def test_a_start_whose_term_the_calendar_does_not_reach_is_refused_by_both() -> None:
    allowance = Allowance.parse("10WD")
    beyond = next(moment for moment in hours() if not reaches(moment, allowance))
    with pytest.raises(CalendarError):
        due(beyond, allowance, CALENDAR)
    with pytest.raises(CalendarError):
        due_many(np.array([0, int(beyond.timestamp())]), allowance, CALENDAR)


def test_weekends_that_are_worked_count_and_working_days_that_are_free_do_not() -> None:
    special = CALENDAR.special.values()
    worked = [day.day for day in special if day.why == "made_working"]
    free = [day.day for day in special if day.why in ("transferred", "shifted", "holiday") and day.day.weekday() < 5]
    assert len(worked) >= 2
    assert len(free) >= 20
    one = Allowance.parse("1WD")
    for day in (*worked, *free):
        before = datetime(day.year, day.month, day.day, 12, tzinfo=CALENDAR.zone) - timedelta(days=1)
        if before.date() < CALENDAR.first:
            continue
        found = int(due_many(np.array([int(before.timestamp())]), one, CALENDAR)[0])
        end_of_day = int((before + timedelta(days=1, hours=12)).timestamp())
        assert (found == end_of_day) == (day in worked), day


def test_a_zone_whose_midnights_fall_on_odd_seconds() -> None:
    """Liberia was 44 minutes and 30 seconds behind until January 1972: no slot of use divides its midnights."""
    zone = ZoneInfo("Africa/Monrovia")
    calendar = Calendar.build(
        first=date(1971, 1, 1), last=date(1973, 12, 31), zone=zone, weekend=(5, 6), holidays=(), transfers=()
    )
    assert (calendar.slot, CALENDAR.slot) == (0, 3600)
    first = datetime(1971, 12, 20, tzinfo=zone).astimezone(UTC)
    moments = [(first + timedelta(minutes=13 * n)).astimezone(zone) for n in range(4_000)]
    seconds = np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)
    for text in ("3WD", "P2D", "PT5H"):
        allowance = Allowance.parse(text)
        wanted = [int(due(moment, allowance, calendar).timestamp()) for moment in moments]
        assert np.array_equal(due_many(seconds, allowance, calendar), wanted)
    for outside in (datetime(1970, 12, 31, 12, tzinfo=UTC), datetime(1974, 1, 2, tzinfo=UTC)):
        with pytest.raises(CalendarError):
            due_many(np.array([int(outside.timestamp())]), Allowance.parse("1WD"), calendar)


@pytest.mark.parametrize("text", ["PT1H", "P1D", "1WD"])
def test_a_start_outside_the_calendar_is_refused(text: str) -> None:
    first, end = int(CALENDAR.midnights[0]), int(CALENDAR.midnights[len(CALENDAR.working)])
    allowance = Allowance.parse(text)
    assert due_many(np.array([first]), allowance, CALENDAR) > first
    assert len(due_many(np.array([], dtype=np.int64), allowance, CALENDAR)) == 0
    for outside in (first - 1, end, -(1 << 60), 1 << 40, 1 << 60):
        with pytest.raises(CalendarError):
            due_many(np.array([first, outside]), allowance, CALENDAR)
