"""The ledger of facts: which recorded statement counts on a day.

A case has no columns for documents or housing; it has recorded statements that are never edited. "How did this case
stand on day 30" is a query over them, and so is "what did we know then".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ASKED_UNKNOWN = "asked_unknown"
REFUSED = "refused"
UNKNOWN = "unknown"
ANSWERS_WITHOUT_VALUE = frozenset({ASKED_UNKNOWN, REFUSED})


@dataclass(frozen=True, slots=True)
class FactState:
    """One fact as an evaluation sees it. `day` and `until` are day numbers of the case; `id` leads back to the record.

    From the day `until` on the fact is unknown."""

    value: str
    day: int
    evidence: bool = False
    until: int | None = None
    id: object = None

    def known_on(self, day: int) -> bool:
        """False for an answer without a value and from the day `until` on."""
        return self.value not in ANSWERS_WITHOUT_VALUE and (self.until is None or self.until > day)


@dataclass(frozen=True, slots=True)
class Statement:
    """One recorded statement of the ledger. One that only retracts another carries `retracts`, and its name, value and
    day are not read. `id` must be comparable with the other ids of the case."""

    id: Any
    name: str
    value: str
    day: int
    recorded_at: datetime
    evidence: bool
    until: int | None = None
    retracts: object = None


def standing(statements: Iterable[Statement], *, recorded_by: datetime | None = None) -> list[Statement]:
    """The statements that stand: recorded up to `recorded_by` and not retracted by one that itself stands.

    Retractions are left out of the result. A statement can be retracted only by one recorded later (or at the same
    moment with a later id), so two that retract each other cannot both fall."""
    known = [s for s in statements if recorded_by is None or s.recorded_at <= recorded_by]
    fallen: set[object] = set()
    moment: dict[object, tuple[datetime, Any]] = {s.id: (s.recorded_at, s.id) for s in known}
    for retraction in sorted((s for s in known if s.retracts is not None), key=_recorded, reverse=True):
        target = moment.get(retraction.retracts)
        if retraction.id not in fallen and target is not None and target < _recorded(retraction):
            fallen.add(retraction.retracts)
    return [s for s in known if s.retracts is None and s.id not in fallen]


def as_of(statements: Iterable[Statement], *, day: int, recorded_by: datetime | None = None) -> dict[str, FactState]:
    """The facts that are known on `day`, by name, from what had been recorded by `recorded_by` (all, if None).

    The latest effective statement counts; on a tie the latest recorded. One whose `until` has come makes the fact
    unknown and does not give way to an earlier one. "Asked, unknown" and "refused" never displace a value. A fact that
    is unknown has no entry; `answers_as_of` tells whether it was asked."""
    chosen: dict[str, Statement] = {}
    for statement in standing(statements, recorded_by=recorded_by):
        if statement.day > day or statement.value in ANSWERS_WITHOUT_VALUE:
            continue
        other = chosen.get(statement.name)
        if other is None or _weight(statement) > _weight(other):
            chosen[statement.name] = statement
    return {name: _state(s) for name, s in chosen.items() if s.until is None or s.until > day}


def answers_as_of(
    statements: Iterable[Statement], *, day: int, recorded_by: datetime | None = None
) -> dict[str, FactState]:
    """For a screen: what `as_of` gives, and for a fact that is unknown the last answer without a value, if any."""
    statements = list(statements)
    result = as_of(statements, day=day, recorded_by=recorded_by)
    known = frozenset(result)
    last: dict[str, Statement] = {}
    for statement in standing(statements, recorded_by=recorded_by):
        if statement.value not in ANSWERS_WITHOUT_VALUE or statement.day > day or statement.name in known:
            continue
        other = last.get(statement.name)
        if other is None or _weight(statement) > _weight(other):
            last[statement.name] = statement
    return result | {name: _state(s) for name, s in last.items()}


def _recorded(statement: Statement) -> tuple[datetime, Any]:
    return statement.recorded_at, statement.id


def _weight(statement: Statement) -> tuple[int, datetime, Any]:
    return statement.day, statement.recorded_at, statement.id


def _state(statement: Statement) -> FactState:
    return FactState(statement.value, statement.day, statement.evidence, statement.until, statement.id)
