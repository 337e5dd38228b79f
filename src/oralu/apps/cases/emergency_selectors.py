"""Reading emergencies: those of the own unit for its head, all of them for the auditors, one's own."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case, Emergency
from oralu.apps.cases.reaching import emergencies_standing, shut_out_of


def emergencies_visible_to(actor: User) -> QuerySet[Emergency]:
    """The emergencies that an actor reviews or looks after, the latest first. No row of a case comes with them."""
    found = Emergency.objects.select_related("user__agency", "unit", "reviewed_by").order_by("-id")
    if actor.role == Role.AUDITOR:
        return found
    if actor.role == Role.UNIT_HEAD:
        return found.filter(unit_id=actor.agency_id).exclude(case_id__in=shut_out_of(actor))
    return found.none()


def emergency_in(case: Case, actor: User) -> Emergency | None:
    """The emergency by which an actor reads a case now."""
    return emergencies_standing(actor).filter(case=case).order_by("-until").first()


def emergencies_of(actor: User) -> list[Emergency]:
    """The emergencies by which an actor may read now, one for each case: the one that lasts longest."""
    found = {one.case_id: one for one in emergencies_standing(actor).order_by("until")}
    return list(found.values())
