"""Evaluates cases in batches and writes what follows: needs with their clocks, referrals, escalations, what the
evaluation leaves on the case, journal and messages, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.agencies.selectors import Directory
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.referrals.clocks import PREREQUISITE, clocks_begin, clocks_save, interval_switch, start_of_day
from oralu.apps.referrals.escalation_services import Leadership, escalations_write
from oralu.apps.referrals.models import Clock, ClockInterval, Escalation, Need, Referral
from oralu.apps.referrals.services import needs_close
from oralu.apps.routing.evaluation_records import cases_summarise, evaluations_record, milestones_freeze
from oralu.apps.routing.frames import Frame, frames_load, local_day
from oralu.apps.routing.planning import Cause, Plan, plan_case
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.routing.sending import referral_new, referrals_announce
from oralu.apps.rows import row_new, rows_insert, rows_update

if TYPE_CHECKING:
    from oralu.apps.access.models import User

BATCH = 2000


@transaction.atomic
def cases_evaluate(
    *,
    case_ids: Iterable[int],
    actor: User | None,
    at: datetime,
    cause: Cause,
    on: Mapping[int, date] | None = None,
    since: Mapping[int, datetime] | None = None,
) -> list[Plan]:
    """Evaluate open cases as they stand and write what follows. `on` gives the day of each case for what is made good
    late (otherwise it is that of `at`), `since` the moment from which it counts: the start of the day if None.

    Evaluating twice writes nothing twice. Raises NoEditionError where no edition is in force."""
    frames = [f for f in frames_load(case_ids, lock=True).values() if f.case.state != CaseState.CLOSED]
    if not frames:
        return []
    regions = {f.case.region_id for f in frames}
    editions, directory = EditionsInForce(regions), Directory(regions)
    plans = []
    for frame in frames:
        day = on[frame.case.pk] if on else local_day(at)
        plan = plan_case(frame, editions.on(frame.case.region_id, day), day, at, directory)
        if on:
            plan.since = since[frame.case.pk] if since else start_of_day(day)
        plans.append(plan)
    _write(plans, editions, actor, at, cause)
    return plans


def cases_evaluate_first(
    *, frames: Sequence[Frame], editions: EditionsInForce, directory: Directory, actor: User | None, at: datetime
) -> None:
    """Evaluate cases that the caller has opened in this transaction, so that nobody else sees them and nothing of them
    has to be read back, and write what follows. Raises NoEditionError where no edition is in force."""
    day = local_day(at)
    plans = [plan_case(f, editions.on(f.case.region_id, day), day, at, directory) for f in frames]
    _write(plans, editions, actor, at, Cause("enrolled"))


def _write(plans: Sequence[Plan], editions: EditionsInForce, actor: User | None, at: datetime, cause: Cause) -> None:
    _close(plans, actor, at, cause)
    opened = _open(plans, actor, at)
    _adjust(plans)
    _refer(plans, opened, actor, at)
    evaluations_record(plans, at)
    milestones_freeze(plans, at)
    cases_summarise(plans, editions)


def _close(plans: Sequence[Plan], actor: User | None, at: datetime, cause: Cause) -> None:
    """Needs whose rule ceased: met, or withdrawn with the reason where a retracted fact or another edition did it."""
    ended: dict[tuple[str, str], list[Need]] = {}
    for plan in plans:
        for need in plan.closing.values():
            if need.edition != plan.edition.id:
                ended.setdefault((Need.State.WITHDRAWN, Need.Reason.EDITION), []).append(need)
            elif cause.kind == "retraction":
                ended.setdefault((Need.State.WITHDRAWN, Need.Reason.RETRACTED), []).append(need)
            else:
                ended.setdefault((Need.State.MET, Need.Reason.RULE_CEASED), []).append(need)
    for (state, reason), needs in ended.items():
        needs_close(needs=needs, state=state, reason=reason, actor=actor, at=at, note=cause.reason)
    ceased = [need for plan in plans for need in plan.ceased]
    for need in ceased:
        need.still_holds = False
    Need.objects.bulk_update(ceased, ["still_holds"], BATCH)


def need_start(plan: Plan) -> datetime:
    """When the clock of a need starts: at the recording of what made its rule hold, at the start of the day whose
    coming did, at the missed limit that did, and for an imported register on its go-live date, whichever of them is
    later. What a register opens on the go-live date itself starts with that day, at whatever hour it is imported."""
    start, case = plan.since, plan.frame.case
    if case.go_live_on is None:
        return start
    if case.evaluated_on is None and local_day(start) == case.go_live_on:
        return start_of_day(case.go_live_on)
    return max(start, start_of_day(case.go_live_on))


def _open(plans: Sequence[Plan], actor: User | None, at: datetime) -> dict[tuple[int, str], Need]:
    needs: list[Need] = []
    clocks: list[Clock] = []
    intervals: list[ClockInterval] = []
    for plan in plans:
        case = plan.frame.case
        start = need_start(plan)
        for service, rule in plan.opening.items():
            need = row_new(
                Need,
                case_id=case.pk,
                service=service,
                cycle=plan.frame.cycles.get(service, 0) + 1,
                rule=rule.code,
                domain=rule.domain,
                edition=plan.edition.id,
                addressee=rule.agency,
                on_breach=rule.on_breach,
                opened_at=start,
                is_inherited=case.go_live_on is not None and local_day(start) == case.go_live_on,
            )
            needs.append(need)
            clock = row_new(Clock, {"need": need}, case_id=case.pk, target=rule.target, limit=rule.limit)
            clocks.append(clock)
            waits = plan.waits[service]
            intervals.append(
                row_new(
                    ClockInterval,
                    {"clock": clock},
                    kind=ClockInterval.Kind.WAITING if waits else ClockInterval.Kind.RUNNING,
                    start=start,
                    reason=PREREQUISITE if waits else "",
                )
            )
    rows_insert(needs)
    for clock in clocks:
        clock.need_id = clock.need.pk
    clocks_begin(zip(clocks, intervals, strict=True))
    rows_insert(clocks)
    for interval in intervals:
        interval.clock_id = interval.clock.pk
    rows_insert(intervals)
    frames = {plan.frame.case.pk: plan.frame for plan in plans}
    for need, clock in zip(needs, clocks, strict=True):
        frame = frames[need.case_id]
        frame.open[need.service], frame.clocks[need.pk], frame.cycles[need.service] = need, clock, need.cycle
    entries_record(
        records=[Record("need.opened", n.case_id, {"need": n.pk, "service": n.service, "rule": n.rule}) for n in needs],
        actor=actor,
        at=at,
    )
    for plan in plans:
        for service in plan.closing:
            plan.frame.open.pop(service, None)
    return {(need.case_id, need.service): need for need in needs}


def _adjust(plans: Sequence[Plan]) -> None:
    """Standing needs whose prerequisite came or went, or whose rule or terms are now another's: the time used is
    kept."""
    changed: dict[int, Clock] = {}
    retitled: list[Need] = []
    old = [
        (plan, service, need)
        for plan in plans
        for service, need in plan.frame.open.items()
        if service not in plan.opening and service in plan.rules
    ]
    clock_ids = [plan.frame.clocks[need.pk].pk for plan, _service, need in old]
    standing = {i.clock_id: i for i in ClockInterval.objects.filter(clock_id__in=clock_ids, end=None)}
    for plan, service, need in old:
        rule, clock = plan.rules[service], plan.frame.clocks[need.pk]
        if (need.rule, need.edition) != (rule.code, plan.edition.id):
            need.rule, need.edition, need.on_breach = rule.code, plan.edition.id, rule.on_breach
            retitled.append(need)
        if (clock.target, clock.limit) != (rule.target, rule.limit):
            clock.target, clock.limit = rule.target, rule.limit
            changed[clock.pk] = clock
        interval = standing.get(clock.pk)
        is_waiting = interval is not None and interval.kind == ClockInterval.Kind.WAITING
        if interval is not None and is_waiting != plan.waits[service]:
            kind = ClockInterval.Kind.RUNNING if is_waiting else ClockInterval.Kind.WAITING
            interval_switch(clock=clock, kind=kind, at=plan.since, reason="" if is_waiting else PREREQUISITE)
            changed[clock.pk] = clock
    Need.objects.bulk_update(retitled, ["rule", "edition", "on_breach"], BATCH)
    clocks_save(changed.values())


def _refer(plans: Sequence[Plan], opened: Mapping[tuple[int, str], Need], actor: User | None, at: datetime) -> None:
    """Write the referrals of the plans; where no agency can take a need, its addressee is told at once."""
    referrals: list[Referral] = []
    homeless: list[Clock] = []
    for plan in plans:
        for service, sending in plan.sending.items():
            need = opened.get((plan.frame.case.pk, service)) or plan.frame.open[service]
            clock = plan.frame.clocks[need.pk]
            if sending.agency is None:
                need.escalated_no_agency = True
                clock.need, clock.case = need, plan.frame.case
                homeless.append(clock)
                continue
            referrals.append(referral_new(need, clock, sending.agency, sending.state, at))
    rows_insert(referrals)
    referrals_announce(referrals, actor=actor, at=at)
    rows_update([c.need for c in homeless if c.need], ["escalated_no_agency"])
    if homeless:
        with_unit = {c.pk: c for c in Case.objects.filter(pk__in={c.case_id for c in homeless}).select_related("unit")}
        for clock in homeless:
            clock.case = with_unit[clock.case_id]
        fell_due = {clock.pk: at for clock in homeless}
        escalations_write(
            clocks=homeless, kind=Escalation.Kind.NO_AGENCY, fell_due=fell_due, leadership=Leadership(), at=at
        )
