"""Reading for enrolment: who may be the same person, whether a draft was enrolled already, what a case has opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Prefetch, prefetch_related_objects

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.reaching import is_open_to
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.reading import seen
from oralu.apps.people.models import Person
from oralu.apps.people.selectors import likely_duplicates
from oralu.apps.referrals.models import Clock, ClockInterval, Need, Referral
from oralu.apps.routing.frames import Frame, frames_load, local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.apps.routing.policies import EditionsInForce
from oralu.core.edition import Edition, Fact, Rule
from oralu.core.lifecycle import GOING

DRAFT_KEY = "enrol:"


class Standing(StrEnum):
    """How a record that may be the same person stands to the unit of the reader."""

    CLOSED_HERE = "closed_here"
    OPEN_HERE = "open_here"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that may be the same person. Of a record on another unit's register, and of one that is closed to the
    actor, `person` and `case` are never to be
    shown: a page says only that there is one (`person_id` is for the journal)."""

    standing: Standing
    person_id: int
    person: Person | None = None
    case: Case | None = None


def duplicates_for(
    *, actor: User, surname: str, given_name: str, birth_date: date, iin: str, exclude: int | None = None
) -> list[Duplicate]:
    """The records that may be the same person, as the actor may know of them: with data only where the own unit has
    led a case and no other unit leads one now."""
    with walls.holding(births=[birth_date], iins=[iin] if iin else []):
        alike = likely_duplicates(
            surname=surname, given_name=given_name, birth_date=birth_date, iin=iin, exclude=exclude
        )
        found = list(alike)
    with walls.holding(persons=[person.pk for person in found]):
        prefetch_related_objects(found, Prefetch("cases", Case.objects.order_by("-enrolled_on", "-pk")))
    return [_standing(person, actor) for person in found if person.cases.all()]


def _standing(person: Person, actor: User) -> Duplicate:
    cases = list(person.cases.all())
    open_case = next((c for c in cases if c.state != CaseState.CLOSED), None)
    own = next((c for c in cases if c.unit_id == actor.agency_id), None)
    is_shut = any(not is_open_to(actor, case) for case in cases if case.unit_id == actor.agency_id)
    if own is None or is_shut or (open_case is not None and open_case.unit_id != actor.agency_id):
        return Duplicate(Standing.ELSEWHERE, person.pk)
    seen((open_case or own).pk)
    if open_case is not None:
        return Duplicate(Standing.OPEN_HERE, person.pk, person, open_case)
    return Duplicate(Standing.CLOSED_HERE, person.pk, person, own)


def household_case(actor: User, case_id: int) -> Case | None:
    """The case if an actor may write about its person through it: one of the own unit, unless another unit now leads an
    open case of the same person. A record that was merged into another is no longer written to."""
    case = cases_visible_to(actor).filter(pk=case_id).first()
    if case is None:
        return None
    with walls.holding(persons=[case.person_id]):
        open_cases = Case.objects.filter(person_id=case.person_id).exclude(state=CaseState.CLOSED)
        return None if open_cases.exclude(unit_id=actor.agency_id).exists() else case


def mergeable_person(*, actor: User, case: Case, person_id: int) -> Duplicate | None:
    """The other record of a merge, if it is one that `duplicates_for` names to the actor with its data."""
    person = case.person
    for duplicate in duplicates_for(
        actor=actor,
        surname=person.surname,
        given_name=person.given_name,
        birth_date=person.birth_date,
        iin=person.iin,
        exclude=person.pk,
    ):
        if duplicate.person_id == person_id and duplicate.person is not None:
            return duplicate
    return None


def draft_lock(key: str) -> None:
    """Hold until the end of the transaction, so that two requests of one session do not overwrite each other's drafts
    and a double click enrols once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"enrol {key}"])


def case_of_draft(*, actor: User, draft: str) -> Case | None:
    """The case that a draft became, if it was enrolled already."""
    return cases_visible_to(actor).filter(import_key=DRAFT_KEY + draft).first()


def closed_case_person(*, actor: User, person_id: int) -> Person | None:
    """A recorded person whose only cases of now are closed ones, one of them of the own unit: may be enrolled anew."""
    with walls.holding(persons=[person_id]):
        person = Person.objects.filter(pk=person_id, merged_into=None, erased_on=None).prefetch_related("cases").first()
    found = _standing(person, actor) if person is not None and person.cases.all() else None
    return person if found is not None and found.standing == Standing.CLOSED_HERE else None


def localities_of(region_id: str) -> list[str]:
    """The places that agencies of a region name as served, to choose from when a place is typed."""
    named = Agency.objects.filter(region_id=region_id, is_active=True).values_list("localities", flat=True)
    return sorted({place for places in named for place in places})


def edition_for(*, region_id: str, at: datetime) -> Edition:
    """The edition in force in a region now. Raises NoEditionError."""
    return EditionsInForce([region_id]).on(region_id, local_day(at))


def intake_facts(edition: Edition) -> dict[str, tuple[Fact, ...]]:
    """The facts asked at enrolment, by domain. Those of the domain that judges the institutions are recorded by the
    work itself."""
    domains = [d for d in edition.domains if d != edition.judging_domain and edition.facts_of(d)]
    return {domain: edition.facts_of(domain) for domain in domains}


THREATS = (("violence_threat", "yes"), ("exploitation_risk", "yes"), ("housing", "with_aggressor"))
"""Facts under which a paper may be read by who threatens the person."""
PROTECTION = "police"
"""The kind of agency whose measures are not put on a paper that may be read at home."""


@dataclass(frozen=True, slots=True)
class OpenedNeed:
    """A need that is open, its clock with its log, and the attempt that goes or is prepared; None where nobody could be
    found or where the unit itself acts."""

    need: Need
    clock: Clock
    intervals: tuple[ClockInterval, ...]
    referral: Referral | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open for a case, in the order of deadlines (what waits comes last), and the facts not known.
    `is_threatened`: somebody at home may be the danger, so a paper taken home must not tell of protection."""

    edition: Edition
    needs: tuple[OpenedNeed, ...]
    unknown: tuple[Fact, ...]
    is_consented: bool
    is_threatened: bool


def opened_for(*, case: Case, at: datetime) -> Opened:
    """What is open for a case now, in a fixed number of queries. The caller has checked that the actor may see it."""
    edition = edition_for(region_id=case.region_id, at=at)
    frame = frames_load([case.pk], lock=False)[case.pk]
    needs = (
        Need.objects.filter(case=case, state=Need.State.OPEN)
        .select_related("clock")
        .prefetch_related(
            "clock__intervals",
            Prefetch(
                "referrals",
                Referral.objects.filter(state__in=GOING).select_related("agency__responsible", "agency__deputy"),
            ),
        )
    )
    rows = [_opened(need) for need in needs]
    rows.sort(key=lambda row: (row.clock.limit_at is None, row.clock.limit_at or at, row.need.pk))
    unknown = tuple(_unknown(frame, edition, local_day(at)))
    return Opened(edition, tuple(rows), unknown, frame.is_consented, _is_threatened(frame, edition, local_day(at)))


def is_threatened(*, case: Case, edition: Edition, at: datetime) -> bool:
    """Whether a paper that the person takes home may be read by who threatens the person. The caller has checked that
    the actor may see the case."""
    return _is_threatened(frames_load([case.pk], lock=False)[case.pk], edition, local_day(at))


def still_to_ask(frame: Frame, edition: Edition, today: date) -> tuple[Fact, ...]:
    """The facts of the first interview that are not known on a day."""
    return tuple(_unknown(frame, edition, today))


def threatened(frame: Frame, edition: Edition, today: date) -> bool:
    """`is_threatened` of a case that has been loaded."""
    return _is_threatened(frame, edition, today)


def tells_of_protection(edition: Edition, rule: Rule, agency: Agency | None) -> bool:
    """Whether a need, told at home, would tell that the person is being protected: by its domain, since a safe place
    stands there, by what its rule reads, or by who helps."""
    return (
        rule.domain in protected_domains(edition)
        or bool({name for name, value in THREATS if value == "yes"} & set(rule.facts))
        or rule.agency == PROTECTION
        or (agency is not None and agency.is_refuge)
    )


def protected_domains(edition: Edition) -> frozenset[str]:
    """The domains to which the facts of a threat belong."""
    return frozenset(edition.fact(name).domain for name, _value in THREATS if name in edition.fact_by_name)


def _is_threatened(frame: Frame, edition: Edition, today: date) -> bool:
    known = frame.facts(edition, today)
    return any(name in known and known[name].value == value for name, value in THREATS)


def _opened(need: Need) -> OpenedNeed:
    going: Iterable[Referral] = need.referrals.all()
    return OpenedNeed(
        need=need,
        clock=need.clock,
        intervals=tuple(need.clock.intervals.all()),
        referral=next(iter(going), None),
        is_own=need.addressee == OWN_UNIT,
    )


def _unknown(frame: Frame, edition: Edition, today: date) -> Iterable[Fact]:
    known = frame.facts(edition, today)
    for facts in intake_facts(edition).values():
        yield from (fact for fact in facts if fact.always_asked and fact.name not in known)
