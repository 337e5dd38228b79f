"""Writing to the journal. Nothing else in the project inserts an `Entry`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oralu.apps.journal.commitments import SALT, encoded, entry_commitment, moment
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
    """Write the records in one statement, inside the caller's transaction, each with its commitment. `actor` is None
    for the system itself."""
    who, when, found = actor.pk if actor is not None else None, moment(at), list(records)
    salts, rows = os.urandom(SALT * len(found)), []
    for n, record in enumerate(found):
        salt, data = salts[SALT * n : SALT * (n + 1)], _as_stored(record.data)
        made = entry_commitment(salt, at=when, actor=who, kind=record.kind, case=record.case_id, data=data)
        rows.append(
            {
                "at": when,
                "actor_id": who,
                "kind": record.kind,
                "case_id": record.case_id,
                "data": data,
                "salt": f"\\x{salt.hex()}",
                "commitment": f"\\x{made.hex()}",
            }
        )
    values_insert(Entry, rows)


def entry_record(*, kind: str, actor: User | None, at: datetime, case_id: int | None = None, **data: Any) -> None:
    """Write one record."""
    entries_record(records=[Record(kind, case_id, data)], actor=actor, at=at)


def _as_stored(data: dict[str, Any]) -> dict[str, Any]:
    """`data` as the database gives it back. Codes and ids already are; the rest goes through JSON, which makes texts of
    keys and of dates."""
    if all(isinstance(value, (str, int)) or value is None for value in data.values()):
        return data
    return json.loads(encoded(data))  # type: ignore[no-any-return]


def entries_erase(*, ids: Iterable[int], actor: User | None, at: datetime) -> int:
    """Empty the payload of entries and destroy their salt: nobody can then find out what it was, and the commitment
    still proves that the row stood there. Which rows were erased is an entry of its own, without which `verify` calls
    an empty row an edited one. Returns how many were erased.

    For a connection of the owner: the roles that serve may not change a row (django.db.utils.ProgrammingError)."""
    wanted = list(ids)
    erased = sorted(Entry.objects.filter(pk__in=wanted, salt__isnull=False).values_list("pk", flat=True))
    if erased:
        Entry.objects.filter(pk__in=erased).update(data={}, salt=None)
        entry_record(kind="journal.erased", actor=actor, at=at, entries=erased)
    return len(erased)
