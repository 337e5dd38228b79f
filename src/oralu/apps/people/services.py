"""Writing persons: recording, correcting, consent, merging two records of one person and undoing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.people.models import Child, Consent, Merge, Person
from oralu.apps.people.naming import search_key
from oralu.apps.rows import keys_reserve, row_new, rows_insert
from oralu.calendarfiles import load_calendar

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@dataclass(frozen=True, slots=True)
class ChildData:
    """A child as told at enrolment; without a birth date it says only that there is a minor child."""

    name: str = ""
    birth_date: date | None = None
    lives_with: str = Child.LivesWith.UNKNOWN


@dataclass(frozen=True, slots=True)
class PersonData:
    """A person as written in the papers. `iin` is empty while the person has none."""

    surname: str
    given_name: str
    birth_date: date
    sex: str
    patronymic: str = ""
    iin: str = ""
    languages: Sequence[str] = ()
    phone: str = ""
    address: str = ""
    is_generated: bool = False
    children: Sequence[ChildData] = field(default=())


def persons_record(*, people: Iterable[PersonData], actor: User | None, at: datetime) -> list[Person]:
    """Write new persons with their children, in the caller's transaction. The input is already validated (identifiers
    against birth date and sex: `oralu.core.identifiers`)."""
    data = list(people)
    persons = [_person(item) for item in data]
    walls.take(persons=keys_reserve(persons))
    rows_insert(persons)
    rows_insert(
        [
            row_new(Child, {"person": person}, **asdict(child))
            for person, item in zip(persons, data, strict=True)
            for child in item.children
        ]
    )
    entries_record(records=[Record("person.recorded", None, {"person": p.pk}) for p in persons], actor=actor, at=at)
    return persons


def _person(item: PersonData) -> Person:
    fields: dict[str, Any] = {name: getattr(item, name) for name in PersonData.__slots__ if name != "children"}
    fields["languages"] = list(item.languages)
    return row_new(Person, search_key=search_key(item.surname, item.given_name, item.patronymic), **fields)


@transaction.atomic
def person_correct(*, person: Person, data: PersonData, actor: User, at: datetime) -> Person:
    """Correct the papers' data of a person; the journal names the fields that changed, not their values."""
    walls.take(persons=[person.pk])
    person = Person.objects.select_for_update().get(pk=person.pk)
    fresh = _person(data)
    changed = [
        name
        for name in (*PersonData.__slots__, "search_key")
        if name not in ("children", "is_generated") and getattr(person, name) != getattr(fresh, name)
    ]
    for name in changed:
        setattr(person, name, getattr(fresh, name))
    if changed:
        person.save(update_fields=changed)
        entry_record(kind="person.corrected", actor=actor, at=at, person=person.pk, fields=changed)
    return person


@transaction.atomic
def consent_record(
    *, person: Person, given_on: date, actor: User | None, at: datetime, case_id: int | None = None
) -> Consent:
    """Record the written consent (law 38-VI, art. 11). A standing one is kept. `case_id`: the person's open case, in
    whose journal it stands then."""
    walls.take(persons=[person.pk])
    standing = Consent.objects.filter(person=person, withdrawn_at=None).first()
    if standing is not None:
        return standing
    if given_on > load_calendar().local_day(at):
        raise ValidationError({"given_on": _("The date of the consent cannot lie in the future.")})
    consent = Consent.objects.create(person=person, given_on=given_on, recorded_at=at, recorded_by=actor)
    entry_record(kind="consent.given", actor=actor, at=at, case_id=case_id, person=person.pk)
    return consent


@transaction.atomic
def consent_withdraw(
    *, person: Person, withdrawn_on: date, actor: User, at: datetime, case_id: int | None = None
) -> Consent:
    """Withdraw the standing consent. What was sent under it is the caller's matter.

    Raises ValidationError: none stands, or the day lies in the future or before the consent was given."""
    walls.take(persons=[person.pk])
    consent = Consent.objects.select_for_update().filter(person=person, withdrawn_at=None).first()
    if consent is None:
        raise ValidationError(_("No written consent stands: there is nothing to withdraw."))
    if not consent.given_on <= withdrawn_on <= load_calendar().local_day(at):
        raise ValidationError(
            {"withdrawn_on": _("The day of the withdrawal lies between the day of the consent and today.")}
        )
    consent.withdrawn_at, consent.withdrawn_on = at, withdrawn_on
    consent.save(update_fields=["withdrawn_at", "withdrawn_on"])
    entry_record(kind="consent.withdrawn", actor=actor, at=at, case_id=case_id, person=person.pk)
    return consent


@transaction.atomic
def persons_merge(*, kept: Person, absorbed: Person, actor: User, at: datetime) -> Merge:
    """Make two records one: the cases, children and consents of `absorbed` move to `kept`, which is what an un-merge
    moves back. Two open cases cannot become one person's: one of them has to be closed first."""
    walls.take(persons=[kept.pk, absorbed.pk])
    people = {p.pk: p for p in Person.objects.select_for_update().filter(pk__in=[kept.pk, absorbed.pk]).order_by("pk")}
    kept, absorbed = people[kept.pk], people[absorbed.pk]
    if kept.pk == absorbed.pk or kept.merged_into_id or absorbed.merged_into_id:
        raise ValidationError(_("One of these records is merged already."))
    if all(p.cases.exclude(state="closed").exists() for p in (kept, absorbed)):
        raise ValidationError(_("Both records have an open case. Close one of them first, then merge."))
    moved = {
        "cases": list(absorbed.cases.values_list("pk", flat=True)),
        "children": list(absorbed.children.values_list("pk", flat=True)),
        "consents": list(absorbed.consents.values_list("pk", flat=True)),
    }
    if kept.consents.filter(withdrawn_at=None).exists():
        moved["consents"] = []
    _move(moved, kept)
    absorbed.merged_into = kept
    absorbed.save(update_fields=["merged_into"])
    merge = Merge.objects.create(kept=kept, absorbed=absorbed, moved=moved, at=at, by=actor)
    entry_record(kind="person.merged", actor=actor, at=at, person=kept.pk, absorbed=absorbed.pk)
    return merge


@transaction.atomic
def persons_unmerge(*, merge: Merge, actor: User, at: datetime) -> None:
    """Undo a merge: what was moved goes back."""
    walls.take(persons=[merge.kept_id, merge.absorbed_id])
    merge = Merge.objects.select_for_update().select_related("absorbed").get(pk=merge.pk)
    if merge.undone_at is not None:
        raise ValidationError(_("This merge has been undone already."))
    _move(merge.moved, merge.absorbed)
    merge.absorbed.merged_into = None
    merge.absorbed.save(update_fields=["merged_into"])
    merge.undone_at = at
    merge.save(update_fields=["undone_at"])
    entry_record(kind="person.unmerged", actor=actor, at=at, person=merge.kept_id, absorbed=merge.absorbed_id)


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child as it shall stand. `pk` None: a child not recorded so far."""

    data: ChildData
    pk: int | None = None


@transaction.atomic
def children_replace(*, person: Person, rows: Sequence[ChildRow], actor: User, at: datetime) -> bool:
    """Make the children of a person those of `rows`; a recorded child that is not among them is removed. Says whether
    anything changed, since the policy reads whether there are minor children: the caller evaluates the open case.

    Raises ValidationError: a date of birth in the future, or a child recorded for another person."""
    today = load_calendar().local_day(at)
    walls.take(persons=[person.pk])
    standing = {child.pk: child for child in Child.objects.select_for_update().filter(person=person)}
    for row in rows:
        if row.data.birth_date is not None and row.data.birth_date > today:
            raise ValidationError({"birth_date": _("The date of birth of a child lies in the future.")})
        if row.pk is not None and row.pk not in standing:
            raise ValidationError(_("This child was changed or removed meanwhile. Open the page anew."))
    gone = standing.keys() - {row.pk for row in rows}
    changed = [row.pk for row in rows if row.pk is not None and row.data != ChildData(*_child_values(standing[row.pk]))]
    added = [row for row in rows if row.pk is None]
    Child.objects.filter(pk__in=gone).delete()
    for row in rows:
        if row.pk in changed:
            Child.objects.filter(pk=row.pk).update(**asdict(row.data))
    Child.objects.bulk_create(Child(person=person, **asdict(row.data)) for row in added)
    if gone or changed or added:
        counts = {"added": len(added), "changed": len(changed), "removed": len(gone)}
        entry_record(kind="children.changed", actor=actor, at=at, person=person.pk, **counts)
    return bool(gone or changed or added)


def _child_values(child: Child) -> tuple[str, date | None, str]:
    return child.name, child.birth_date, child.lives_with


def _move(moved: dict[str, list[int]], to: Person) -> None:
    for relation in ("cases", "children", "consents"):
        Person._meta.get_field(relation).related_model.objects.filter(pk__in=moved[relation]).update(person=to)
