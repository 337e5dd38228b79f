"""What an agency learns from a referral: what its service needs and nothing else.

The table is data, to be read by a lawyer: an agency of a kind that does not stand in it learns nothing of the person.
The ground of the register, the offence, supervision, other domains and other agencies stand in no row, so that nobody
can be shown them by mistake. Law 38-VI, art. 11 (confidentiality); the row of the career centre is the exchange on
released people of the sources (age, date of release, residence)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from oralu.apps.access import walls
from oralu.apps.cases.models import Case, Statement
from oralu.apps.journal.reading import seen
from oralu.apps.people.models import Child
from oralu.apps.referrals.models import Referral
from oralu.core import facts as ledger

ADULT = 18


class Attribute(models.TextChoices):
    """Something about a person, a case or its facts that a referral may carry. Those named as facts of the policy
    (`FACTS`) take their words from its edition."""

    NAME = "name", _("full name")
    BIRTH_DATE = "birth_date", _("date of birth")
    AGE = "age", _("age")
    SEX = "sex", _("sex")
    IIN = "iin", _("IIN")
    PHONE = "phone", _("phone")
    ADDRESS = "address", _("address")
    RESIDENCE = "residence", _("place of residence")
    RELEASED_ON = "released_on", _("date of release")
    LANGUAGES = "languages", _("languages")
    MINOR_CHILDREN = "minor_children", _("minor children")
    CHILDREN = "children", _("children")
    THREAT = "threat", _("threat to the person")
    HOUSING = "housing", _("housing")
    MEDICAL_NEED = "medical_need", _("need for medical help")
    PSYCHOLOGICAL_NEED = "psychological_need", _("need for psychological help")
    FAMILY_CONTACT = "family_contact", _("contact with the family")


A = Attribute
FACTS = frozenset({A.HOUSING, A.MEDICAL_NEED, A.PSYCHOLOGICAL_NEED, A.FAMILY_CONTACT})
"""Attributes that are facts of the policy under the same name."""
THREATS = ("violence_threat", "exploitation_risk")
"""The facts behind `THREAT`: a threat is one of them with the value `yes`."""

DISCLOSED: Mapping[str, tuple[Attribute, ...]] = {
    "career_centre": (A.AGE, A.RELEASED_ON, A.RESIDENCE),
    "one_stop_shop": (A.NAME, A.BIRTH_DATE, A.IIN, A.ADDRESS),
    "clinic": (A.NAME, A.BIRTH_DATE, A.IIN, A.PHONE, A.MEDICAL_NEED, A.PSYCHOLOGICAL_NEED),
    "psychologist": (A.NAME, A.BIRTH_DATE, A.IIN, A.PHONE, A.MEDICAL_NEED, A.PSYCHOLOGICAL_NEED),
    "crisis_centre": (A.NAME, A.AGE, A.SEX, A.PHONE, A.MINOR_CHILDREN, A.LANGUAGES, A.THREAT),
    "social_adaptation_centre": (A.NAME, A.AGE, A.SEX, A.PHONE, A.MINOR_CHILDREN, A.LANGUAGES, A.THREAT),
    "police": (A.NAME, A.BIRTH_DATE, A.PHONE, A.ADDRESS, A.THREAT),
    "guardianship": (A.NAME, A.CHILDREN, A.FAMILY_CONTACT),
    "local_executive_body": (A.NAME, A.BIRTH_DATE, A.IIN, A.PHONE, A.RESIDENCE, A.HOUSING, A.MINOR_CHILDREN),
}
"""By kind of agency: what it may know of the person. What is needed, by when and from whom stands on every referral."""

WITHHELD: Mapping[str, frozenset[Attribute]] = {
    "medical_help": frozenset({A.PSYCHOLOGICAL_NEED}),
    "psychological_help": frozenset({A.MEDICAL_NEED}),
    "social_assistance": frozenset({A.HOUSING}),
}
"""By service: what of the row above this service can do without."""


@dataclass(frozen=True, slots=True)
class KnownChild:
    """A child as the guardianship authority needs it. `lives_with` is a value of `Child.LivesWith`."""

    name: str
    birth_date: date | None
    lives_with: str


def attributes_for(kind: str, service: str) -> tuple[Attribute, ...]:
    """What an agency of a kind may know of the person for a service, in the order of the table."""
    withheld = WITHHELD.get(service, frozenset())
    return tuple(attribute for attribute in DISCLOSED.get(kind, ()) if attribute not in withheld)


def cases_attach(referrals: Sequence[Referral]) -> None:
    """Give the referrals of an agency their cases, with person, region, unit and officer: to compose from, within this
    request, what `DISCLOSED` names. The agency itself sees no row of a case."""
    ids = {referral.case_id for referral in referrals}
    if not ids:
        return
    with walls.holding(cases=ids):
        found = Case.objects.select_related("person", "region", "unit", "officer").in_bulk(ids)
    seen(ids)
    for referral in referrals:
        referral.case = found[referral.case_id]


def disclosed(referral: Referral, *, on: date) -> dict[Attribute, Any]:
    """What this referral tells its agency on a day. Composed from the table; what does not stand there is not even
    read. None is "not known"; facts are codes of the policy, `THREAT` is a truth value, `CHILDREN` are `KnownChild`s.

    `referral` comes with `need`, `agency`, `case__person` and `case__region` joined."""
    wanted = attributes_for(referral.agency.kind, referral.need.service)
    names = {str(attribute) for attribute in wanted if attribute in FACTS}
    with walls.holding(cases=[referral.case_id]):
        facts = facts_as_of(referral.case, names | (set(THREATS) if A.THREAT in wanted else set()), on)
        has_children = {A.CHILDREN, A.MINOR_CHILDREN} & set(wanted)
        children = list(Child.objects.filter(person_id=referral.case.person_id)) if has_children else []
    return {attribute: _value(attribute, referral.case, facts, children, on) for attribute in wanted}


def summary(referral: Referral, *, on: date) -> dict[Attribute, Any]:
    """The name or the age, whichever the agency may know: who a row of its inbox is about. Asks nothing more of the
    database, so that a list stays cheap."""
    wanted = attributes_for(referral.agency.kind, referral.need.service)
    return {a: _value(a, referral.case, {}, [], on) for a in (A.NAME, A.AGE) if a in wanted}


def facts_as_of(case: Case, names: set[str], on: date) -> dict[str, str]:
    """The values of the named facts of a case on a day, and of no other."""
    if not names:
        return {}
    rows = [
        ledger.Statement(
            id=s.pk,
            name=s.name,
            value=s.value,
            day=(s.effective_on - case.enrolled_on).days,
            recorded_at=s.recorded_at,
            evidence=False,
            until=(s.until - case.enrolled_on).days if s.until else None,
            retracts=s.retracts_id,
        )
        for s in Statement.objects.filter(case=case, name__in=names)
    ]
    return {name: state.value for name, state in ledger.as_of(rows, day=(on - case.enrolled_on).days).items()}


def _value(attribute: Attribute, case: Case, facts: Mapping[str, str], children: list[Child], on: date) -> Any:
    person = case.person
    if attribute in FACTS:
        return facts.get(attribute)
    match attribute:
        case A.NAME:
            return person.full_name
        case A.AGE:
            return person.age_on(on)
        case A.RESIDENCE:
            return ", ".join(part for part in (str(case.region), case.locality) if part)
        case A.RELEASED_ON:
            return case.released_on
        case A.MINOR_CHILDREN:
            return sum(1 for child in children if _is_minor(child, on))
        case A.CHILDREN:
            return [KnownChild(child.name, child.birth_date, child.lives_with) for child in children]
        case A.THREAT:
            answers = [facts.get(name) for name in THREATS]
            return True if "yes" in answers else None if None in answers else False
        case _:
            return getattr(person, attribute) or None


def _is_minor(child: Child, on: date) -> bool:
    born = child.birth_date
    return born is None or on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < ADULT
