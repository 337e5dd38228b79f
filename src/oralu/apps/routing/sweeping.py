"""The sweep: what has fallen due fires once. Claim, change of state, escalation, journal and messages commit in one
transaction; a process that dies in the middle leaves nothing behind, and what it would have done is still due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from oralu.apps.cases.models import Case
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.referrals.clocks import clock_compute, interval_switch, intervals_of
from oralu.apps.referrals.models import Clock, ClockInterval, Escalation
from oralu.apps.referrals.services import Leadership, escalations_write
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import Cause

MOMENT = timedelta(microseconds=1)


def sweep(*, at: datetime, until: datetime | None = None, batch: int = 500) -> int:
    """Fire one batch of what fell due by `until` (by `at` if None), oldest first. Returns how many steps fired; 0 means
    that nothing more is due that this process could take.

    The cases of the due clocks are locked first, skipping those that others hold: everybody who writes about a case
    holds its lock, so sweepers never meet on a clock and never wait for each other."""
    until = until or at
    with transaction.atomic():
        due = Clock.objects.filter(due_at__lte=until).order_by("due_at", "id").values_list("case_id", flat=True)[:batch]
        cases = list(
            Case.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk__in=set(due))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        clocks = list(
            Clock.objects.filter(case_id__in=cases, due_at__lte=until)
            .select_related("need", "case__unit", "case__officer", "measure__escalation__need")
            .order_by("due_at", "id")
        )
        return _fire(clocks, at, until) if clocks else 0


def _fire(clocks: Sequence[Clock], at: datetime, until: datetime) -> int:
    fired: dict[str, list[Clock]] = {step: [] for step in Clock.Step.values}
    fell_due: dict[int, datetime] = {}
    for clock in clocks:
        log = intervals_of([clock.pk]).get(clock.pk, []) if clock.need_id else []
        while clock.due_at is not None and clock.due_at <= until:
            fired[clock.due_step].append(clock)
            if clock.due_step == Clock.Step.TARGET:
                clock.warned_at = at
            elif clock.due_step == Clock.Step.LIMIT:
                clock.breached_at, fell_due[clock.pk] = at, clock.due_at
            else:
                log = _end_pause(clock, clock.due_at)
            clock_compute(clock, log)
    Clock.objects.bulk_update(
        clocks, ["warned_at", "breached_at", "target_at", "limit_at", "due_at", "due_step"], batch_size=2000
    )
    _warn(fired[Clock.Step.TARGET], at)
    _breach(fired[Clock.Step.LIMIT], fell_due, at, local_day(until) if until >= at else local_day(until - MOMENT))
    entries_record(
        records=[Record("clock.pause_ended", c.case_id, {"need": c.need_id}) for c in fired[Clock.Step.PAUSE_END]],
        actor=None,
        at=at,
    )
    return sum(len(found) for found in fired.values())


def _end_pause(clock: Clock, when: datetime) -> list[ClockInterval]:
    interval_switch(clock=clock, kind=ClockInterval.Kind.RUNNING, at=when)
    return intervals_of([clock.pk])[clock.pk]


def _warn(clocks: Sequence[Clock], at: datetime) -> None:
    entries_record(
        records=[Record("clock.target_passed", c.case_id, {"need": c.need_id}) for c in clocks], actor=None, at=at
    )
    _tell_officers([c for c in clocks if c.breached_at is None], "target_passed", at)


def _breach(clocks: Sequence[Clock], fell_due: dict[int, datetime], at: datetime, on: date) -> None:
    """`on`: the day up to which the past is being made good; the case is judged as of it, not as of today."""
    if not clocks:
        return
    entries_record(
        records=[
            Record("clock.breached", c.case_id, {"need": c.need_id, "due": fell_due[c.pk].isoformat()}) for c in clocks
        ],
        actor=None,
        at=at,
    )
    leadership = Leadership()
    of_needs = [c for c in clocks if c.need_id]
    of_measures = [c for c in clocks if not c.need_id]
    for kind, group in ((Escalation.Kind.BREACH, of_needs), (Escalation.Kind.MEASURE_LATE, of_measures)):
        if group:
            escalations_write(clocks=group, kind=kind, fell_due=fell_due, leadership=leadership, at=at)
    _tell_officers(of_needs, "breached", at)
    days = {c.case_id: on for c in of_needs}
    cases_evaluate(case_ids=days, actor=None, at=at, cause=Cause("breach"), on=days)


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
