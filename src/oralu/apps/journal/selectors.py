"""Reading the journal."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from oralu.apps.journal.models import Access, Entry

if TYPE_CHECKING:
    from oralu.apps.access.models import User


def case_entries(case_id: int, *, before: int | None = None, limit: int = 50) -> QuerySet[Entry]:
    """The latest entries of a case, newest first; `before` continues from an entry's id."""
    entries = Entry.objects.filter(case_id=case_id).select_related("actor").order_by("-id")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return entries[:limit]


ALONE = "alone"
"""Answers that showed one case and no other: somebody opened it, rather than met it in a list."""
WHERE = {
    "": "true",
    ALONE: "cardinality(subjects) = 1 and kind in ('read', 'emergency')",
    "export": "kind = 'export'",
    "denied": "kind = 'denied'",
    "emergency": "kind = 'emergency'",
}
ACCESSES = """
with hits as materialized (select id from journal_access where subjects @> array[%s]::bigint[] and {where})
select * from journal_access
where id in (select id from hits where %s::bigint is null or id < %s order by id desc limit %s) order by id desc
"""


def case_accesses(*, case_id: int, view: str = "", before: int | None = None, limit: int = 50) -> list[Access]:
    """The answers that showed a case, the latest first; `before` continues from a row's id, `view` is a key of `WHERE`.

    The rows of a case are always found through the index on the subjects: left to choose, the planner would walk back
    through the whole table for a case that nobody has looked at for years."""
    return list(Access.objects.raw(ACCESSES.format(where=WHERE[view]), [case_id, before, before, limit]))


def entry_last(*, case_id: int, kinds: Collection[str], **about: int) -> Entry | None:
    """The latest entry of a case of these kinds about a thing, e.g. `referral=17`."""
    return _latest(Entry.objects.filter(case_id=case_id, kind__in=kinds, **{f"data__{k}": v for k, v in about.items()}))


def entry_own(*, actor: User, kinds: Collection[str], **about: int) -> Entry | None:
    """The latest such entry that an actor has made: one's own act may be told also where its case is out of sight by
    now. Found among the entries of the actor, never by a walk back through the whole journal."""
    return _latest(Entry.objects.filter(actor=actor, kind__in=kinds, **{f"data__{k}": v for k, v in about.items()}))


def _latest(found: QuerySet[Entry]) -> Entry | None:
    rows = list(found.select_related("actor").order_by())
    return max(rows, key=lambda entry: entry.pk, default=None)
