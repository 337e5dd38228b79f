"""A row of a register as the data of an enrolment. Nothing is read or decided here: what is recorded already, and
whether the row may be taken, is the matter of `importing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from oralu.apps.agencies.models import Agency
from oralu.apps.cases.services import EvidenceData
from oralu.apps.people.models import Person
from oralu.apps.people.naming import fold
from oralu.apps.people.services import ChildData, PersonData
from oralu.apps.routing.enrolment import EnrolmentData
from oralu.apps.routing.facts import FactData
from oralu.register import IntakeRow, RowResult
from oralu.register.messages import phrase

if TYPE_CHECKING:
    from oralu.apps.access.models import User

REFERENCE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Into which unit, on whose account, from when. `officer` None: the head assigns the cases. `lang`: of the words
    that stand on the proofs."""

    unit: Agency
    officer: User | None
    actor: User
    go_live_on: date
    at: datetime
    lang: str


def enrolment_of(
    row: RowResult,
    intake: IntakeRow,
    *,
    person: Person | None,
    order: ImportOrder,
    key: str,
    file: str,
    localities: Mapping[str, str],
) -> EnrolmentData:
    """What is enrolled by a row. `person`: who is recorded already. `key`: by which the row is known when it is
    imported again. `localities`: the places that agencies of the region serve, by their folded names."""
    return EnrolmentData(
        person=person or _person(intake),
        unit=order.unit,
        officer=order.officer,
        ground=intake.ground,
        probation_kind=intake.probation_type,
        enrolled_on=intake.enrolled_on,
        released_on=intake.released_on,
        locality=_locality(intake.address, localities),
        facts=_facts(row, intake, file, order.lang),
        consent_given_on=intake.consent_given_on,
        go_live_on=order.go_live_on,
        import_key=key,
    )


def _facts(row: RowResult, intake: IntakeRow, file: str, lang: str) -> list[FactData]:
    """A fact that ended before enrolment and has no beginning is taken as of the day before its end, as the report
    takes it."""
    title = phrase("proof_title", lang)
    unnumbered = EvidenceData(title=title, reference=_reference(file, row, lang))
    facts = []
    for name, entry in intake.facts.items():
        since = entry.day or intake.enrolled_on
        if entry.until is not None and entry.until <= since:
            since = entry.until - timedelta(days=1)
        proof = None
        if entry.evidence:
            number = entry.number[:REFERENCE_LENGTH]
            proof = EvidenceData(title=title, reference=number) if number else unnumbered
        facts.append(FactData(name, entry.value, since, entry.until, proof))
    return facts


def _locality(address: str, localities: Mapping[str, str]) -> str:
    """The place served by some agency that the address names first."""
    words = f" {fold(address).replace(',', ' ').replace('.', ' ')} "
    found = [(words.find(f" {place} "), name) for place, name in localities.items()]
    return min(((at, name) for at, name in found if at >= 0), default=(0, ""))[1]


def _reference(file: str, result: RowResult, lang: str) -> str:
    """File and row, the row kept whole where the name is long."""
    row = phrase("proof_row" if result.sheet is None else "proof_sheet_row", lang, row=result.row, sheet=result.sheet)
    return f"{file[: REFERENCE_LENGTH - len(row)]}{row}"


def children_of(intake: IntakeRow) -> list[ChildData]:
    """As many children as the row counts, or one where it only says that there are some; of none anything is known."""
    return [ChildData()] * (intake.children or int(bool(intake.minor_children)))


def _person(intake: IntakeRow) -> PersonData:
    return PersonData(
        surname=intake.surname,
        given_name=intake.given_name,
        patronymic=intake.patronymic,
        birth_date=intake.birth_date,
        sex=intake.sex,
        iin=intake.iin or "",
        languages=intake.languages,
        phone=intake.phone,
        address=intake.address,
        children=children_of(intake),
    )
