"""An agency that has only a system: where that does not take a referral, the officer hands it over on paper."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.referring import referral_handed_over
from systems import System, system_of
from world import World, build

FACTS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    User.objects.update(language="en")
    return made


@pytest.fixture
def shop(world: World) -> System:
    """The one-stop shop answers by its system alone."""
    owner = User.objects.create_user(
        "owner", "long-password-of-a-test", role=Role.PROVIDER, agency=world.agencies["police"], full_name="Владелец"
    )
    made = system_of(world, world.agencies["one_stop_shop"], "provider", owner)
    User.objects.filter(pk=world.dana.pk).update(is_active=False)
    return made


@pytest.fixture
def aigul(world: World, client: Client) -> Client:
    client.force_login(world.aigul)
    return client


def referral_of(case: Case) -> Referral:
    return Referral.objects.select_related("agency", "need", "case").get(
        case=case, need__service="identity_document_application"
    )


def test_the_paper_stands_in_for_a_silent_system(world: World, shop: System, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    referral = referral_of(case)
    limit = referral.need.clock.limit_at
    assert (referral.state, referral.on_paper) == ("sent", False)
    page, hand_over = reverse("case", args=[case.pk]), reverse("referral-hand-over", args=[referral.pk])
    answer = reverse("referral-answer", args=[referral.pk])
    shown = aigul.get(page).content.decode()
    assert hand_over in shown
    assert reverse("referral-pdf", args=[referral.pk]) in shown
    assert answer not in shown
    assert aigul.get(answer).status_code == 404
    assert "only its system" in aigul.get(hand_over).content.decode()
    assert aigul.post(hand_over).status_code == 303
    after = referral_of(case)
    assert (after.state, after.on_paper, after.sent_at) == ("sent", True, referral.sent_at)
    assert after.paper_at is not None
    assert after.need.clock.limit_at == limit
    assert Entry.objects.get(kind="referral.paper_too", case=case).actor == world.aigul
    shown = aigul.get(page).content.decode()
    assert "handed over on paper" in shown
    assert answer in shown
    assert hand_over not in shown
    again = aigul.post(hand_over)
    assert again.status_code == 409
    assert world.aigul.full_name in again.content.decode()
    assert aigul.post(f"{answer}?answer=accepted").status_code == 303
    assert referral_of(case).state == "accepted"


def test_the_system_may_still_answer(world: World, shop: System, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    referral = referral_of(case)
    referral_handed_over(referral=referral, actor=world.aigul, at=timezone.now())
    assert shop.act(f"/referrals/{referral.pk}/acceptance").status_code == 200
    assert referral_of(case).state == "accepted"


def test_where_people_answer_there_is_no_paper(world: World, aigul: Client) -> None:
    case = world.enrol(facts=FACTS)
    referral = referral_of(case)
    hand_over = reverse("referral-hand-over", args=[referral.pk])
    assert hand_over not in aigul.get(reverse("case", args=[case.pk])).content.decode()
    assert [aigul.get(hand_over).status_code, aigul.post(hand_over).status_code] == [303, 409]
    assert "answers in Oralu itself" in aigul.post(hand_over).content.decode()
    with pytest.raises(ValidationError):
        referral_handed_over(referral=referral, actor=world.aigul, at=timezone.now())
    referral.refresh_from_db()
    assert not referral.on_paper


def test_without_a_consent_no_paper_is_offered(world: World, shop: System, aigul: Client) -> None:
    case = world.enrol(facts=FACTS, consent=False)
    shown = aigul.get(reverse("case", args=[case.pk])).content.decode()
    assert reverse("referral-pdf", args=[referral_of(case).pk]) not in shown
