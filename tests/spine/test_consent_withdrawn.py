"""The person takes the written consent back: nothing more goes out, and what has gone stays where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Consent
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.case_selectors import handed_over
from oralu.apps.routing.consenting import consent_recorded, consent_withdrawn
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.referring import referral_handed_over
from world import World

FACTS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


def states(case: object) -> dict[str, str]:
    return dict(Referral.objects.filter(case=case).values_list("need__service", "state"))


def test_what_is_still_on_paper_waits_again_and_what_was_sent_stays(world: World) -> None:
    case, today = world.enrol(facts=FACTS), world.at.date()
    before = states(case)
    assert before["identity_document_application"] == "sent"
    assert before["employment_track"] == "draft"
    waiting = consent_withdrawn(person=case.person, withdrawn_on=today, actor=world.aigul, at=world.at)
    after = states(case)
    assert waiting == sum(state == "draft" for state in before.values()) > 0
    assert {s for service, s in after.items() if before[service] == "draft"} == {"waiting_consent"}
    assert after["identity_document_application"] == "sent"
    assert [r.need.service for r in handed_over(case=case)] == ["identity_document_application"]
    consent = Consent.objects.get(person=case.person)
    assert (consent.withdrawn_on, consent.withdrawn_at) == (today, world.at)
    assert Entry.objects.get(case=case, kind="consent.withdrawn").actor == world.aigul
    assert Entry.objects.filter(case=case, kind="referral.ask_consent").count() == waiting


def test_new_needs_wait_and_paper_cannot_be_handed_over(world: World) -> None:
    case = world.enrol(facts=FACTS)
    draft = Referral.objects.filter(case=case, state="draft").first()
    assert draft
    consent_withdrawn(person=case.person, withdrawn_on=world.at.date(), actor=world.aigul, at=world.at)
    with pytest.raises(ValidationError):
        referral_handed_over(referral=draft, actor=world.aigul, at=world.at)
    later = world.at + timedelta(hours=1)
    facts_record(case=case, facts=[FactData("housing", "homeless")], actor=world.aigul, at=later)
    assert states(case)["safe_place"] == "waiting_consent"
    consent_recorded(person=case.person, given_on=world.at.date(), actor=world.aigul, at=later)
    assert states(case)["safe_place"] == "sent"
    assert states(case)["employment_track"] == "draft"


def test_the_day_of_the_withdrawal_is_checked_and_none_to_withdraw_is_said(world: World) -> None:
    case, today = world.enrol(facts=FACTS), world.at.date()
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(ValidationError) as refused:
            consent_withdrawn(person=case.person, withdrawn_on=day, actor=world.aigul, at=world.at)
        assert "withdrawn_on" in refused.value.message_dict
    assert "draft" in states(case).values()
    silent = world.enrol(facts=FACTS, consent=False)
    with pytest.raises(ValidationError):
        consent_withdrawn(person=silent.person, withdrawn_on=today, actor=world.aigul, at=world.at)
