"""Reading who may know of a case, and who could be shut out of it."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case, Exclusion
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.journal.reading import Shown

UNIT_ROLES = (Role.CASE_MANAGER, Role.UNIT_HEAD, Role.PSYCHOLOGIST)


def exclusions_of(case: Case) -> list[Exclusion]:
    """Who is shut out of a case, and by whom."""
    return list(Exclusion.objects.filter(case=case).select_related("user__agency", "by"))


def exclusions_to_end(actor: User) -> QuerySet[Exclusion]:
    """The exclusions that an actor may end."""
    found = Shown.of(Exclusion, "case_id").filter(cases_reached(actor, Permission.CASE_RESTRICT))
    return found.select_related("user", "case__person", "case__unit")


def staff_of_unit(case: Case) -> list[User]:
    """Who works in the unit that leads a case."""
    return list(User.objects.filter(agency_id=case.unit_id, is_active=True, role__in=UNIT_ROLES).order_by("full_name"))


def staff_to_shut_out(case: Case) -> list[User]:
    """Everybody who could meet the case: those who work in its region, in whatever agency, but for its officer and
    those shut out already."""
    found = User.objects.filter(agency__region_id=case.region_id, is_active=True).select_related("agency")
    return list(found.exclude(pk__in=[*case.excluded, case.officer_id or 0]).order_by("agency__name_ru", "full_name"))
