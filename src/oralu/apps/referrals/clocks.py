"""Clocks of the register: the rows of `Clock` and `ClockInterval` around the pure functions of `oralu.core.clocks`.
`Clock.due_at` is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Clock, ClockInterval
from oralu.apps.rows import rows_update
from oralu.calendarfiles import load_calendar
from oralu.core.clocks import ClockState, Interval, clock_due, clock_state, next_event
from oralu.core.worktime import Allowance

if TYPE_CHECKING:
    from oralu.apps.access.models import User

COMPUTED = ("target_at", "limit_at", "due_at", "due_step")
MAX_PAUSE = timedelta(days=90)
PREREQUISITE = "prerequisite"


def log_of(intervals: Iterable[ClockInterval]) -> list[Interval]:
    """The log of a clock as the core reads it."""
    return [
        Interval(i.kind, i.start, i.end, i.reason or None, i.party or None, i.maximum)  # type: ignore[arg-type]
        for i in intervals
    ]


def clock_compute(clock: Clock, intervals: Iterable[ClockInterval]) -> None:
    """Set the computed columns from the log, without saving. The clock of a corrective measure has a fixed date."""
    if clock.stopped_at is not None:
        clock.due_at, clock.due_step = None, ""
        return
    if clock.need_id is None and not clock.limit:
        clock.due_at = None if clock.breached_at else clock.limit_at
        clock.due_step = "" if clock.breached_at else Clock.Step.LIMIT
        return
    log, calendar = log_of(intervals), load_calendar()
    target, limit = Allowance.parse(clock.target), Allowance.parse(clock.limit)
    clock.target_at = clock_due(log, target, calendar)
    clock.limit_at = clock_due(log, limit, calendar)
    event = next_event(
        log,
        target,
        limit,
        calendar,
        fired_target=clock.warned_at is not None,
        fired_limit=clock.breached_at is not None,
    )
    clock.due_at, clock.due_step = event if event else (None, "")


def clocks_begin(begun: Iterable[tuple[Clock, ClockInterval]]) -> None:
    """Set the computed columns of new clocks, each with the one interval of its log. Clocks with the same terms that
    begin at the same moment end at the same moments: a batch of thousands begins in a few dozen ways."""
    known: dict[tuple[object, ...], list[object]] = {}
    for clock, interval in begun:
        way = (clock.target, clock.limit, interval.kind, interval.start)
        if way not in known:
            clock_compute(clock, [interval])
            known[way] = [getattr(clock, name) for name in COMPUTED]
        for name, value in zip(COMPUTED, known[way], strict=True):
            setattr(clock, name, value)


def clocks_save(clocks: Iterable[Clock]) -> None:
    """Recompute and save clocks from their stored logs."""
    clocks = list(clocks)
    logs: dict[int, list[ClockInterval]] = {clock.pk: [] for clock in clocks}
    for interval in ClockInterval.objects.filter(clock__in=clocks).order_by("start", "id"):
        logs[interval.clock_id].append(interval)
    for clock in clocks:
        clock_compute(clock, logs[clock.pk])
    rows_update(clocks, [*COMPUTED, "warned_at", "breached_at", "stopped_at", "target", "limit"])


def interval_switch(
    *,
    clock: Clock,
    kind: str,
    at: datetime,
    reason: str = "",
    party: str = "",
    maximum: datetime | None = None,
    by: User | None = None,
) -> None:
    """End the standing interval of a clock and begin another at the same moment. The caller saves the clock after
    it."""
    last = ClockInterval.objects.select_for_update().filter(clock=clock, end=None).first()
    if last is not None:
        at = max(at, last.start)
        last.end = at
        last.save(update_fields=["end"])
    ClockInterval.objects.create(clock=clock, kind=kind, start=at, reason=reason, party=party, maximum=maximum, by=by)


def clocks_recompute(*, case_ids: Iterable[int]) -> list[Clock]:
    """Compute the running clocks of needs anew, after a decree has changed the calendar; the caller holds the lock of
    the cases. Returns those that changed. What has fired stays fired (policy, "Days and clocks")."""
    clocks = list(Clock.objects.filter(case_id__in=list(case_ids), need__isnull=False, stopped_at=None))
    logs, changed = intervals_of(clock.pk for clock in clocks), []
    for clock in clocks:
        before = [getattr(clock, name) for name in COMPUTED]
        clock_compute(clock, logs[clock.pk])
        if before != [getattr(clock, name) for name in COMPUTED]:
            changed.append(clock)
    rows_update(changed, COMPUTED)
    return changed


def pauses_end(log: list[ClockInterval], when: datetime) -> list[ClockInterval]:
    """End the pause that a log shows as open, in memory: the interval that ended and the one that runs on, for the
    caller to save in that order. The log is brought up to date."""
    last = log[-1]
    last.end = when
    running = ClockInterval(clock_id=last.clock_id, kind=ClockInterval.Kind.RUNNING, start=when)
    log.append(running)
    return [last, running]


def clocks_stop(clocks: Iterable[Clock], at: datetime) -> None:
    """Stop clocks for good: their needs are closed."""
    clocks = list(clocks)
    for clock in clocks:
        clock.stopped_at = at
        clock.due_at, clock.due_step = None, ""
    rows_update(clocks, ["stopped_at", "due_at", "due_step"])


def clock_pause(*, clock: Clock, reason: str, party: str, until: datetime, actor: User, at: datetime) -> None:
    """Pause a running clock. A pause has a coded reason, the party waited for and a maximum of at most 90 days.

    Raises ValidationError when the clock does not run or the maximum is out of range. In the caller's transaction."""
    standing = ClockInterval.objects.filter(clock=clock, end=None).first()
    if clock.stopped_at is not None or standing is None or standing.kind != ClockInterval.Kind.RUNNING:
        raise ValidationError(_("Only a running deadline can be paused."))
    if not at < until <= at + MAX_PAUSE:
        raise ValidationError({"until": _("A pause ends on a later day, at most 90 days from now.")})
    interval_switch(
        clock=clock, kind=ClockInterval.Kind.PAUSED, at=at, reason=reason, party=party, maximum=until, by=actor
    )
    clocks_save([clock])
    entry_record(
        kind="clock.paused", actor=actor, at=at, case_id=clock.case_id, need=clock.need_id, reason=reason, party=party
    )


def clock_resume(*, clock: Clock, actor: User | None, at: datetime) -> None:
    """End a pause. In the caller's transaction."""
    standing = ClockInterval.objects.filter(clock=clock, end=None).first()
    if standing is None or standing.kind != ClockInterval.Kind.PAUSED:
        raise ValidationError(_("This deadline is not paused."))
    interval_switch(clock=clock, kind=ClockInterval.Kind.RUNNING, at=at, by=actor)
    clocks_save([clock])
    entry_record(kind="clock.resumed", actor=actor, at=at, case_id=clock.case_id, need=clock.need_id)


def clock_view(clock: Clock, intervals: Iterable[ClockInterval], at: datetime) -> ClockState:
    """The state of a need's clock at a moment, for a screen."""
    need = clock.need
    met = clock.stopped_at if need is not None and need.state == "met" else None
    withdrawn = clock.stopped_at if met is None else None
    return clock_state(
        log_of(intervals),
        Allowance.parse(clock.target),
        Allowance.parse(clock.limit),
        load_calendar(),
        at,
        met_at=met,
        withdrawn_at=withdrawn,
    )


def end_of_day(day: date) -> datetime:
    """The local midnight that ends a day."""
    return load_calendar().end_of(day)


def start_of_day(day: date) -> datetime:
    """The local midnight with which a day begins."""
    return load_calendar().end_of(day - timedelta(days=1))


def intervals_of(clock_ids: Iterable[int]) -> Mapping[int, list[ClockInterval]]:
    """The logs of clocks, by clock."""
    logs: dict[int, list[ClockInterval]] = {}
    for interval in ClockInterval.objects.filter(clock_id__in=list(clock_ids)).order_by("start", "id"):
        logs.setdefault(interval.clock_id, []).append(interval)
    return logs
