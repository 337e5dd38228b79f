"""Reading persons."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from oralu.apps.people.models import Consent, Person
from oralu.apps.people.naming import fold


def likely_duplicates(
    *, surname: str, given_name: str, birth_date: date, iin: str = "", exclude: int | None = None
) -> QuerySet[Person]:
    """Records that may be the same person: the same IIN, or the same birth date with the same surname or given name."""
    same = Q(birth_date=birth_date) & (
        Q(search_key__startswith=fold(surname) + " ")
        | Q(search_key__contains=f" {fold(given_name)} ")
        | Q(search_key__endswith=f" {fold(given_name)}")
    )
    if iin:
        same |= Q(iin=iin)
    found = Person.objects.filter(same, merged_into=None).order_by("surname", "given_name", "pk")
    return found.exclude(pk=exclude)[:10] if exclude else found[:10]


def consented(person_ids: list[int]) -> set[int]:
    """Those of the persons whose written consent stands."""
    return set(Consent.objects.filter(person_id__in=person_ids, withdrawn_at=None).values_list("person_id", flat=True))
