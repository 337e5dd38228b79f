"""What the demo remembers of each case between two acts: how things stand in truth, who works on it, what is left
alone on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.referrals.models import Need, Referral
from oralu.core.lifecycle import GOING
from oralu.demo.clockwork import Clockwork, TooLateError
from oralu.demo.people import People, Someone
from oralu.demo.places import Desk, Office, World


@dataclass
class Story:
    """`quiet`: cases in which nobody answers by themselves, so that they stay as they were put. `taken`: referrals that
    an agency has begun to deal with."""

    clock: Clockwork
    world: World
    people: People
    rng: Random
    someone: dict[int, Someone] = field(default_factory=dict)
    quiet: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def office(self, case: Case) -> Office:
        return self.world.office_of(case.unit_id)

    def officer(self, case: Case) -> User:
        """Who acts for the unit of a case: the officer, or the head while there is none."""
        return case.officer or self.office(case).head

    def desk(self, referral: Referral) -> Desk:
        return self.world.desks[referral.agency_id]


def case_now(pk: int) -> Case:
    """An open case. Raises TooLateError."""
    case = Case.objects.select_related("person", "officer", "unit").get(pk=pk)
    if case.state != CaseState.OPEN:
        raise TooLateError
    return case


def referral_now(pk: int, *states: str) -> Referral:
    """A referral in one of the states, of an open case. Raises TooLateError."""
    referral = Referral.objects.select_related("need", "agency", "case__person", "case__officer", "case__unit").get(
        pk=pk
    )
    if referral.state not in states or referral.case.state != CaseState.OPEN:
        raise TooLateError
    return referral


def need_now(pk: int) -> Need:
    """An open need of an open case. Raises TooLateError."""
    need = Need.objects.select_related("case__officer", "case__unit", "case__person").get(pk=pk)
    if need.state != Need.State.OPEN or need.case.state != CaseState.OPEN:
        raise TooLateError
    return need


def going_of(need: Need) -> Referral | None:
    """The attempt that is under way."""
    return Referral.objects.filter(need=need, state__in=GOING).first()
