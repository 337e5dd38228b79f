"""From what the apps know to what the components show: strips, countdowns and reasons, in the reader's language. Every
page shows the same sentence for the same judgement, because it comes from here and from the words of the edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, Milestone, Statement
from oralu.apps.referrals.clocks import clock_view
from oralu.apps.referrals.models import Clock, ClockInterval, Need, PauseParty, PauseReason
from oralu.apps.routing.policies import EditionsInForce, NoEditionError
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition, Line, PointsLine, Rule
from oralu.core.worktime import Allowance
from oralu.policyfiles import load_edition
from oralu.web.components import Cell, Countdown, FactRead, Strip, Why
from oralu.web.countdown import countdown
from oralu.web.screens import lang


def edition_of(case: Case) -> Edition:
    """The edition by which the case was last evaluated."""
    return load_edition(case.edition)


def edition_for(user: User, on: date) -> Edition:
    """The edition whose words stand over the figures of a reader: the one in force in the reader's region on a day.
    Before any is adopted there, that which the package brings."""
    region = user.agency.region_id if user.agency is not None else ""
    try:
        return EditionsInForce([region]).on(region, on)
    except NoEditionError:
        return load_edition()


def strip_of(case: Case) -> Strip:
    """The strip of a case, from its summary: no evaluation is needed to draw a list."""
    return strip_from(edition_of(case), case.domains, case.index)


def most_of(milestone: Milestone, edition: Edition) -> int:
    """The index that a case could have had when a milestone was frozen, by the domains that were judged then."""
    return len(milestone.evaluation.get("domains") or edition.domains) * edition.highest_points


def strip_from(edition: Edition, domains: Mapping[str, Mapping[str, Any]], index: int | None) -> Strip:
    """The strip of kept results: of a case, an evaluation or a milestone."""
    cells = []
    for code in edition.domains:
        if code not in domains:
            continue
        kept = domains[code]
        sentences = [reason_sentence(edition, code, kind, line) for kind, line in kept["lines"]]
        cells.append(
            Cell(
                domain=code,
                label=edition.label("domain", code, lang()),
                points=kept["points"],
                reason=" ".join(dict.fromkeys(sentences)),
                failed=kept["failed"],
                provisional=kept["provisional"],
                risk=edition.risk_levels[kept["risk"]],
            )
        )
    return Strip(tuple(cells), index, edition.highest_index)


def policy_line(edition: Edition, domain: str, line_id: str) -> Line | None:
    """The line of the policy by its id, None where this edition has it no more."""
    policy = edition.policies[domain]
    lines: Iterable[Line] = (*policy.points, *policy.failures, *policy.risks)
    return next((line for line in lines if line.id == line_id), None)


def reason_sentence(edition: Edition, domain: str, kind: str, line_id: str) -> str:
    """Why, in a sentence of the policy."""
    line = policy_line(edition, domain, line_id)
    if line is None:
        return ""
    if kind == "evidence_lacking" and isinstance(line, PointsLine) and line.unproved_texts is not None:
        return line.unproved_texts[lang()]
    return line.texts[lang()]


def risk_code(case: Case) -> str:
    """The risk level of a case as the policy names it (R0–R3)."""
    return edition_of(case).risk_levels[case.risk]


def risk_label(edition: Edition, level: str) -> str:
    """A risk level as a screen says it: the words first, the code of the policy behind them."""
    words = edition.label("risk", level, lang()).removeprefix(f"{level}: ")
    return f"{words} ({level})"


def rule_of(need: Need) -> Rule:
    """The rule that holds a need open."""
    return load_edition(need.edition).rule(need.rule)


def service_label(need: Need) -> str:
    return load_edition(need.edition).label("service", need.service, lang())


def addressee_label(need: Need) -> str:
    return load_edition(need.edition).label("agency", need.addressee, lang())


def need_countdown(need: Need, clock: Clock, intervals: Iterable[ClockInterval], at: datetime) -> Countdown:
    """The countdown of a need's clock. Waiting and paused say for whom."""
    log = list(intervals)
    at = max(at, log[0].start)
    state = clock_view(clock, log, at)
    word = state.status if state.status in ("waiting", "paused", "met", "withdrawn") else "running"
    reason, party = "", ""
    if state.status == "waiting":
        reason = rule_of(need).waits_why(lang())
    elif state.status == "paused":
        reason = str(PauseReason(state.reason).label) if state.reason else ""
        party = str(PauseParty(state.party).label) if state.party else ""
    left = None
    if state.due_at is not None and Allowance.parse(clock.limit).unit == "working_days":
        left = working_days_left(at, state.due_at)
    return countdown(
        state=word,
        at=at,
        due_at=state.due_at,
        target_at=state.target_at,
        reason=reason,
        party=party,
        working_days_left=left,
        ended_at=need.met_at or clock.stopped_at,
    )


def working_days_left(at: datetime, due_at: datetime) -> int:
    """Whole working days from tomorrow to the day that the deadline ends; 0 when it has passed."""
    calendar = load_calendar()
    first, last = calendar.local_day(at), calendar.local_day(due_at)
    if last <= first:
        return 0
    start, end = calendar.index(first), calendar.index(last)
    return int(calendar.worked_before[end] - calendar.worked_before[start + 1])


def why_line(line: Line, edition: Edition, facts: Iterable[FactRead] = ()) -> Why:
    """The "why" of a line or a rule of the policy: words, citation, basis, the facts that it read."""
    basis, _colon, citation = line.cited(lang()).partition(": ")
    return Why(
        rule=line.texts[lang()],
        citation=citation,
        basis=basis,
        facts=tuple(facts),
        edition=edition.title(lang()),
        href=f"/policy#{line.id}",
    )


def fact_read(edition: Edition, statement: Statement) -> FactRead:
    """A statement as the "why" shows it: who recorded it, when, with a proof or without."""
    return FactRead(
        label=edition.label("fact", statement.name, lang()),
        value=edition.value_label(statement.name, statement.value, lang()),
        recorded_by=statement.recorded_by.full_name if statement.recorded_by else "",
        recorded_at=statement.recorded_at,
        evidence=statement.evidence is not None and statement.evidence.proves,
    )
