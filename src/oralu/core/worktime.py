"""Working time of Kazakhstan: which days are worked, and when an allowance of hours, working days or days runs out.

Kazakhstan has weekends that are worked and working days that are free, so the usual "business day" functions get
deadlines wrong. The calendar is data (`policy/calendars/kz.yaml`); this module turns it into lookup arrays that the
scalar and the vectorised functions share. Labour Code arts 84 and 85; law No 267 of 13.12.2001 "On holidays", art.
5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Unit = Literal["hours", "working_days", "days"]
Status = Literal["decreed", "by_rule", "expected"]
Why = Literal["holiday", "shifted", "transferred", "made_working"]

MAX_ALLOWANCE = 3660
"""An allowance longer than ten years is a slip of the pen; the tables of midnights reach this far past the calendar."""

_DAY = timedelta(days=1)
_PIECE = 1 << 15
_MOST_SLOTS = 1 << 20
_FORMS: tuple[tuple[re.Pattern[str], Unit], ...] = (
    (re.compile(r"PT([1-9][0-9]{0,4})H"), "hours"),
    (re.compile(r"([1-9][0-9]{0,4})WD"), "working_days"),
    (re.compile(r"P([1-9][0-9]{0,4})D"), "days"),
)
_TEXT: Mapping[Unit, str] = {"hours": "PT{}H", "working_days": "{}WD", "days": "P{}D"}


class CalendarError(ValueError):
    """A date that the calendar does not cover, or calendar data that contradict themselves."""


class AllowanceError(ValueError):
    """A text that is not an allowance."""


@dataclass(frozen=True)
class Allowance:
    """A term of the policy: `PT24H` elapsed hours, `3WD` working days, `P7D` calendar days."""

    unit: Unit
    n: int

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MAX_ALLOWANCE:
            raise AllowanceError(f"allowance of {self.n}: must be between 1 and {MAX_ALLOWANCE}")

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Strict: one unit, a whole number without a leading zero, no spaces. Raises `AllowanceError`."""
        for form, unit in _FORMS:
            found = form.fullmatch(text)
            if found:
                return cls(unit, int(found[1]))
        raise AllowanceError(
            f"{text!r} is not an allowance: write PT24H (hours), 3WD (working days) or P7D (days), "
            f"a whole number from 1 to {MAX_ALLOWANCE}"
        )

    def __str__(self) -> str:
        return _TEXT[self.unit].format(self.n)


@dataclass(frozen=True)
class Holiday:
    """One dated holiday. `moves`: on a day off it makes the next working day free (law No 267, art. 5); the Orthodox
    Christmas and Kurban Ait do not (Labour Code, art. 84(5))."""

    day: date
    code: str
    moves: bool
    status: Status


@dataclass(frozen=True)
class Transfer:
    """A day off exchanged for a working day by order (Labour Code, art. 85(3))."""

    free: date
    worked: date
    status: Status


@dataclass(frozen=True)
class SpecialDay:
    """Why a day is not what its weekday says; `source` is the day it comes from (itself for a holiday)."""

    day: date
    why: Why
    source: date
    code: str | None
    status: Status


@dataclass(frozen=True, eq=False)
class Calendar:
    """The days `first`…`last`, both included, as arrays.

    `working` bool[N]: is the day worked. `worked_before` int64[N + 1]: working days among the first i days.
    `worked_days` int64[W]: index of each working day. `midnights` int64[N + MAX_ALLOWANCE + 2]: UTC second at which
    day i begins in `zone`; it reaches past `last`, since calendar days need no holidays. `slot`: seconds that divide
    every midnight, an hour in Kazakhstan, so that the day of a start is found by one division; 0 where the zone's
    midnights are so odd that there would be too many slots."""

    first: date
    last: date
    zone: tzinfo
    working: npt.NDArray[np.bool_]
    special: Mapping[date, SpecialDay] = field(default_factory=dict)
    worked_before: npt.NDArray[np.int64] = field(init=False, repr=False)
    worked_days: npt.NDArray[np.int64] = field(init=False, repr=False)
    midnights: npt.NDArray[np.int64] = field(init=False, repr=False)
    slot: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        size = (self.last - self.first).days + 1
        if self.working.shape != (size,):
            raise CalendarError(f"the calendar {self.first}…{self.last} needs {size} days, got {self.working.shape}")
        before = np.zeros(size + 1, dtype=np.int64)
        np.cumsum(self.working, out=before[1:])
        starts = (self._midnight(i) for i in range(size + MAX_ALLOWANCE + 2))
        derived: dict[str, npt.NDArray[np.int64]] = {
            "worked_before": before,
            "worked_days": np.flatnonzero(self.working).astype(np.int64),
            "midnights": np.fromiter((int(s.timestamp()) for s in starts), dtype=np.int64),
        }
        for name, array in derived.items():
            object.__setattr__(self, name, array)
            array.setflags(write=False)
        self.working.setflags(write=False)
        midnights = derived["midnights"][: size + 1]
        slot = int(np.gcd.reduce(midnights))
        few = (midnights[-1] - midnights[0]) // slot <= _MOST_SLOTS
        object.__setattr__(self, "slot", slot if few else 0)

    @classmethod
    def build(
        cls,
        *,
        first: date,
        last: date,
        zone: tzinfo,
        weekend: Iterable[int],
        holidays: Iterable[Holiday],
        transfers: Iterable[Transfer],
    ) -> Calendar:
        """Expand rules to days. `weekend`: weekday numbers, Monday 0. Holidays are shifted in order of date;
        transfers come last and may only exchange a plain weekend day for a working day. Raises `CalendarError` on a
        contradiction."""
        rest = frozenset(weekend)
        special: dict[date, SpecialDay] = {}
        ordered = sorted(holidays, key=lambda h: h.day)
        for holiday in ordered:
            if not first <= holiday.day <= last:
                raise CalendarError(f"holiday {holiday.code} on {holiday.day} lies outside {first}…{last}")
            special[holiday.day] = SpecialDay(holiday.day, "holiday", holiday.day, holiday.code, holiday.status)
        for holiday in ordered:
            if holiday.moves and holiday.day.weekday() in rest:
                day = holiday.day + _DAY
                while day.weekday() in rest or day in special:
                    day += _DAY
                special[day] = SpecialDay(day, "shifted", holiday.day, holiday.code, holiday.status)
        for transfer in transfers:
            _apply(special, transfer, rest)
        days = [first + _DAY * i for i in range((last - first).days + 1)]
        worked = [(special[d].why == "made_working") if d in special else d.weekday() not in rest for d in days]
        return cls(first, last, zone, np.array(worked, dtype=np.bool_), special)

    def index(self, day: date) -> int:
        """Position of `day` in the arrays. Raises `CalendarError` outside the calendar."""
        if not self.first <= day <= self.last:
            raise CalendarError(
                f"{day} is outside the working calendar, which covers {self.first} to {self.last}: "
                "add the year to the calendar file (holidays, transfers, date of verification)"
            )
        return (day - self.first).days

    def local_day(self, moment: datetime) -> date:
        """The date of an aware moment in the calendar's zone. Raises `CalendarError` for a naive one."""
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise CalendarError(f"{moment.isoformat()} has no UTC offset: write it, as in 2026-03-20T17:30:00+05:00")
        return moment.astimezone(self.zone).date()

    def is_working(self, day: date) -> bool:
        return bool(self.working[self.index(day)])

    def working_days_between(self, after: date, until: date) -> int:
        """Working days later than `after` and not later than `until` (0 if `until` is not later)."""
        return max(0, int(self.worked_before[self.index(until) + 1] - self.worked_before[self.index(after) + 1]))

    def nth_working_day_after(self, day: date, n: int) -> date:
        """The n-th working day after `day`, n from 1; `day` itself is not counted."""
        place = int(self.worked_before[self.index(day) + 1]) + n - 1
        if place >= len(self.worked_days):
            self.index(self.last + _DAY)
        return self.first + _DAY * int(self.worked_days[place])

    def end_of(self, day: date) -> datetime:
        """The local midnight that ends `day`."""
        return self._midnight((day - self.first).days + 1)

    def slots_of(self, starts: npt.NDArray[np.int64], into: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The slot of each start, by days where there are no slots; negative before the calendar."""
        if not self.slot:
            into[:] = np.searchsorted(self.midnights[: len(self.working) + 1], starts, "right") - 1
            return into
        np.floor_divide(starts, self.slot, out=into)
        into -= self.midnights[0] // self.slot
        return into

    def _midnight(self, index: int) -> datetime:
        day = self.first + _DAY * index
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)


def _apply(special: dict[date, SpecialDay], transfer: Transfer, rest: frozenset[int]) -> None:
    if transfer.worked.weekday() not in rest or transfer.worked in special:
        raise CalendarError(f"transfer: {transfer.worked} is to be worked, but it is not an ordinary weekend day")
    if transfer.free.weekday() in rest or transfer.free in special:
        raise CalendarError(f"transfer: {transfer.free} is to be free, but it is not an ordinary working day")
    special[transfer.free] = SpecialDay(transfer.free, "transferred", transfer.worked, None, transfer.status)
    special[transfer.worked] = SpecialDay(transfer.worked, "made_working", transfer.free, None, transfer.status)


def due(start: datetime, allowance: Allowance, calendar: Calendar) -> datetime:
    """When an allowance that starts at the aware moment `start` runs out, in the calendar's zone.

    Hours elapse on the clock, so they are added in UTC. Of days, the day of the event is not counted, and the term
    ends at the midnight that ends the last one; calendar days do not move off a holiday (policy, "Days and clocks").
    Raises `CalendarError` if the start, or a working day that is needed, lies outside the calendar."""
    day = calendar.local_day(start)
    calendar.index(day)
    if allowance.unit == "hours":
        return (start.astimezone(UTC) + timedelta(hours=allowance.n)).astimezone(calendar.zone)
    if allowance.unit == "days":
        return calendar.end_of(day + _DAY * allowance.n)
    return calendar.end_of(calendar.nth_working_day_after(day, allowance.n))


def due_many(starts: npt.NDArray[np.int64], allowance: Allowance, calendar: Calendar) -> npt.NDArray[np.int64]:
    """`due` for many starts at once: int64 UTC seconds in, the same shape out. Raises `CalendarError` like `due`,
    naming the first start that is outside."""
    starts = np.asarray(starts, dtype=np.int64)
    if allowance.unit == "hours":
        _refuse_outside(starts, calendar)
        return starts + allowance.n * 3600
    by_slot = _due_by_slot(allowance, calendar)
    found = np.empty(starts.shape, dtype=np.int64)
    flat, into = starts.reshape(-1), found.reshape(-1)
    room = np.empty(min(len(flat), _PIECE), dtype=np.int64)
    for at in range(0, len(flat), _PIECE):
        piece = flat[at : at + _PIECE]
        slots = calendar.slots_of(piece, room[: len(piece)])
        # A start before the first slot is a very large number without its sign.
        if int(slots.view(np.uint64).max()) >= len(by_slot):
            _refuse_outside(flat, calendar)
            calendar.index(calendar.last + _DAY)
        np.take(by_slot, slots, out=into[at : at + _PIECE], mode="wrap")
    return found


def _refuse_outside(starts: npt.NDArray[np.int64], calendar: Calendar) -> None:
    outside = (starts < calendar.midnights[0]) | (starts >= calendar.midnights[len(calendar.working)])
    if outside.any():
        second = int(starts[outside].flat[0])
        try:
            moment = datetime.fromtimestamp(second, tz=UTC)
        except (OverflowError, OSError, ValueError):
            raise CalendarError(f"the start {second} is no UTC second of any year that a calendar covers") from None
        calendar.index(calendar.local_day(moment))


@lru_cache(maxsize=64)
def _due_by_slot(allowance: Allowance, calendar: Calendar) -> npt.NDArray[np.int64]:
    """The due time of a start in each slot, as far as the calendar reaches."""
    size = len(calendar.working)
    if allowance.unit == "working_days":
        place = calendar.worked_before[1 : size + 1] + allowance.n - 1
        reached = calendar.worked_days[place[place < len(calendar.worked_days)]]
        by_day = calendar.midnights[reached + 1]
    else:
        by_day = calendar.midnights[allowance.n + 1 : allowance.n + 1 + size]
    if not calendar.slot:
        return by_day
    return np.repeat(by_day, np.diff(calendar.midnights[: len(by_day) + 1]) // calendar.slot)
