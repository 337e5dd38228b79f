"""Erasing personal data: the dry run, the decision of a second person, and the execution in batches.

The worker works out and carries out; people ask, approve or refuse. A person is one transaction's smallest part: after
a crash the rest is still to do, and nobody is half erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Max

from oralu.apps.cases.evidence import files_give_up
from oralu.apps.cases.models import Case, CaseState, EvaluationRecord, Evidence
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.messages.models import Message
from oralu.apps.people.models import Child, Person
from oralu.apps.routing.erasure_columns import TAKEN
from oralu.apps.routing.frames import ADULT, local_day
from oralu.apps.routing.models import Erasure, ErasureItem, LegalHold
from oralu.retentionfiles import CLASSES, Retention, load_retention

BATCH = 200
"""Persons in one transaction."""


@dataclass(frozen=True, slots=True)
class Due:
    """A person whose data may go: which classes, of which cases, and the unit that led the last of them."""

    person_id: int
    unit_id: int
    cases: tuple[int, ...]
    classes: tuple[str, ...]


def due_on(*, on: date, retention: Retention, unit_id: int | None = None) -> Iterator[Due]:
    """Everybody whose terms have run out by a day: all cases closed, no case held, no other record merged into by name
    only. In the order of their ids; for a process of the system, which sees every row."""
    shortest = min(term.years for term in retention.terms.values())
    persons = Person.objects.filter(merged_into=None).exclude(erased__contains=list(CLASSES))
    persons = persons.exclude(pk__in=Case.objects.exclude(state=CaseState.CLOSED).values("person"))
    persons = persons.exclude(pk__in=LegalHold.objects.filter(lifted_at=None).values("case__person"))
    persons = persons.annotate(last=Max("cases__closed_on")).filter(last__isnull=False)
    persons = persons.filter(last__lte=_years_before(on, shortest))
    if unit_id is not None:
        persons = persons.filter(cases__unit_id=unit_id)
    for found in _chunks(persons.order_by("pk").values_list("pk", "last", "erased").iterator(chunk_size=2000)):
        cases: dict[int, list[tuple[date, int, int]]] = {}
        rows = Case.objects.filter(person__in=[pk for pk, _last, _gone in found]).order_by("closed_on", "pk")
        for person, closed_on, pk, unit in rows.values_list("person_id", "closed_on", "pk", "unit_id"):
            cases.setdefault(person, []).append((closed_on, pk, unit))
        for pk, last, gone in found:
            classes = tuple(name for name in retention.due(last, on) if name not in gone)
            unit = cases[pk][-1][2]
            if classes and unit_id in (None, unit):
                yield Due(pk, unit, tuple(case for _day, case, _unit in cases[pk]), classes)


def _years_before(on: date, years: int) -> date:
    """A day by which every case was closed whose term of years has ended."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return date(on.year - years, 3, 1)


Row = tuple[int, date, list[str]]


def _chunks(rows: Iterable[Row], size: int = 1000) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def erasures_turn(*, at: datetime) -> int:
    """Work out what was asked for, and carry out one batch of what was approved. Returns how much was done."""
    done = 0
    for key, state in list(
        Erasure.objects.filter(state__in=[Erasure.State.ASKED, Erasure.State.APPROVED])
        .order_by("pk")
        .values_list("pk", "state")[:10]
    ):
        done += _plan(key, at) if state == Erasure.State.ASKED else _carry_out(key, at)
    return done


@transaction.atomic
def _plan(key: int, at: datetime) -> int:
    """The dry run of one erasure: its persons and counts are written down, nothing else changes."""
    erasure = _locked(key, Erasure.State.ASKED)
    if erasure is None:
        return 0
    retention = load_retention()
    found = list(
        _of_one(erasure.case)
        if erasure.case is not None
        else due_on(on=erasure.on, retention=retention, unit_id=erasure.unit_id)
    )
    ErasureItem.objects.bulk_create(
        [
            ErasureItem(erasure=erasure, person_id=due.person_id, cases=list(due.cases), classes=list(due.classes))
            for due in found
        ],
        batch_size=2000,
    )
    erasure.counts = counted(found)
    erasure.state = Erasure.State.PROPOSED if found else Erasure.State.EMPTY
    erasure.planned_at, erasure.terms = at, retention.digest
    erasure.save(update_fields=["counts", "state", "planned_at", "terms"])
    return 1


def counted(found: Sequence[Due]) -> dict[str, int]:
    """Persons by class of data, and in all, with their cases."""
    classes = Counter(name for due in found for name in due.classes)
    return {"persons": len(found), "cases": sum(len(due.cases) for due in found)} | {
        name: classes[name] for name in CLASSES if classes[name]
    }


def _of_one(case: Case) -> list[Due]:
    """Everything of one person, whatever the terms say; nothing while a case is open or held."""
    cases = list(Case.objects.filter(person_id=case.person_id).order_by("closed_on", "pk"))
    if _barred([case.person_id]):
        return []
    gone = Person.objects.values_list("erased", flat=True).get(pk=case.person_id)
    classes = tuple(name for name in CLASSES if name not in gone)
    return [Due(case.person_id, case.unit_id, tuple(c.pk for c in cases), classes)] if classes else []


def _barred(persons: Iterable[int]) -> dict[int, str]:
    """Who may not be erased now, and why."""
    ids = list(persons)
    held = LegalHold.objects.filter(lifted_at=None, case__person__in=ids).values_list("case__person_id", flat=True)
    open_again = Case.objects.filter(person__in=ids).exclude(state=CaseState.CLOSED).values_list("person_id", flat=True)
    return dict.fromkeys(open_again, ErasureItem.Skipped.OPEN) | dict.fromkeys(held, ErasureItem.Skipped.HOLD)


@transaction.atomic
def _carry_out(key: int, at: datetime) -> int:
    """One batch of an approved erasure. When nothing is left the erasure is done and says what it took."""
    erasure = _locked(key, Erasure.State.APPROVED)
    if erasure is None:
        return 0
    items = list(erasure.items.filter(done_at=None).order_by("pk")[:BATCH])
    if not items:
        return _finish(erasure, at)
    persons = [item.person_id for item in items]
    list(Person.objects.select_for_update().filter(pk__in=persons).order_by("pk").values_list("pk"))
    list(Case.objects.select_for_update().filter(person__in=persons).order_by("pk").values_list("pk"))
    barred = _barred(persons)
    for item in items:
        item.done_at, item.skipped = at, barred.get(item.person_id, "")
        if not item.skipped:
            _erase(item, at)
    ErasureItem.objects.bulk_update(items, ["done_at", "skipped"])
    entries_record(
        records=[
            Record("person.erased", case, {"erasure": key, "person": item.person_id, "classes": item.classes})
            for item in items
            if not item.skipped
            for case in item.cases
        ],
        actor=None,
        at=at,
    )
    return len(items)


def _finish(erasure: Erasure, at: datetime) -> int:
    done = list(erasure.items.filter(skipped="").values_list("classes", flat=True))
    skipped = erasure.items.exclude(skipped="").count()
    classes = Counter(name for names in done for name in names)
    erasure.state, erasure.done_at = Erasure.State.DONE, at
    erasure.counts |= {"done": len(done), "skipped": skipped}
    erasure.save(update_fields=["state", "done_at", "counts"])
    entry_record(
        kind="erasure.done", actor=None, at=at, erasure=erasure.pk, unit=erasure.unit_id, persons=len(done),
        skipped=skipped, **classes,
    )  # fmt: skip
    return 1


def _locked(key: int, state: str) -> Erasure | None:
    held = Erasure.objects.select_for_update(skip_locked=True, of=("self",)).select_related("case")
    return held.filter(pk=key, state=state).first()


def _erase(item: ErasureItem, at: datetime) -> None:
    """Take the classes of one person, with the records that were merged into it."""
    persons = [item.person_id, *_merged_into(item.person_id)]
    cases = list(Case.objects.filter(person__in=persons).values_list("pk", flat=True))
    if "identity" in item.classes:
        _births_coarsen(persons, cases)
    if "evidence" in item.classes:
        files_give_up(list(Evidence.objects.filter(case__in=cases).exclude(file="").values_list("file", flat=True)))
    if "messages" in item.classes:
        Message.objects.filter(case__in=cases).delete()
    with connection.cursor() as cursor:
        for taken in (taken for name in item.classes for taken in TAKEN[name]):
            sets = ", ".join(f"{column} = {value}" for column, value in taken.columns.items())
            cursor.execute(f"update {taken.table} set {sets} where {taken.rows}", {"persons": persons, "cases": cases})
    for person in Person.objects.filter(pk__in=persons):
        person.erased = sorted({*person.erased, *item.classes})
        if "identity" in item.classes:
            person.erased_on = local_day(at)
        person.save(update_fields=["erased", "erased_on"])


def _merged_into(person_id: int) -> list[int]:
    """The records that became this one, at every distance."""
    found: list[int] = []
    level = [person_id]
    while level := list(Person.objects.filter(merged_into__in=level).values_list("pk", flat=True)):
        found += level
    return found


def _births_coarsen(persons: Sequence[int], cases: Sequence[int]) -> None:
    """Of a child's date of birth the year stays: on the first or the last day of it, whichever leaves the child minor
    or of age on every day on which a case was judged, so that each judgement can be repeated. If neither does, the
    month stays too."""
    days = [local_day(at) for at in EvaluationRecord.objects.filter(case__in=cases).values_list("at", flat=True)] + [
        day for day in Case.objects.filter(pk__in=cases).values_list("closed_on", flat=True) if day is not None
    ]
    for child in Child.objects.filter(person__in=persons, birth_date__isnull=False):
        born = child.birth_date
        coarse = (date(born.year, 1, 1), date(born.year, 12, 31), born.replace(day=1), born)
        child.birth_date = next(day for day in coarse if _minor_on(day, days) == _minor_on(born, days))
        child.save(update_fields=["birth_date"])


def _minor_on(born: date, days: Sequence[date]) -> list[bool]:
    grown = (born.year + ADULT, born.month, born.day)
    return [(day.year, day.month, day.day) < grown for day in days]
