"""Reading what is kept apart from a case. Each has a door of its own; no other selector joins these tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, HealthNote, Offence
from oralu.apps.cases.reaching import cases_reached, shut_out_of
from oralu.apps.journal.models import Entry
from oralu.apps.journal.reading import Shown

MOST = 50
"""Notes that are told of on a page."""


def offence_of(actor: User, case: Case) -> Offence | None:
    """The offence behind a case, for the officers and the head of the unit that leads it."""
    return Offence.objects.filter(cases_reached(actor, Permission.OFFENCE), case=case).first()


def health_notes_visible_to(actor: User) -> QuerySet[HealthNote]:
    """Medical notes: those of the unit's cases for its psychologist, their own for the staff of an agency."""
    notes = Shown.of(HealthNote, "case_id").select_related("author", "agency")
    if actor.role == Role.PSYCHOLOGIST:
        return notes.filter(cases_reached(actor, Permission.CARE_READ))
    if actor.role == Role.PROVIDER:
        return notes.filter(agency_id=actor.agency_id).exclude(case_id__in=shut_out_of(actor))
    return notes.none()


@dataclass(frozen=True, slots=True)
class NoteTold:
    """That a medical note was written: no word of it."""

    at: datetime
    author: str
    agency: str


def health_notes_told(case: Case) -> list[NoteTold]:
    """The medical notes of a case that the caller may see, as the journal has them, the latest first: whoever is kept
    from reading them learns of them where nothing of them stands."""
    entries = list(Entry.objects.filter(case=case, kind="health.noted").select_related("actor").order_by("-id")[:MOST])
    agencies = Agency.objects.in_bulk({e.data["agency"] for e in entries if e.data.get("agency")}) if entries else {}
    return [
        NoteTold(e.at, e.actor.full_name if e.actor else "", str(agencies.get(e.data.get("agency"), "")))
        for e in entries
    ]
