"""Reading adoptions: which edition is in force where, and since when."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from oralu.apps.routing.models import Adoption


def adoptions() -> QuerySet[Adoption]:
    """Every adoption, the latest date first."""
    return Adoption.objects.select_related("region", "adopted_by").order_by("-from_date", "-id")


def regions_in_force(*, on: date) -> int:
    """In how many regions an edition is in force on a day."""
    return Adoption.objects.filter(from_date__lte=on).values("region").distinct().count()
