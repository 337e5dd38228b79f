"""Reading cases: the one door. Nothing outside the apps asks `Case.objects`."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.journal.reading import Shown


def cases_visible_to(actor: User, permission: Permission = Permission.CASE_WORK) -> QuerySet[Case]:
    """The whole cases to which an actor may do this: by default what changes them, so that a door which forgets to say
    what it does opens to nobody who may only read. An agency sees a referral, never the case; leadership sees its
    escalations; an administrator sees no cases. What may not be seen is absent."""
    cases = Shown.of(Case, "pk").select_related("person", "officer", "unit", "region")
    return cases.filter(cases_reached(actor, permission, ""))
