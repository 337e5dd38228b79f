"""Who a person is and who lives with the person: the policy reads the sex, the age and the minor children, so a change
of any of them is written and the open case is evaluated in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.access import walls
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.people.models import Merge, Person
from oralu.apps.people.selectors import consent_standing
from oralu.apps.people.services import (
    ChildRow,
    PersonData,
    children_replace,
    person_correct,
    persons_merge,
    persons_unmerge,
)
from oralu.apps.routing.consenting import consent_recorded
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.passing import cases_catch_up
from oralu.apps.routing.planning import Cause

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def children_set(*, case: Case, children: Sequence[ChildRow], actor: User, at: datetime) -> bool:
    """Make the children of the person of a case those given, and evaluate the person's open case. Says whether anything
    changed. Raises ValidationError; then nothing is written."""
    open_ids = _open_cases_lock([case.person_id], at)
    changed = children_replace(person=case.person, rows=children, actor=actor, at=at)
    if changed:
        cases_evaluate(case_ids=open_ids, actor=actor, at=at, cause=Cause("human"))
    return changed


@transaction.atomic
def person_change(*, case: Case, data: PersonData, locality: str, actor: User, at: datetime) -> Person:
    """Correct a person's data and the place of the case, and evaluate the person's open case: needs and agencies depend
    on sex, age and place. The offence, facts and referrals stay as they are."""
    open_ids = _open_cases_lock([case.person_id], at)
    person = person_correct(person=case.person, data=data, actor=actor, at=at)
    if case.pk in open_ids and Case.objects.filter(pk=case.pk).exclude(locality=locality).update(locality=locality):
        entry_record(kind="case.locality_changed", actor=actor, at=at, case_id=case.pk)
    cases_evaluate(case_ids=open_ids, actor=actor, at=at, cause=Cause("human"))
    return person


@transaction.atomic
def persons_unite(*, kept: Person, absorbed: Person, actor: User, at: datetime) -> Merge:
    """Merge two records of one person (`persons_merge`). The children of both now count for the open case, and a
    written consent that either record carried lets its waiting referrals go out."""
    ids = [kept.pk, absorbed.pk]
    _open_cases_lock(ids, at)
    merge = persons_merge(kept=kept, absorbed=absorbed, actor=actor, at=at)
    _settle(ids, actor, at)
    return merge


@transaction.atomic
def persons_part(*, merge: Merge, actor: User, at: datetime) -> None:
    """Undo a merge (`persons_unmerge`) and evaluate the open cases of both. Raises ValidationError where both records
    would be left without their order: the merge was undone already."""
    ids = [merge.kept_id, merge.absorbed_id]
    _open_cases_lock(ids, at)
    persons_unmerge(merge=merge, actor=actor, at=at)
    _settle(ids, actor, at)


def _settle(person_ids: Sequence[int], actor: User, at: datetime) -> None:
    for person_id in person_ids:
        consent = consent_standing(person_id)
        if consent is not None:
            consent_recorded(person=consent.person, given_on=consent.given_on, actor=actor, at=at)
    cases_evaluate(case_ids=_open_ids(person_ids), actor=actor, at=at, cause=Cause("human"))


def _open_ids(person_ids: Iterable[int]) -> list[int]:
    cases = Case.objects.filter(person__in=list(person_ids)).exclude(state=CaseState.CLOSED)
    return list(cases.order_by("pk").values_list("pk", flat=True))


def _open_cases_lock(person_ids: Iterable[int], at: datetime) -> list[int]:
    """Whoever writes anything about a case holds its lock; the days that have come are looked at before the change."""
    ids = _open_ids(person_ids)
    walls.take(cases=ids)
    list(Case.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    cases_catch_up(case_ids=ids, at=at)
    return ids


def duplicates_hidden_record(*, person_ids: Iterable[int], actor: User, at: datetime) -> None:
    """A member of staff was told that a person stands on another unit's register, and nothing else of the record. The
    row stands in the journal of those cases, so that the unit that leads them can see who asked."""
    ids = list(person_ids)
    walls.take(persons=ids)
    cases = Case.objects.filter(person__in=ids).exclude(unit=actor.agency).order_by("pk")
    entries_record(
        records=[
            Record("duplicate.hidden", pk, {"unit": actor.agency_id}) for pk in cases.values_list("pk", flat=True)
        ],
        actor=actor,
        at=at,
    )
