"""Writing to the journal. Nothing else in the project inserts an `Entry`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oralu.apps.journal.models import Entry
from oralu.apps.rows import values_insert

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened, before it is written."""

    kind: str
    case_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


def entries_record(*, records: Iterable[Record], actor: User | None, at: datetime) -> None:
    """Write the records in one statement, inside the caller's transaction. `actor` is None for the system itself."""
    who, when = actor.pk if actor is not None else None, at.isoformat()
    values_insert(
        Entry, [{"at": when, "actor_id": who, "kind": r.kind, "case_id": r.case_id, "data": r.data} for r in records]
    )


def entry_record(*, kind: str, actor: User | None, at: datetime, case_id: int | None = None, **data: Any) -> None:
    """Write one record."""
    entries_record(records=[Record(kind, case_id, data)], actor=actor, at=at)
