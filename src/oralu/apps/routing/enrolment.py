"""Enrolment: a person comes onto the register, the case is evaluated at once and its needs open. The click on a screen,
the import of a register and the demo cohort are this one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory
from oralu.apps.cases.models import Case, CaseState, Statement
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.people.models import Child, Consent, Person
from oralu.apps.people.selectors import consented
from oralu.apps.people.services import PersonData, persons_record
from oralu.apps.routing.evaluating import cases_evaluate_first
from oralu.apps.routing.facts import FactData, facts_check, statements_write
from oralu.apps.routing.frames import TOLD, Frame, Told, local_day
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.rows import keys_reserve, row_new, rows_insert

if TYPE_CHECKING:
    from django.db.models import Model

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
    regions = {e.unit.region_id for e in enrolments}
    editions, directory = EditionsInForce(regions), Directory(regions)
    for item in enrolments:
        enrolment_check(item=item, editions=editions, today=today)
    directory.read_all()  # now: once rows are written behind, to read is to wait for them
    persons = _persons(enrolments, actor, at)
    cases = [_case(item, person, at) for item, person in zip(enrolments, persons, strict=True)]
    walls.take(cases=keys_reserve(cases))
    rows_insert(cases)
    known = _Known([e.person for e in enrolments if isinstance(e.person, Person)])
    entries_record(
        records=[Record("case.enrolled", c.pk, {"unit": c.unit_id, "on": c.enrolled_on.isoformat()}) for c in cases],
        actor=actor,
        at=at,
    )
    _consents(enrolments, cases, known, actor, at)
    rows = [
        (case, [_dated(fact, item.enrolled_on) for fact in item.facts])
        for case, item in zip(cases, enrolments, strict=True)
    ]
    told = statements_write(rows=rows, actor=actor, at=at)
    frames = _frames(enrolments, cases, known, told)
    cases_evaluate_first(frames=frames, editions=editions, directory=directory, actor=actor, at=at)
    return cases


class _Known:
    """What is recorded already of those who are."""

    def __init__(self, persons: Sequence[Person]) -> None:
        ids = [person.pk for person in persons]
        self.consented = consented(ids)
        self.children: dict[int, list[Child]] = {}
        for child in Child.objects.filter(person_id__in=ids):
            self.children.setdefault(child.person_id, []).append(child)


def _frames(
    enrolments: Sequence[EnrolmentData], cases: Sequence[Case], known: _Known, told: Sequence[Statement]
) -> list[Frame]:
    """The frames of cases just opened, as they would be loaded."""
    statements: dict[int, list[Told]] = {}
    columns = attrgetter(*TOLD)
    for statement in told:
        statements.setdefault(statement.case_id, []).append(columns(statement))
    return [
        Frame(
            case,
            known.children.get(case.person_id, ())
            if isinstance(item.person, Person)
            else [row_new(Child, person_id=case.person_id, **asdict(child)) for child in item.person.children],
            statements.get(case.pk, ()),
            item.consent_given_on is not None or case.person_id in known.consented,
        )
        for item, case in zip(enrolments, cases, strict=True)
    ]


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


def _consents(
    enrolments: Sequence[EnrolmentData], cases: Sequence[Case], known: _Known, actor: User | None, at: datetime
) -> None:
    """The written consents that were told; one that stands already is kept, and is no new one for the journal."""
    told = [
        (case, item.consent_given_on)
        for item, case in zip(enrolments, cases, strict=True)
        if item.consent_given_on is not None and case.person_id not in known.consented
    ]
    rows_insert([Consent(person_id=c.person_id, given_on=on, recorded_at=at, recorded_by=actor) for c, on in told])
    entries_record(
        records=[Record("consent.given", case.pk, {"person": case.person_id}) for case, _on in told],
        actor=actor,
        at=at,
    )


def _case(item: EnrolmentData, person: Person, at: datetime) -> Case:
    related: dict[str, Model] = {"person": person, "unit": item.unit, "cohort_unit": item.unit}
    return row_new(
        Case,
        related | ({"officer": item.officer} if item.officer else {}),
        region_id=item.unit.region_id,
        locality=item.locality,
        ground=item.ground,
        probation_kind=item.probation_kind,
        enrolled_on=item.enrolled_on,
        released_on=item.released_on,
        enrolled_at=at,
        go_live_on=item.go_live_on,
        import_key=item.import_key,
    )
