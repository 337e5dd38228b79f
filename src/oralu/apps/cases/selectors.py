"""Reading cases: the one door. Nothing outside the apps asks `Case.objects`."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case
from oralu.apps.journal.reading import Shown


def cases_visible_to(actor: User) -> QuerySet[Case]:
    """The whole cases that an actor may open: those of the own unit. An agency sees a referral, never the case;
    leadership sees its escalations; an administrator sees no cases. What may not be seen is absent."""
    cases = Shown.of(Case, "pk").select_related("person", "officer", "unit", "region")
    if actor.role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        return cases.filter(unit_id=actor.agency_id)
    return cases.none()
