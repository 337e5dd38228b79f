"""Enrolment: a person comes onto the register, the case is evaluated at once and its needs open. The click on a screen,
the import of a register and the demo cohort are this one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.people.models import Consent, Person
from oralu.apps.people.selectors import consented
from oralu.apps.people.services import PersonData, persons_record
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import FactData, facts_check, statements_write
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import Cause
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.rows import keys_reserve, rows_insert

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@dataclass(frozen=True, slots=True)
class EnrolmentData:
    """What is told at enrolment. `person`: a new person, or one already recorded. `unit`: the probation unit, which
    gives the region. `go_live_on`: set for an imported register; its needs start on that day and count as inherited."""

    person: PersonData | Person
    unit: Agency
    officer: User | None
    ground: str
    probation_kind: str
    enrolled_on: date
    released_on: date | None = None
    locality: str = ""
    facts: Sequence[FactData] = ()
    consent_given_on: date | None = None
    go_live_on: date | None = None
    import_key: str = ""


@transaction.atomic
def cases_enrol(*, enrolments: Sequence[EnrolmentData], actor: User | None, at: datetime) -> list[Case]:
    """Open a case for each, record what was told, evaluate. All or nothing.

    Raises ValidationError: an enrolment in the future, a person with an open case, facts that the policy does not know,
    no edition in force in the region."""
    today = local_day(at)
    editions = EditionsInForce(e.unit.region_id for e in enrolments)
    for item in enrolments:
        enrolment_check(item=item, editions=editions, today=today)
    persons = _persons(enrolments, actor, at)
    cases = [_case(item, person, at) for item, person in zip(enrolments, persons, strict=True)]
    walls.take(cases=keys_reserve(cases))
    rows_insert(cases)
    entries_record(
        records=[Record("case.enrolled", c.pk, {"unit": c.unit_id, "on": c.enrolled_on.isoformat()}) for c in cases],
        actor=actor,
        at=at,
    )
    _consents(enrolments, cases, actor, at)
    rows = [
        (case, [_dated(fact, item.enrolled_on) for fact in item.facts])
        for case, item in zip(cases, enrolments, strict=True)
    ]
    statements_write(rows=rows, actor=actor, at=at)
    cases_evaluate(case_ids=[c.pk for c in cases], actor=actor, at=at, cause=Cause("enrolled"))
    return cases


def _dated(fact: FactData, enrolled_on: date) -> FactData:
    """A fact told at enrolment without a date of its own holds from that day."""
    if fact.effective_on is not None:
        return fact
    return FactData(fact.name, fact.value, enrolled_on, fact.until, fact.evidence)


def enrolment_check(*, item: EnrolmentData, editions: EditionsInForce, today: date) -> None:
    """What has to hold of an enrolment by itself. Raises ValidationError."""
    if item.enrolled_on > today:
        raise ValidationError({"enrolled_on": _("The date of enrolment lies in the future.")})
    if item.released_on is not None and item.released_on < item.person.birth_date:
        raise ValidationError({"released_on": _("The date of release lies before the date of birth.")})
    if item.enrolled_on <= item.person.birth_date:
        raise ValidationError({"enrolled_on": _("The date of enrolment lies before the date of birth.")})
    facts_check(
        facts=[_dated(fact, item.enrolled_on) for fact in item.facts],
        edition=editions.on(item.unit.region_id, today),
        today=today,
        recorded={},
    )


def _persons(enrolments: Sequence[EnrolmentData], actor: User | None, at: datetime) -> list[Person]:
    known = [e.person for e in enrolments if isinstance(e.person, Person)]
    if Case.objects.filter(person__in=known).exclude(state=CaseState.CLOSED).exists():
        raise ValidationError(_("This person has an open case already."))
    fresh = iter(
        persons_record(people=[e.person for e in enrolments if isinstance(e.person, PersonData)], actor=actor, at=at)
    )
    return [e.person if isinstance(e.person, Person) else next(fresh) for e in enrolments]


def _consents(enrolments: Sequence[EnrolmentData], cases: Sequence[Case], actor: User | None, at: datetime) -> None:
    """The written consents that were told; one that stands already is kept, and is no new one for the journal."""
    standing = consented([case.person_id for case in cases])
    told = [
        (case, item.consent_given_on)
        for item, case in zip(enrolments, cases, strict=True)
        if item.consent_given_on is not None and case.person_id not in standing
    ]
    rows_insert([Consent(person_id=c.person_id, given_on=on, recorded_at=at, recorded_by=actor) for c, on in told])
    entries_record(
        records=[Record("consent.given", case.pk, {"person": case.person_id}) for case, _on in told],
        actor=actor,
        at=at,
    )


def _case(item: EnrolmentData, person: Person, at: datetime) -> Case:
    return Case(
        person=person,
        region_id=item.unit.region_id,
        locality=item.locality,
        unit=item.unit,
        cohort_unit=item.unit,
        officer=item.officer,
        ground=item.ground,
        probation_kind=item.probation_kind,
        enrolled_on=item.enrolled_on,
        released_on=item.released_on,
        enrolled_at=at,
        go_live_on=item.go_live_on,
        import_key=item.import_key,
    )
