"""Reading adoptions: which edition is in force where, and since when."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from oralu.apps.routing.models import Adoption
from oralu.policyfiles import EditionError, load_edition


def adoptions() -> QuerySet[Adoption]:
    """Every adoption, the latest date first."""
    return Adoption.objects.select_related("region", "adopted_by").order_by("-from_date", "-id")


def regions_in_force(*, on: date) -> int:
    """In how many regions an edition is in force on a day."""
    return Adoption.objects.filter(from_date__lte=on).values("region").distinct().count()


def adoptions_changed(*, on: date) -> list[Adoption]:
    """The adoptions in force on a day, and those to come, whose files are not the adopted ones any more: changed, or
    gone."""
    standing: dict[str, Adoption] = {}
    coming = []
    for one in adoptions():
        if one.from_date > on:
            coming.append(one)
        else:
            standing.setdefault(one.region_id, one)
    return [one for one in (*standing.values(), *coming) if _digest(one.edition) != one.digest]


def _digest(edition: str) -> str:
    try:
        return load_edition(edition).digest
    except EditionError:
        return ""
