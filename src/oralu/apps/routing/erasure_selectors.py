"""Reading erasures and holds: a unit sees its own; who approves sees all, by numbers and never by names."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission, may
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.reading import Shown
from oralu.apps.routing.models import Erasure, LegalHold


def erasures_visible_to(actor: User) -> QuerySet[Erasure]:
    """The latest first."""
    found = Erasure.objects.select_related("unit", "asked_by", "decided_by").order_by("-pk")
    if may(actor.role, [Permission.ERASURE_APPROVE]):
        return found
    if may(actor.role, [Permission.ERASURE_ASK]):
        return found.filter(unit_id=actor.agency_id)
    return found.none()


def erasure_cases(erasure: Erasure, limit: int) -> list[int]:
    """The numbers of the cases that an erasure is about, the first so many."""
    found: list[int] = []
    for cases in erasure.items.order_by("pk").values_list("cases", flat=True)[:limit]:
        found += cases
    return sorted(found)[:limit]


def holds_lifted(actor: User) -> QuerySet[LegalHold]:
    """The holds on cases of the own unit that have been lifted."""
    holds = Shown.of(LegalHold, "case_id").filter(case__in=cases_visible_to(actor)).exclude(lifted_at=None)
    return holds.select_related("case__person")


def holds_visible_to(actor: User) -> QuerySet[LegalHold]:
    """The holds that stand on cases of the own unit."""
    holds = Shown.of(LegalHold, "case_id").filter(lifted_at=None, case__in=cases_visible_to(actor))
    return holds.select_related("case__person", "placed_by")
