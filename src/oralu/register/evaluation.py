"""What the policy finds in a row of a register, and what it would open. Pure: nothing is read or written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from oralu.core.edition import Edition, Rule
from oralu.core.evaluation import Evaluation, Snapshot, evaluate, waiting
from oralu.core.facts import FactState
from oralu.core.worktime import Allowance, Calendar, due
from oralu.register.model import IntakeRow


@dataclass(frozen=True, slots=True)
class OpenedNeed:
    """A need that would open. Its clock starts on the go-live date and is inherited: it stays out of SLA figures.

    `target_due`, `limit_due` None: the clock waits for another fact and does not run yet."""

    rule: Rule
    target_due: datetime | None
    limit_due: datetime | None
    inherited: bool = True

    @property
    def waits(self) -> bool:
        return self.limit_due is None


@dataclass(frozen=True, slots=True)
class RowEvaluation:
    snapshot: Snapshot
    evaluation: Evaluation
    needs: tuple[OpenedNeed, ...]


def evaluate_row(edition: Edition, calendar: Calendar, row: IntakeRow, go_live: date) -> RowEvaluation:
    """The evaluation on the go-live date, and each need with the moments at which target and limit fall due.

    All clocks start at the beginning of the go-live date, in the calendar's zone. Raises `CalendarError` where a due
    time lies outside the calendar."""
    snapshot = to_snapshot(edition, row, go_live)
    evaluation = evaluate(edition, snapshot)
    start = datetime(go_live.year, go_live.month, go_live.day, tzinfo=calendar.zone)
    return RowEvaluation(
        snapshot, evaluation, tuple(_opened(edition, rule, snapshot, start, calendar) for rule in evaluation.actions)
    )


def to_snapshot(edition: Edition, row: IntakeRow, day: date) -> Snapshot:
    """The row as the policy sees it on `day`. A fact without a date of its own stands from the day of enrolment; where
    the edition counts from release and the row has no release, days count from enrolment."""
    anchor = row.released_on if edition.anchor == "release" and row.released_on else row.enrolled_on
    facts = {}
    for name, entry in row.facts.items():
        since = entry.day or row.enrolled_on
        if entry.until is not None and entry.until <= since:
            since = entry.until - timedelta(days=1)
        until = None if entry.until is None else (entry.until - anchor).days
        facts[name] = FactState(entry.value, (since - anchor).days, entry.evidence, until)
    return Snapshot(day=(day - anchor).days, sex=row.sex, facts=facts, minor_children=bool(row.minor_children))


def _opened(edition: Edition, rule: Rule, snapshot: Snapshot, start: datetime, calendar: Calendar) -> OpenedNeed:
    if rule.waits_while is not None and waiting(edition, rule, snapshot):
        return OpenedNeed(rule, None, None)
    return OpenedNeed(rule, _due(rule.target, start, calendar), _due(rule.limit, start, calendar))


@lru_cache(maxsize=1024)
def _due(allowance: str, start: datetime, calendar: Calendar) -> datetime:
    return due(start, Allowance.parse(allowance), calendar)
