"""A clock of a need, computed from the log of its intervals and from nothing else.

Running totals drift: a correction, a new decree or a changed rule would have to be replayed into them. Here every
answer is derived again from the log, so a recomputed clock keeps the time already used by construction (policy, "Days
and clocks"; docs/decisions/0002-clocks-from-intervals.md).

**When is it due?** A clock is *suspended* while it waits on a prerequisite or is paused; a pause ends by itself at its
maximum. It *starts* at the first moment at which it is not suspended. Then

* `PTnH`: due at the first moment by which it has run n hours: suspended time is left out, hour by hour;
* `nWD`: due at the midnight that ends the n-th working day after the day of the start on which it was not suspended
  at all;
* `PnD`: the same with calendar days.

A day touched by a suspension does not count, however short the touch: so a suspension never shortens a deadline, and
making one longer or adding another never does either. The day of the start is not counted in any case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from oralu.core.worktime import Allowance, Calendar, due

Kind = Literal["running", "waiting", "paused"]
Status = Literal["waiting", "running", "paused", "target_passed", "breached", "met", "withdrawn"]
Event = Literal["target", "limit", "pause_end"]

_DAY = timedelta(days=1)


class ClockError(ValueError):
    """An interval or a log that cannot be the history of a clock."""


@dataclass(frozen=True)
class Interval:
    """One stretch of a clock's history: from `start` until `end` (None: it still lasts). A pause names its coded
    reason, the party waited for and the maximum at which it ends by itself; waiting names what it waits for."""

    kind: Kind
    start: datetime
    end: datetime | None = None
    reason: str | None = None
    party: str | None = None
    maximum: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end", "maximum"):
            moment: datetime | None = getattr(self, name)
            if moment is not None and moment.utcoffset() is None:
                raise ClockError(f"{self.kind} interval: {name} {moment.isoformat()} has no UTC offset")
        if self.end is not None and self.end < self.start:
            raise ClockError(
                f"{self.kind} interval ends {self.end.isoformat()}, before it starts {self.start.isoformat()}"
            )
        if self.kind == "running" and (self.reason or self.party or self.maximum):
            raise ClockError("a running interval has no reason, party or maximum")
        if self.kind == "waiting" and not self.reason:
            raise ClockError("a waiting interval needs the coded reason: what it waits for")
        if self.kind == "paused" and not (self.reason and self.party and self.maximum):
            raise ClockError("a pause needs a coded reason, the party waited for and a maximum")
        if self.maximum is not None and self.maximum < self.start:
            raise ClockError(f"the maximum {self.maximum.isoformat()} lies before the start {self.start.isoformat()}")

    @property
    def ends(self) -> datetime | None:
        """The end that counts: the recorded one or the maximum, whichever is earlier; None if neither is known."""
        known = [moment for moment in (self.end, self.maximum) if moment is not None]
        return min(known) if known else None


Log = Sequence[Interval]


@dataclass(frozen=True)
class ClockState:
    """A clock at one moment. `target_at` and `due_at` are None while it is suspended with no known end; then (and
    during a pause, which may end before its maximum) `earliest_target_at` and `earliest_due_at` say what they become
    if it resumes at once. `used` is the time it has run; `used_units` what that makes of the limit, in hours or
    counted days. `target_passed` and `breached` stay true when the clock is met late. `reason`, `party`,
    `resumes_by`: of the suspension that holds now."""

    status: Status
    target_at: datetime | None
    due_at: datetime | None
    earliest_target_at: datetime | None
    earliest_due_at: datetime | None
    used: timedelta
    used_units: int
    target_passed: bool
    breached: bool
    reason: str | None
    party: str | None
    resumes_by: datetime | None


def clock_due(log: Log, allowance: Allowance, calendar: Calendar) -> datetime | None:
    """When the allowance runs out, in the calendar's zone; None while it cannot be said because a suspension has no
    known end. An open pause is taken to last until its maximum: the latest that the deadline can be. Raises
    `ClockError` for a broken log, `CalendarError` outside the calendar."""
    _check(log)
    start, spans = _suspensions(log)
    if start is None:
        return None
    if not spans:
        return due(start, allowance, calendar)
    if allowance.unit == "hours":
        return _hours_due(start, allowance.n, spans, calendar)
    return _days_due(start, allowance, spans, calendar)


def clock_state(
    log: Log,
    target: Allowance,
    limit: Allowance,
    calendar: Calendar,
    at: datetime,
    *,
    met_at: datetime | None = None,
    withdrawn_at: datetime | None = None,
) -> ClockState:
    """The clock as it stands at `at`. A deadline is passed from the moment it names. A breach stays visible during a
    later pause; a clock closed by `met_at` or `withdrawn_at` is judged at that moment. Raises `ClockError` for a
    broken log or for a moment before it begins, `CalendarError` outside the calendar."""
    _check(log)
    if at < log[0].start:
        raise ClockError(f"asked for {at.isoformat()}, before the clock began at {log[0].start.isoformat()}")
    closed: Status | None = None
    now = at
    if withdrawn_at is not None and withdrawn_at <= at:
        closed, now = "withdrawn", withdrawn_at
    if met_at is not None and met_at <= now:
        closed, now = "met", met_at
    target_at, due_at = clock_due(log, target, calendar), clock_due(log, limit, calendar)
    target_passed = target_at is not None and target_at <= now
    breached = due_at is not None and due_at <= now
    held = None if closed else _suspended(log, now)
    resumed = _resumed(log, now) if held else log
    return ClockState(
        status=closed or _status(held, target_passed, breached),
        target_at=target_at,
        due_at=due_at,
        earliest_target_at=clock_due(resumed, target, calendar),
        earliest_due_at=clock_due(resumed, limit, calendar),
        used=_ran(log, now),
        used_units=_used_units(log, limit, calendar, now),
        target_passed=target_passed,
        breached=breached,
        reason=held.reason if held else None,
        party=held.party if held else None,
        resumes_by=held.ends if held else None,
    )


def next_event(
    log: Log,
    target: Allowance,
    limit: Allowance,
    calendar: Calendar,
    *,
    fired_target: bool = False,
    fired_limit: bool = False,
) -> tuple[datetime, Event] | None:
    """The next moment at which an open clock needs attention: the column that the sweeper indexes. None if nothing can
    happen by the mere passing of time (waiting with no known end; all fired). What has fired stays fired, also when a
    decree or a correction moves the deadline; a limit that has fired takes its target along.
    A pause that the log still shows as open is reported at its maximum, so that its end is recorded."""
    _check(log)
    events: list[tuple[datetime, int, Event]] = []
    if log[-1].end is None and log[-1].maximum is not None:
        events.append((log[-1].maximum, 0, "pause_end"))
    if not fired_target and not fired_limit and (target_at := clock_due(log, target, calendar)) is not None:
        events.append((target_at, 1, "target"))
    if not fired_limit and (due_at := clock_due(log, limit, calendar)) is not None:
        events.append((due_at, 2, "limit"))
    if not events:
        return None
    when, _, event = min(events)
    return when, event


def _check(log: Log) -> None:
    """A history without holes: intervals follow each other, only the last may be open."""
    if not log:
        raise ClockError("the log of a clock is empty: it needs at least one interval")
    for earlier, later in pairwise(log):
        if earlier.end is None:
            raise ClockError(f"the {earlier.kind} interval of {earlier.start.isoformat()} is open but not the last one")
        if earlier.end != later.start:
            raise ClockError(f"one interval ends {earlier.end.isoformat()}, the next starts {later.start.isoformat()}")


def _suspensions(log: Log) -> tuple[datetime | None, list[tuple[datetime, datetime | None]]]:
    """The start of the clock (None: still suspended since the beginning) and, in UTC, the merged suspensions after
    it; the end of the last may be unknown. An interval of no length suspends nothing."""
    spans: list[tuple[datetime, datetime | None]] = []
    for item in log:
        ends = item.ends
        if item.kind == "running" or ends == item.start:
            continue
        start, end = item.start.astimezone(UTC), ends.astimezone(UTC) if ends else None
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    begin = log[0].start.astimezone(UTC)
    if spans and spans[0][0] == begin:
        return spans[0][1], spans[1:]
    return begin, spans


def _hours_due(
    start: datetime, hours: int, spans: Sequence[tuple[datetime, datetime | None]], calendar: Calendar
) -> datetime | None:
    calendar.index(calendar.local_day(start))
    left, since = timedelta(hours=hours), start
    for begin, end in spans:
        if begin - since >= left:
            break
        if end is None:
            return None
        left -= begin - since
        since = end
    return (since + left).astimezone(calendar.zone)


def _days_due(
    start: datetime, allowance: Allowance, spans: Sequence[tuple[datetime, datetime | None]], calendar: Calendar
) -> datetime | None:
    count = 0
    for day in _free_days(calendar.local_day(start), spans, calendar):
        count += allowance.unit == "days" or calendar.is_working(day)
        if count == allowance.n:
            return calendar.end_of(day)
    return None


def _free_days(day: date, spans: Sequence[tuple[datetime, datetime | None]], calendar: Calendar) -> Iterator[date]:
    """The days after `day` that no suspension touches, in order; they end only where a suspension has no known end."""
    calendar.index(day)
    for begin, end in spans:
        first = calendar.local_day(begin)
        while (day := day + _DAY) < first:
            yield day
        if end is None:
            return
        day = max(calendar.local_day(end - timedelta(microseconds=1)), day - _DAY)
    while True:
        day += _DAY
        yield day


def _status(held: Interval | None, target_passed: bool, breached: bool) -> Status:
    if breached:
        return "breached"
    if held is not None:
        return "waiting" if held.kind == "waiting" else "paused"
    return "target_passed" if target_passed else "running"


def _suspended(log: Log, at: datetime) -> Interval | None:
    """The suspension that holds at the moment, if any; its end is no longer part of it."""
    for item in log:
        if item.kind != "running" and item.start <= at and (item.ends is None or at < item.ends):
            return item
    return None


def _resumed(log: Log, at: datetime) -> Log:
    """The log as it would read if the suspension that holds at `at` ended then and none followed."""
    kept = [item for item in log if item.start <= at]
    last = kept[-1]
    ended = Interval(last.kind, last.start, at, last.reason, last.party, last.maximum)
    return [*kept[:-1], ended, Interval("running", at)]


def _ran(log: Log, at: datetime) -> timedelta:
    start, spans = _suspensions(log)
    if start is None or start >= at:
        return timedelta(0)
    lost = timedelta(0)
    for begin, end in spans:
        if begin < at:
            lost += (min(end, at) if end else at.astimezone(UTC)) - begin
    return at - start - lost


def _used_units(log: Log, limit: Allowance, calendar: Calendar, at: datetime) -> int:
    if limit.unit == "hours":
        return _ran(log, at) // timedelta(hours=1)
    start, spans = _suspensions(log)
    if start is None or start >= at:
        return 0
    today, count = calendar.local_day(at), 0
    for day in _free_days(calendar.local_day(start), spans, calendar):
        if day >= today:
            break
        count += limit.unit == "days" or calendar.is_working(day)
    return count
