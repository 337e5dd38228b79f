"""In which state a case is: told to who reads it, so that nobody changes what somebody else has changed meanwhile."""

from __future__ import annotations

import hashlib

from django.db.models import QuerySet

from oralu.apps.access import walls
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry

MOST = 20
"""Changes that are told at once; to have read more would help nobody."""
NO_CHANGE = (
    "case.read", "evidence.read", "refuge.address_read", "escalation.read", "referral.read",
    "referral.printed", "case.paper_composed", "evidence.scanned", "evidence.taken_to_check", "message.given_up",
    "person.found_elsewhere", "duplicate.hidden", "caseload.exported",
)  # fmt: skip
"""Kinds of entries by which nothing of a case becomes another; those of readings stand in journals of before."""


def case_held(case_id: int) -> None:
    """Take the lock of a case that the caller may work on: until the end of the transaction its state stands still."""
    walls.take(cases=[case_id])
    Case.objects.select_for_update(of=("self",)).filter(pk=case_id).order_by("pk").first()


def case_version(case_id: int) -> str:
    """The state of a case in one word: its columns, which hold the last evaluation, and the last change that the
    journal has of it. Every change writes a row of the journal in its own transaction, so none can be missed."""
    row = Case.objects.filter(pk=case_id).values().first()
    text = repr((sorted((row or {}).items(), key=lambda pair: pair[0]), last_change(case_id)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def last_change(case_id: int) -> int:
    """The number of the last change that the journal has of a case: what a form was made on. 0 if there is none."""
    return _changes(case_id).order_by("-id").values_list("pk", flat=True).first() or 0


def changes_since(case_id: int, number: int) -> list[Entry]:
    """The changes of a case after one, the latest first."""
    return list(_changes(case_id).filter(pk__gt=number).select_related("actor").order_by("-id")[:MOST])


def _changes(case_id: int) -> QuerySet[Entry]:
    return Entry.objects.filter(case_id=case_id).exclude(kind__in=NO_CHANGE)
