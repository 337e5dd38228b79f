"""In which state a case is: told to who reads it, so that nobody changes what somebody else has changed meanwhile."""

from __future__ import annotations

import hashlib

from oralu.apps.access import walls
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry

READINGS = ("case.read", "evidence.read", "refuge.address_read", "escalation.read", "referral.read")
"""Kinds that are no change; journals of before have them."""


def case_held(case_id: int) -> None:
    """Take the lock of a case that the caller may work on: until the end of the transaction its state stands still."""
    walls.take(cases=[case_id])
    Case.objects.select_for_update(of=("self",)).filter(pk=case_id).order_by("pk").first()


def case_version(case_id: int) -> str:
    """The state of a case in one word: its columns, which hold the last evaluation, and the last change that the
    journal has of it. Every change writes a row of the journal in its own transaction, so none can be missed."""
    row = Case.objects.filter(pk=case_id).values().first()
    last = Entry.objects.filter(case_id=case_id).exclude(kind__in=READINGS).order_by("-id").values_list("pk").first()
    text = repr((sorted((row or {}).items(), key=lambda pair: pair[0]), last))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
