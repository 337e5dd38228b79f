"""A need is met when it is recorded; an earlier time needs dated evidence and a second person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from oralu.apps.cases.services import EvidenceData, evidence_add
from oralu.apps.referrals.models import Need
from oralu.apps.referrals.services import earlier_meeting_ask, earlier_meeting_decide
from oralu.apps.routing.facts import FactData, facts_record
from world import World


@pytest.fixture
def met(world: World) -> Need:
    case = world.enrol(facts={"identity_document": "none"})
    facts = [FactData("identity_document", "held")]
    facts_record(case=case, facts=facts, actor=world.aigul, at=world.at + timedelta(days=2))
    return Need.objects.get(case=case, service="identity_document_application")


def ask(world: World, need: Need, hours: int):
    at = world.at + timedelta(days=2, hours=1)
    proof = evidence_add(case=need.case, data=EvidenceData("Талон", "17"), actor=world.aigul, at=at)
    return earlier_meeting_ask(
        need=need, met_at=world.at + timedelta(hours=hours), evidence=proof, actor=world.aigul, at=at
    )


def test_a_second_person_approves_the_earlier_time(world: World, met: Need) -> None:
    claim = ask(world, met, 20)
    met.refresh_from_db()
    assert met.met_at == world.at + timedelta(days=2)
    earlier_meeting_decide(claim=claim, is_approved=True, actor=world.bolat, at=world.at + timedelta(days=3))
    met.refresh_from_db()
    assert met.met_at == world.at + timedelta(hours=20)
    assert met.closed_at == world.at + timedelta(days=2)


def test_nobody_approves_their_own_claim(world: World, met: Need) -> None:
    claim = ask(world, met, 20)
    with pytest.raises(ValidationError, match="second person"):
        earlier_meeting_decide(claim=claim, is_approved=True, actor=world.aigul, at=world.at + timedelta(days=3))


@pytest.mark.parametrize("hours", [-1, 48])
def test_the_time_lies_between_opening_and_recording(world: World, met: Need, hours: int) -> None:
    with pytest.raises(ValidationError):
        ask(world, met, hours)
