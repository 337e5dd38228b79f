"""Reading the journal."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.journal.models import Entry


def case_entries(case_id: int, *, before: int | None = None, limit: int = 50) -> QuerySet[Entry]:
    """The latest entries of a case, newest first; `before` continues from an entry's id."""
    entries = Entry.objects.filter(case_id=case_id).select_related("actor").order_by("-id")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return entries[:limit]
