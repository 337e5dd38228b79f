"""Reading what is kept apart from a case. Each has a door of its own; no other selector joins these tables."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case, HealthNote, Offence
from oralu.apps.cases.reaching import cases_reached, shut_out_of
from oralu.apps.journal.reading import Shown


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
