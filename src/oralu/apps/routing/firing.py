"""What happens when clocks run out: warnings, breaches, ends of pauses. In the caller's transaction, with the lock of
the cases; `routing.passing` says in which order clocks and days come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from oralu.apps.journal.services import Record, entries_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.referrals.clocks import COMPUTED, clock_compute, intervals_of, pauses_end
from oralu.apps.referrals.escalation_services import Leadership, escalations_write
from oralu.apps.referrals.models import Clock, ClockInterval, Escalation
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import Cause
from oralu.apps.rows import rows_insert, rows_update

MOMENT = timedelta(microseconds=1)
RELATED = ("need", "case__unit", "case__officer", "measure__escalation__need")
Fired = Mapping[str, Sequence[Clock]]


class StuckClockError(RuntimeError):
    """Something is due and firing it does not change what is due: a defect of the register. Raised rather than tried
    for ever, with the locks held; nothing is written, the worker ends and its log names the clock."""


def clocks_fire(*, until: Mapping[int, datetime], at: datetime) -> int:
    """Fire what fell due in each case by its own moment, but nothing after its first breach: that one is judged, and
    what it opens is started, before anything later happens in the case. Returns how many steps fired; 0: none is
    left.

    Raises StuckClockError."""
    if not until:
        return 0
    found = Clock.objects.filter(case_id__in=list(until), stopped_at=None, due_at__lte=max(until.values()))
    locked = found.select_for_update(of=("self",)).select_related(*RELATED).order_by("due_at", "id")
    clocks = [c for c in locked if c.due_at <= until[c.case_id]]
    if not clocks:
        return 0
    ends = dict(until)
    for clock in clocks:
        if clock.breached_at is None and clock.limit_at is not None:
            ends[clock.case_id] = min(ends[clock.case_id], clock.limit_at)
    return _fire(clocks, ends, at)


def _fire(clocks: Sequence[Clock], ends: Mapping[int, datetime], at: datetime) -> int:
    fired: dict[str, list[Clock]] = {step: [] for step in Clock.Step.values}
    fell_due: dict[int, datetime] = {}
    logs = intervals_of(clock.pk for clock in clocks if clock.need_id)
    paused: list[ClockInterval] = []
    for clock in clocks:
        log = logs.get(clock.pk, [])
        while clock.due_at is not None and clock.due_at <= ends[clock.case_id]:
            before = clock.due_at, clock.due_step
            fired[clock.due_step].append(clock)
            if clock.due_step == Clock.Step.TARGET:
                clock.warned_at = at
            elif clock.due_step == Clock.Step.LIMIT:
                clock.breached_at, fell_due[clock.pk] = at, clock.due_at
            else:
                paused += pauses_end(log, clock.due_at)
            clock_compute(clock, log)
            if (clock.due_at, clock.due_step) == before:
                raise StuckClockError(f"clock {clock.pk}: {before[1]} of {before[0]} fires and stays due")
    rows_update(clocks, ["warned_at", "breached_at", *COMPUTED])
    rows_update([i for i in paused if i.pk], ["end"])
    rows_insert([i for i in paused if not i.pk])
    _record(fired, fell_due, at)
    _tell_officers([c for c in fired[Clock.Step.TARGET] if c.breached_at is None], "target_passed", at)
    _breach(fired[Clock.Step.LIMIT], fell_due, at)
    return sum(len(group) for group in fired.values())


def _record(fired: Fired, fell_due: Mapping[int, datetime], at: datetime) -> None:
    records = [Record("clock.pause_ended", c.case_id, {"need": c.need_id}) for c in fired[Clock.Step.PAUSE_END]]
    records += [Record("clock.target_passed", c.case_id, {"need": c.need_id}) for c in fired[Clock.Step.TARGET]]
    records += [
        Record("clock.breached", c.case_id, {"need": c.need_id, "due": fell_due[c.pk].isoformat()})
        for c in fired[Clock.Step.LIMIT]
    ]
    entries_record(records=records, actor=None, at=at)


def _breach(clocks: Sequence[Clock], fell_due: dict[int, datetime], at: datetime) -> None:
    """Escalate, and judge the cases as of the moment at which the limit was passed: what was recorded later is not in
    them yet, since everybody who records makes this good first."""
    if not clocks:
        return
    leadership = Leadership()
    of_needs = [c for c in clocks if c.need_id]
    of_measures = [c for c in clocks if not c.need_id]
    for kind, group in ((Escalation.Kind.BREACH, of_needs), (Escalation.Kind.MEASURE_LATE, of_measures)):
        if group:
            escalations_write(clocks=group, kind=kind, fell_due=fell_due, leadership=leadership, at=at)
    _tell_officers(of_needs, "breached", at)
    since = {c.case_id: fell_due[c.pk] for c in of_needs}
    days = {c.case_id: local_day(fell_due[c.pk] - MOMENT) for c in of_needs}
    for clock in of_needs:
        days[clock.case_id] = max(days[clock.case_id], clock.case.evaluated_on or days[clock.case_id])
    cases_evaluate(case_ids=days, actor=None, at=at, cause=Cause("breach"), on=days, since=since)


def _tell_officers(clocks: Sequence[Clock], template: str, at: datetime) -> None:
    outgoing = []
    for clock in clocks:
        officer, need = clock.case.officer, clock.need
        if officer is None or not officer.is_active or need is None or need.is_inherited:
            continue
        outgoing.append(
            Outgoing(
                key=f"clock-{clock.pk}-{template}",
                user_id=officer.pk,
                template=template,
                case_id=clock.case_id,
                data={"service": need.service, "edition": need.edition, "case": clock.case_id},
                email=bool(officer.email) and template == "breached",
            )
        )
    messages_write(outgoing=outgoing, at=at)
