"""The written consent on screen: given, taken back, and what has been handed over by then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.cases.models import Note
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Consent
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.lifecycle import case_assign
from world import World, build

FACTS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    User.objects.update(language="en")
    for user in (made.aigul, made.bolat, made.erlan, made.dana):
        user.refresh_from_db()
    return made


@pytest.fixture
def aigul(world: World, client: Client) -> Client:
    client.force_login(world.aigul)
    return client


def test_a_withdrawal_lists_what_has_gone_and_stops_the_rest(world: World, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    address = f"/cases/{case.pk}/consent/withdraw"
    assert aigul.get(f"/cases/{case.pk}/consent")["Location"] == address
    shown = aigul.get(address).content.decode()
    assert "Already handed over" in shown
    assert str(world.agencies["one_stop_shop"]) in shown
    assert str(world.agencies["career_centre"]) not in shown
    today = timezone.localdate().isoformat()
    response = aigul.post(address, {"withdrawn_on": today})
    assert (response.status_code, response["Location"]) == (303, f"/cases/{case.pk}#people")
    assert not Referral.objects.filter(case=case, state="draft").exists()
    page = aigul.get(f"/cases/{case.pk}").content.decode()
    assert "withdrawn on" in page
    assert "Record the consent" in page
    assert "the withdrawal of the consent was recorded" in page.lower()
    assert Entry.objects.get(case=case, kind="consent.withdrawn").actor == world.aigul
    assert aigul.get(address)["Location"] == f"/cases/{case.pk}/consent"
    assert aigul.post(f"/cases/{case.pk}/consent", {"day": today}).status_code == 303
    assert Consent.objects.filter(person=case.person).count() == 2


def test_a_day_that_cannot_be_is_refused_and_stays_typed(world: World, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    response = aigul.post(f"/cases/{case.pk}/consent/withdraw", {"withdrawn_on": tomorrow})
    assert response.status_code == 422
    assert tomorrow in response.content.decode()
    assert Consent.objects.get(person=case.person).withdrawn_at is None
    assert Referral.objects.filter(case=case, state="draft").exists()


def test_a_consent_recorded_twice_is_not_taken_back_by_it(world: World, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    aigul.post(f"/cases/{case.pk}/consent", {"day": timezone.localdate().isoformat()})
    assert Consent.objects.get(person=case.person).withdrawn_at is None


def test_others_have_no_such_page(world: World, client: Client) -> None:
    case = world.enrol(facts=FACTS)
    for user in (world.erlan, world.dana):
        client.force_login(user)
        assert client.get(f"/cases/{case.pk}/consent/withdraw").status_code == 404


def test_the_reason_of_an_act_stands_among_the_notes_and_the_journal_leads_to_it(world: World, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    case_assign(case=case, officer=world.bolat, reason="Leave until May", actor=world.bolat, at=timezone.now())
    page = aigul.get(f"/cases/{case.pk}").content.decode()
    note = Note.objects.get(case=case)
    assert "Leave until May" in page
    assert "reason: the case was given to an officer" in page
    assert f'href="/cases/{case.pk}#note-{note.pk}"' in page
    assert f'id="note-{note.pk}"' in page
