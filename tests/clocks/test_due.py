"""When an allowance runs out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oralu.calendarfiles import load_calendar
from oralu.core.worktime import Allowance, AllowanceError, Calendar, CalendarError, Transfer, due, due_many

unhurried = settings(deadline=None)  # a busy machine is no failure
KZ = load_calendar()
FIRST = int(KZ.midnights[0])
AFTER_LAST = int(KZ.midnights[len(KZ.working)])

seconds = st.one_of(
    st.integers(FIRST, AFTER_LAST - 1),
    st.builds(
        lambda i, shift: min(max(int(KZ.midnights[i]) + shift, FIRST), AFTER_LAST - 1),
        st.integers(0, len(KZ.working) - 1),
        st.sampled_from([-60, -1, 0, 1, 60]),
    ),
)
allowances = st.builds(Allowance, st.sampled_from(["hours", "working_days", "days"]), st.integers(1, 120))


def at(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)


@pytest.mark.parametrize(
    ("start", "allow", "expected"),
    [
        # Nauryz 2026: Saturday to Monday, then two shifted days; the 26th is the first working day.
        ("2026-03-20T17:30:00+05:00", "3WD", "2026-03-31T00:00:00+05:00"),
        ("2026-03-20T23:59:59+05:00", "1WD", "2026-03-27T00:00:00+05:00"),
        ("2026-03-20T20:00:00+00:00", "1WD", "2026-03-27T00:00:00+05:00"),
        ("2026-03-25T18:59:59+00:00", "1WD", "2026-03-27T00:00:00+05:00"),
        ("2026-03-25T19:00:00+00:00", "1WD", "2026-03-28T00:00:00+05:00"),
        # Saturday 4 May 2024 was worked, Wednesday 8 May was free.
        ("2024-05-03T10:00:00+05:00", "1WD", "2024-05-05T00:00:00+05:00"),
        ("2024-05-04T10:00:00+05:00", "1WD", "2024-05-07T00:00:00+05:00"),
        ("2024-05-06T10:00:00+05:00", "1WD", "2024-05-11T00:00:00+05:00"),
        # Sunday 5 January 2025 was worked, the 7th is Christmas.
        ("2025-01-02T10:00:00+05:00", "2WD", "2025-01-07T00:00:00+05:00"),
        ("2025-01-06T10:00:00+05:00", "1WD", "2025-01-09T00:00:00+05:00"),
        # 31 August 2026 is a day off: Constitution Day falls on a Sunday.
        ("2026-08-28T10:00:00+05:00", "1WD", "2026-09-02T00:00:00+05:00"),
        # Calendar days do not move off a holiday.
        ("2026-03-16T09:00:00+05:00", "P5D", "2026-03-22T00:00:00+05:00"),
        ("2026-12-31T09:00:00+05:00", "P1D", "2027-01-02T00:00:00+05:00"),
        # Hours elapse; the clocks of Almaty went back from UTC+6 to UTC+5 at midnight of 1 March 2024.
        ("2026-03-20T17:30:00+05:00", "PT24H", "2026-03-21T17:30:00+05:00"),
        ("2024-02-29T12:00:00+06:00", "PT24H", "2024-03-01T11:00:00+05:00"),
        ("2024-02-29T12:00:00+06:00", "P1D", "2024-03-02T00:00:00+05:00"),
        ("2024-02-29T17:30:00+00:00", "1WD", "2024-03-02T00:00:00+05:00"),
        ("2024-02-29T18:30:00+00:00", "1WD", "2024-03-02T00:00:00+05:00"),
        ("2024-02-28T12:00:00+06:00", "1WD", "2024-03-01T00:00:00+05:00"),
        ("2024-02-26T12:00:00+06:00", "1WD", "2024-02-28T00:00:00+06:00"),
        # The last days of the calendar: days and hours may leave it, working days may not.
        ("2027-12-30T12:00:00+05:00", "1WD", "2028-01-01T00:00:00+05:00"),
        ("2027-12-30T12:00:00+05:00", "P90D", "2028-03-30T00:00:00+05:00"),
    ],
)
def test_due(start: str, allow: str, expected: str) -> None:
    moment = datetime.fromisoformat(start)
    allowance = Allowance.parse(allow)
    assert due(moment, allowance, KZ).isoformat() == expected
    [many] = due_many(np.array([moment.timestamp()], dtype=np.int64), allowance, KZ)
    assert at(int(many)) == datetime.fromisoformat(expected)


@unhurried
@given(starts=st.lists(seconds, min_size=1, max_size=20), allowance=allowances)
@example(
    starts=[int(datetime(2024, 2, 29, h, 30, tzinfo=UTC).timestamp()) for h in (16, 17, 18, 19)],
    allowance=Allowance("days", 1),
)
def test_many_equals_one_by_one(starts: list[int], allowance: Allowance) -> None:
    array = np.array(starts, dtype=np.int64)
    try:
        expected = [due(at(s), allowance, KZ).timestamp() for s in starts]
    except CalendarError:
        with pytest.raises(CalendarError):
            due_many(array, allowance, KZ)
    else:
        assert due_many(array, allowance, KZ).tolist() == expected


@pytest.mark.parametrize("allow", ["PT24H", "3WD", "P7D"])
def test_many_equals_one_by_one_all_through_the_years(allow: str) -> None:
    starts = np.arange(FIRST, AFTER_LAST - 10 * 86_400, 37 * 60 + 1, dtype=np.int64)
    many = due_many(starts, Allowance.parse(allow), KZ)
    sample = slice(None, None, 7)
    assert many[sample].tolist() == [due(at(int(s)), Allowance.parse(allow), KZ).timestamp() for s in starts[sample]]


@unhurried
@given(start=seconds, n=st.integers(1, 60))
def test_working_days_are_counted_as_a_person_would_with_a_finger_on_the_calendar(start: int, n: int) -> None:
    day, left = at(start).astimezone(KZ.zone).date(), n
    while left and day < KZ.last:
        day += timedelta(days=1)
        left -= KZ.is_working(day)
    if left:
        with pytest.raises(CalendarError, match="2028-01-01"):
            due(at(start), Allowance("working_days", n), KZ)
    else:
        ends = due(at(start), Allowance("working_days", n), KZ)
        assert ends.time() == time(0)
        assert ends.date() == day + timedelta(days=1)


@unhurried
@given(start=seconds, later=st.integers(0, 5_000_000), allowance=allowances)
def test_a_later_start_is_never_due_earlier(start: int, later: int, allowance: Allowance) -> None:
    second = min(start + later, AFTER_LAST - 1)
    try:
        last = due(at(second), allowance, KZ)
    except CalendarError:
        return
    assert due(at(start), allowance, KZ) <= last


def with_day_off(day: date) -> Calendar:
    working = KZ.working.copy()
    working[KZ.index(day)] = False
    return Calendar(KZ.first, KZ.last, KZ.zone, working)


@unhurried
@given(start=seconds, allowance=allowances, days=st.integers(0, 60))
def test_a_holiday_never_brings_a_deadline_forward(start: int, allowance: Allowance, days: int) -> None:
    holiday = min(at(start).astimezone(KZ.zone).date() + timedelta(days=days), KZ.last)
    try:
        after = due(at(start), allowance, with_day_off(holiday))
    except CalendarError:
        return
    assert due(at(start), allowance, KZ) <= after


def test_a_decree_that_makes_a_saturday_worked_is_followed() -> None:
    usual: dict[str, object] = {
        "first": date(2026, 9, 1),
        "last": date(2026, 9, 30),
        "zone": KZ.zone,
        "weekend": (5, 6),
    }
    start = datetime(2026, 9, 4, 9, tzinfo=KZ.zone)
    plain = Calendar.build(**usual, holidays=[], transfers=[])  # type: ignore[arg-type]
    swap = Transfer(free=date(2026, 9, 8), worked=date(2026, 9, 5), status="decreed")
    decreed = Calendar.build(**usual, holidays=[], transfers=[swap])  # type: ignore[arg-type]
    assert due(start, Allowance.parse("1WD"), plain).date() == date(2026, 9, 8)
    assert due(start, Allowance.parse("1WD"), decreed).date() == date(2026, 9, 6)
    assert due(start, Allowance.parse("3WD"), decreed).date() == date(2026, 9, 10)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3WD ",
        " 3WD",
        "0WD",
        "03WD",
        "-1WD",
        "3wd",
        "PT0H",
        "P1.5D",
        "P1W",
        "PT24",
        "P1DT2H",
        "3WDD",
        "PT３H",
        "99999WD",
    ],
)
def test_what_is_no_allowance_is_refused(text: str) -> None:
    with pytest.raises(AllowanceError):
        Allowance.parse(text)


@unhurried
@given(allowances)
def test_an_allowance_is_read_back_from_its_text(allowance: Allowance) -> None:
    assert Allowance.parse(str(allowance)) == allowance


def test_working_days_between_and_nth_agree() -> None:
    for n in (1, 5, 20):
        start = date(2026, 3, 19)
        assert KZ.working_days_between(start, KZ.nth_working_day_after(start, n)) == n
    assert KZ.working_days_between(date(2026, 3, 20), date(2026, 3, 25)) == 0
    assert KZ.working_days_between(date(2026, 3, 20), date(2026, 3, 1)) == 0


@pytest.mark.parametrize("allow", ["PT1H", "1WD", "P1D"])
def test_a_start_outside_the_calendar_or_without_offset_is_refused(allow: str) -> None:
    allowance = Allowance.parse(allow)
    for start in (at(FIRST - 1), at(AFTER_LAST)):
        with pytest.raises(CalendarError, match="outside the working calendar"):
            due(start, allowance, KZ)
        with pytest.raises(CalendarError, match="outside the working calendar"):
            due_many(np.array([FIRST, start.timestamp()], dtype=np.int64), allowance, KZ)
    with pytest.raises(CalendarError, match="no UTC offset"):
        due(datetime(2026, 3, 20, 12), allowance, KZ)  # noqa: DTZ001 - the point of the test
