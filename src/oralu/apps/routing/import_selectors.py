"""Reading for the import of a register: what of a batch of rows is recorded already, and into which unit by whom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from oralu.apps.access.models import User
from oralu.apps.access.selectors import CASE_ROLES, at_work, officers_of
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.people.models import Child, Person
from oralu.apps.people.naming import fold
from oralu.apps.routing.planning import OWN_UNIT
from oralu.register import IntakeRow

PREFIX = "register:"


def import_keys(intake: IntakeRow, unit_id: int) -> tuple[str, ...]:
    """The key under which a row is imported, then those under which it may have been imported before it had an IIN.
    Digests, so that no IIN stands in a second place."""
    who = (intake.iin, f"{fold(f'{intake.surname} {intake.given_name}')} {intake.birth_date}")
    texts = [f"{unit_id} {name} {intake.enrolled_on}" for name in who if name]
    return tuple(PREFIX + hashlib.sha256(text.encode()).hexdigest()[:48] for text in texts)


@dataclass(frozen=True, slots=True)
class KnownCase:
    pk: int
    person_id: int
    unit_id: int
    enrolled_on: date
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Known:
    pk: int
    iin: str


class Recorded:
    """What is recorded of the people of some rows, in a fixed number of queries."""

    def __init__(self, intakes: Sequence[IntakeRow], *, unit_id: int) -> None:
        self._unit_id = unit_id
        keys = {key for intake in intakes for key in import_keys(intake, unit_id)}
        self._imported = dict(Case.objects.filter(import_key__in=keys).values_list("import_key", "pk"))
        self._by_iin: dict[str, list[_Known]] = {}
        self._by_name: dict[tuple[str, date], list[_Known]] = {}
        self._read_persons(intakes)
        ids = {p.pk for known in (*self._by_iin.values(), *self._by_name.values()) for p in known}
        self._cases: dict[int, list[KnownCase]] = {}
        cases = Case.objects.filter(person_id__in=ids).order_by("-enrolled_on", "-pk")
        for pk, person, unit, enrolled, state in cases.values_list(
            "pk", "person_id", "unit_id", "enrolled_on", "state"
        ):
            known = KnownCase(pk, person, unit, enrolled, state != CaseState.CLOSED)
            self._cases.setdefault(person, []).append(known)
        same = {p.pk for known in self._by_iin.values() for p in known}
        self._persons = Person.objects.in_bulk(same)
        self._parents = set(Child.objects.filter(person_id__in=same).values_list("person_id", flat=True))

    def case_of(self, intake: IntakeRow) -> int | None:
        """The case that this row is: imported before, or enrolled by hand in this unit on the same day."""
        for key in import_keys(intake, self._unit_id):
            if key in self._imported:
                return self._imported[key]
        for person in (*self._same(intake), *self._compatible(intake)):
            for case in self._cases.get(person.pk, ()):
                if case.unit_id == self._unit_id and case.enrolled_on == intake.enrolled_on:
                    return case.pk
        return None

    def person_of(self, intake: IntakeRow) -> int | None:
        """The record with the IIN of the row; of several, one with an open case."""
        same = sorted(self._same(intake), key=lambda p: (self.open_case(p.pk) is None, p.pk))
        return same[0].pk if same else None

    def open_case(self, person_id: int) -> KnownCase | None:
        return next((case for case in self._cases.get(person_id, ()) if case.is_open), None)

    def load(self, person_id: int | None) -> Person | None:
        """The record itself, read with the batch."""
        return None if person_id is None else self._persons[person_id]

    def has_children(self, person_id: int) -> bool:
        return person_id in self._parents

    def twin_of(self, intake: IntakeRow) -> KnownCase | None:
        """The latest case of a record of the same name and birth date, with another IIN or none."""
        same = {person.pk for person in self._same(intake)}
        for person in self._by_name.get(named(intake), ()):
            if person.pk not in same and (cases := self._cases.get(person.pk)):
                return next((case for case in cases if case.is_open), cases[0])
        return None

    def _same(self, intake: IntakeRow) -> list[_Known]:
        return self._by_iin.get(intake.iin, []) if intake.iin else []

    def _compatible(self, intake: IntakeRow) -> list[_Known]:
        """Records of the name and birth date that no pair of IINs tells apart."""
        return [p for p in self._by_name.get(named(intake), ()) if not (p.iin and intake.iin)]

    def _read_persons(self, intakes: Sequence[IntakeRow]) -> None:
        wanted = {named(intake) for intake in intakes}
        iins = {intake.iin for intake in intakes if intake.iin}
        for pk, iin, key, birth, kept in _persons_like(iins, wanted):
            known = _Known(_kept(kept) if kept else pk, iin)
            if iin in iins:
                self._by_iin.setdefault(iin, []).append(known)
            for name in _beginnings(key):
                if (name, birth) in wanted:
                    self._by_name.setdefault((name, birth), []).append(known)


def _persons_like(
    iins: Iterable[str], names: Iterable[tuple[str, date]]
) -> list[tuple[int, str, str, date, int | None]]:
    """Number, IIN, search key, birth date and `merged_into` of the persons with one of the IINs, or with one of the
    names and its birth date. Joined to the wanted pairs, so that each is a look into the index of birth dates."""
    fields = ("pk", "iin", "search_key", "birth_date", "merged_into_id")
    wanted = list(names)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM unnest(%s::date[], %s::text[]) AS w(birth, name)"
            " JOIN people_person p ON p.birth_date = w.birth AND starts_with(p.search_key, w.name)",
            [[birth for _, birth in wanted], [name for name, _ in wanted]],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Person.objects.filter(Q(iin__in=list(iins)) | Q(pk__in=ids)).order_by("pk").values_list(*fields))


def _beginnings(key: str) -> Iterable[str]:
    """The names that a search key begins with, a whole word each."""
    words = key.split(" ")
    return (" ".join(words[:count]) for count in range(2, len(words) + 1))


def _kept(person_id: int) -> int:
    """The record into which a merged one went, at the end of the chain."""
    while (kept := Person.objects.values_list("merged_into_id", flat=True).get(pk=person_id)) is not None:
        person_id = kept
    return person_id


def named(intake: IntakeRow) -> tuple[str, date]:
    """By what two rows or records without an IIN are compared."""
    return fold(f"{intake.surname} {intake.given_name}"), intake.birth_date


def probation_units() -> list[Agency]:
    """The units into which a register can be imported."""
    return list(Agency.objects.filter(kind=OWN_UNIT, is_active=True).select_related("region").order_by("pk"))


def unit_called(name: str) -> Agency | None:
    """The unit of that number or exact name in Russian or Kazakh; None where there is none, or more than one."""
    found = [u for u in probation_units() if name.strip() in (str(u.pk), u.name_ru, u.name_kk)]
    return found[0] if len(found) == 1 else None


def account_called(login: str) -> User | None:
    """The active account of a login."""
    return at_work().filter(username=login).select_related("agency").first()


def may_import(user: User, unit: Agency) -> bool:
    """A case manager of the unit, or its head."""
    return user.role in CASE_ROLES and user.agency_id == unit.pk


def officer_called(login: str, unit: Agency) -> User | None:
    """Who may lead cases of the unit, by login."""
    return officers_of(unit.pk).filter(username=login).first()
