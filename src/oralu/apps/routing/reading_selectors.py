"""Who has looked at a case: the rows of the journal with the people behind their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency
from oralu.apps.journal.models import AccessKind
from oralu.apps.journal.selectors import ALONE, case_accesses

VIEWS = (ALONE, AccessKind.EXPORT, AccessKind.DENIED, AccessKind.EMERGENCY)
"""What the page may be narrowed to."""


@dataclass(frozen=True, slots=True)
class Look:
    """One answer that showed the case. `others`: how many other cases stood in the same answer; the agency is that of
    the reader at that time."""

    key: int
    at: datetime
    name: str
    post: str
    role: str
    agency: str
    kind: str
    route: str
    purpose: str
    others: int


def case_looks(*, case_id: int, view: str, before: int | None, size: int) -> tuple[list[Look], bool]:
    """A page of them, the latest first, from the key `before` on, and whether there are older ones. The caller has
    checked who asks. Three queries, however long the page."""
    rows = case_accesses(case_id=case_id, view=view if view in VIEWS else "", before=before, limit=size + 1)
    shown = rows[:size]
    people: Mapping[int, User] = User.objects.in_bulk({row.actor for row in shown if row.actor is not None})
    agencies: Mapping[int, Agency] = Agency.objects.in_bulk({row.agency for row in shown if row.agency is not None})
    found = []
    for row in shown:
        user, agency = people.get(row.actor or 0), agencies.get(row.agency or 0)
        found.append(
            Look(
                key=row.pk,
                at=row.at,
                name=user.full_name if user else "",
                post=user.post if user else "",
                role=row.role,
                agency=str(agency) if agency else "",
                kind=row.kind,
                route=row.route,
                purpose=row.purpose,
                others=max(0, len(row.subjects) - 1),
            )
        )
    return found, len(rows) > size
