"""Evaluates cases in batches and writes what follows: needs with their clocks, referrals, escalations, the summary on
the case, milestones, the evaluation's record, journal and messages, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory
from oralu.apps.agencies.services import place_hold
from oralu.apps.cases.models import Case, CaseState, EvaluationRecord, Milestone
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.messages.services import messages_write
from oralu.apps.referrals.clocks import PREREQUISITE, clocks_begin, clocks_save, interval_switch, start_of_day
from oralu.apps.referrals.escalation_services import Leadership, escalations_write
from oralu.apps.referrals.models import Clock, ClockInterval, Escalation, Need, Referral
from oralu.apps.referrals.services import needs_close
from oralu.apps.referrals.telling import referral_messages
from oralu.apps.routing.frames import Frame, anchor, frames_load, local_day
from oralu.apps.routing.planning import Cause, Plan, plan_case
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.rows import row_new, rows_insert, rows_update
from oralu.core.edition import Edition
from oralu.core.evaluation import Evaluation

if TYPE_CHECKING:
    from oralu.apps.access.models import User

SUMMARY = (
    "edition",
    "evaluated_on",
    "index",
    "risk",
    "domains",
    "failures",
    "failed_ever",
    "next_change_on",
    "next_due_at",
    "next_need",
    "breached",
)
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
    _record(plans, at)
    _milestones(plans, at)
    _summarise(plans, editions)


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


def referral_new(need: Need, clock: Clock, agency: Agency, state: str, at: datetime, *, attempt: int = 1) -> Referral:
    """A referral not yet saved."""
    return row_new(
        Referral,
        {"need": need, "agency": agency},
        case_id=need.case_id,
        attempt=attempt,
        state=state,
        created_at=at,
        sent_at=at if state == Referral.State.SENT else None,
        due_at=clock.limit_at,
    )


def referrals_announce(referrals: Sequence[Referral], *, actor: User | None, at: datetime) -> None:
    """Journal, places and messages of referrals just written or sent."""
    entries_record(
        records=[
            Record(
                "referral.sent" if r.state == Referral.State.SENT else f"referral.{r.state}",
                r.case_id,
                {"referral": r.pk, "agency": r.agency_id, "service": r.need.service},
            )
            for r in referrals
        ],
        actor=actor,
        at=at,
    )
    outgoing = []
    for referral in referrals:
        if referral.agency.counts_places:
            place_hold(agency=referral.agency, referral_id=referral.pk, at=at)
        if referral.state == Referral.State.SENT:
            outgoing += referral_messages(referral)
    messages_write(outgoing=outgoing, at=at)


def domains_of(evaluation: Evaluation, edition: Edition) -> dict[str, dict[str, object]]:
    """What lists and records keep of the domains: points, risk as a number, failure, provisional, the lines that gave
    them."""
    return {
        code: {
            "points": result.points,
            "risk": edition.risk_levels.index(result.risk),
            "failed": result.failed,
            "provisional": result.provisional,
            "lines": [[reason.kind, reason.line] for reason in result.reasons],
        }
        for code, result in evaluation.domains.items()
    }


def _core_of(domains: Mapping[str, Mapping[str, object]]) -> list[tuple[str, object, object, object]]:
    return [(code, d["points"], d["risk"], d["failed"]) for code, d in sorted(domains.items())]


def _record(plans: Sequence[Plan], at: datetime) -> None:
    """Keep the evaluations that differ from the case's last in points, risk, failures or needs."""
    records = []
    for plan in plans:
        case, evaluation = plan.frame.case, plan.evaluation
        domains = domains_of(evaluation, plan.edition)
        if case.evaluated_on and not plan.opening and not plan.closing and _core_of(domains) == _core_of(case.domains):
            continue
        facts = plan.frame.facts(plan.edition, plan.on)
        records.append(
            row_new(
                EvaluationRecord,
                {"case": case},
                at=at,
                day=evaluation.day,
                edition=plan.edition.id,
                digest=plan.edition.digest,
                index=evaluation.index,
                risk=plan.edition.risk_levels.index(evaluation.risk),
                success=evaluation.success,
                domains=domains,
                failures=list(evaluation.failures),
                needs=[rule.code for rule in evaluation.actions],
                statements=sorted(int(state.id) for state in facts.values()),  # type: ignore[call-overload]
            )
        )
    rows_insert(records)


def milestone_dates(frame: Frame, edition: Edition) -> dict[int, date]:
    """The milestones not yet frozen, by day. Those that lay before the case came to Oralu were never measured."""
    case = frame.case
    known_from = max(local_day(case.enrolled_at), case.go_live_on or date.min)
    zero = anchor(case, edition)
    dates = {day: zero + timedelta(days=day) for day in edition.milestones if day not in frame.milestones}
    return {day: on for day, on in dates.items() if on >= known_from}


def _milestones(plans: Sequence[Plan], at: datetime) -> None:
    """Freeze the state on a milestone day, with edition, reasons and the ids of the statements read."""
    rows = []
    for plan in plans:
        for day, on in milestone_dates(plan.frame, plan.edition).items():
            if on != plan.on:
                continue
            evaluation, case = plan.evaluation, plan.frame.case
            facts = plan.frame.facts(plan.edition, plan.on)
            rows.append(
                Milestone(
                    case=case,
                    day=day,
                    on=on,
                    evaluation={
                        "edition": plan.edition.id,
                        "digest": plan.edition.digest,
                        "domains": domains_of(evaluation, plan.edition),
                        "statements": sorted(int(s.id) for s in facts.values()),  # type: ignore[call-overload]
                    },
                    index=evaluation.index,
                    risk=plan.edition.risk_levels.index(evaluation.risk),
                    failures=list(evaluation.failures),
                    failed_ever=case.failed_ever or bool(evaluation.failures),
                    success=evaluation.success,
                    frozen_at=at,
                )
            )
            plan.frame.milestones.add(day)
    rows_insert(rows)
    entries_record(
        records=[Record("milestone.frozen", m.case_id, {"day": m.day, "index": m.index}) for m in rows],
        actor=None,
        at=at,
    )


def _summarise(plans: Sequence[Plan], editions: EditionsInForce) -> None:
    for plan in plans:
        case, evaluation, frame = plan.frame.case, plan.evaluation, plan.frame
        case.edition, case.evaluated_on = plan.edition.id, plan.on
        case.index, case.risk = evaluation.index, plan.edition.risk_levels.index(evaluation.risk)
        case.domains = domains_of(evaluation, plan.edition)
        case.failures = list(evaluation.failures)
        case.failed_ever = case.failed_ever or bool(evaluation.failures)
        case.next_change_on = _next_change(plan, editions)
        case_clocks_summarise(frame)
    rows_update([plan.frame.case for plan in plans], SUMMARY)


def case_clocks_summarise(frame: Frame) -> None:
    """The part of the summary that follows the clocks."""
    case = frame.case
    due = [(frame.clocks[n.pk].limit_at, s) for s, n in frame.open.items() if frame.clocks[n.pk].limit_at is not None]
    case.next_due_at, case.next_need = min(due, default=(None, ""))  # type: ignore[type-var,assignment]
    case.breached = sorted({n.domain for n in frame.open.values() if frame.clocks[n.pk].breached_at is not None})


def _next_change(plan: Plan, editions: EditionsInForce) -> date | None:
    """The next day on which this case has to be looked at again though nobody records anything."""
    frame, edition = plan.frame, plan.edition
    days = list(milestone_dates(frame, edition).values())
    if plan.evaluation.next_change is not None:
        days.append(anchor(frame.case, edition) + timedelta(days=plan.evaluation.next_change))
    days += [
        day
        for day in (frame.next_birthday(plan.on), editions.next_start(frame.case.region_id, plan.on))
        if day is not None
    ]
    return min((day for day in days if day > plan.on), default=None)
