"""What an evaluation leaves behind: its record, the frozen milestones and the summary on the case. Nothing here decides
or opens anything, and lists and figures read nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from oralu.apps.cases.models import EvaluationRecord, Milestone
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.routing.frames import Frame, anchor, local_day
from oralu.apps.routing.planning import Plan
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.rows import row_new, rows_insert, rows_update
from oralu.core.edition import Edition
from oralu.core.evaluation import Evaluation

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


def evaluations_record(plans: Sequence[Plan], at: datetime) -> None:
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


def milestones_freeze(plans: Sequence[Plan], at: datetime) -> None:
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


def cases_summarise(plans: Sequence[Plan], editions: EditionsInForce) -> None:
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
