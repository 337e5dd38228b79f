"""Reading persons."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from oralu.apps.people.models import Child, Consent, Merge, Person
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
    found = Person.objects.filter(same, merged_into=None, erased_on=None).order_by("surname", "given_name", "pk")
    return found.exclude(pk=exclude)[:10] if exclude else found[:10]


def consented(person_ids: list[int]) -> set[int]:
    """Those of the persons whose written consent stands."""
    return set(Consent.objects.filter(person_id__in=person_ids, withdrawn_at=None).values_list("person_id", flat=True))


def consent_standing(person_id: int) -> Consent | None:
    """The written consent of a person that has not been withdrawn."""
    return Consent.objects.filter(person_id=person_id, withdrawn_at=None).first()


def children_of(person_id: int) -> list[Child]:
    """The recorded children, eldest first; those without a date of birth last."""
    return list(Child.objects.filter(person_id=person_id))


def merges_of(person_id: int) -> QuerySet[Merge]:
    """The merges that made this record what it is and have not been undone, the latest first."""
    return Merge.objects.filter(kept_id=person_id, undone_at=None).select_related("absorbed", "by").order_by("-id")
