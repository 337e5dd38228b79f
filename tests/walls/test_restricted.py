"""Restricted cases: whoever is shut out, or not listed, meets nothing of a case, at any door."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case, Exclusion
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.cases.restriction_services import case_restrict, case_shut, case_unshut
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.selectors import unread
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.referrals.inbox_selectors import inbox
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.lifecycle import case_assign, case_transfer
from walls.scene import FACTS
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    world = build()
    world.saule = User.objects.create_user(
        "saule", "long-password-of-a-test", role=Role.CASE_MANAGER, agency=world.unit, full_name="Сауле Иманова"
    )
    return world


@pytest.fixture
def case(world: World) -> Case:
    person = world.person(surname="Запертая", given_name="Дверь")
    return world.enrol(facts=FACTS, person=person)


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shut(world: World, case: Case, user: User) -> Exclusion:
    return case_shut(case=case, user=user, reason="relative", note="брат", actor=world.bolat, at=world.at)


def test_whoever_is_shut_out_meets_nothing(world: World, case: Case) -> None:
    saule = world.saule
    client = entered(saule)
    pages = [reverse("caseload"), reverse("search") + "?q=Запертая", reverse("caseload-csv"), reverse("today")]
    assert "Дверь" in client.get(pages[0]).content.decode()
    messages_write(outgoing=[Outgoing("k", saule.pk, "breached", case.pk, {"case": case.pk})], at=world.at)
    shut(world, case, saule)
    for page in pages:
        response = client.get(page)
        text = b"".join(response.streaming_content) if response.streaming else response.content
        assert "Дверь" not in text.decode(), page
    for name in ("case", "plan", "case-close", "fact-record"):
        args = [case.pk, "housing"] if name == "fact-record" else [case.pk]
        assert client.get(reverse(name, args=args)).status_code == 404, name
    assert list(unread(saule.pk)) == []
    assert Message.objects.filter(user=saule).exists(), "kept, and shown again when the reason has ceased"


def test_an_agency_loses_the_referral(world: World, case: Case) -> None:
    referral = Referral.objects.filter(case=case, agency=world.dana.agency).first()
    assert referral is not None
    assert referral in inbox(world.dana)
    exclusion = shut(world, case, world.dana)
    assert referral not in inbox(world.dana)
    assert entered(world.dana).get(reverse("inbox-referral", args=[referral.pk])).status_code == 404
    case_unshut(exclusion=exclusion, note="ошибка", actor=world.bolat, at=world.at)
    assert referral in inbox(world.dana)


def test_the_database_says_the_same(world: World, case: Case) -> None:
    """The second wall alone: queries that filter nothing."""
    saule = world.saule
    with transaction.atomic(), walls.inside(saule):
        assert Case.objects.filter(pk=case.pk).exists()
    shut(world, case, saule)
    shut(world, case, world.dana)
    with transaction.atomic(), walls.inside(saule):
        assert not Case.objects.filter(pk=case.pk).exists()
    with transaction.atomic(), walls.inside(world.dana):
        assert not Referral.objects.filter(case_id=case.pk).exists()
    case_restrict(case=case, is_restricted=True, listed=[], note="дело", actor=world.bolat, at=world.at)
    for user, sees in ((world.aigul, True), (world.bolat, True), (world.kairat, False)):
        with transaction.atomic(), walls.inside(user):
            assert Case.objects.filter(pk=case.pk).exists() is sees, user


def test_a_restricted_case_is_for_those_listed(world: World, case: Case) -> None:
    saule = world.saule
    case_restrict(case=case, is_restricted=True, listed=[], note="дело", actor=world.bolat, at=world.at)
    assert not cases_visible_to(saule).filter(pk=case.pk).exists()
    assert cases_visible_to(world.aigul).filter(pk=case.pk).exists(), "the officer is always listed"
    assert not Case.objects.filter(cases_reached(world.kairat, Permission.BOARD_READ, ""), pk=case.pk).exists()
    case_assign(case=case, officer=saule, reason="болезнь", actor=world.bolat, at=world.at)
    assert cases_visible_to(saule).filter(pk=case.pk).exists()


def test_somebody_always_answers_for_the_case(world: World, case: Case) -> None:
    with pytest.raises(ValidationError):
        shut(world, case, world.aigul)
    with pytest.raises(ValidationError):
        shut(world, case, world.bolat)
    saule = world.saule
    shut(world, case, saule)
    with pytest.raises(ValidationError):
        case_assign(case=case, officer=saule, reason="болезнь", actor=world.bolat, at=world.at)
    case.refresh_from_db()
    assert (case.officer, case.excluded) == (world.aigul, [saule.pk])


def test_a_transfer_keeps_who_is_shut_out_and_lists_the_heads(world: World, case: Case) -> None:
    head = User.objects.create_user(
        "head2", "long-password-of-a-test", role=Role.UNIT_HEAD, agency=world.erlan.agency, full_name="Глава"
    )
    shut(world, case, world.erlan)
    case_restrict(case=case, is_restricted=True, listed=[], note="дело", actor=world.bolat, at=world.at)
    moved = case_transfer(
        case=case, unit=world.erlan.agency, officer=None, locality="", reason="переезд", actor=world.bolat, at=world.at
    )
    assert moved.listed == [head.pk]
    assert not cases_visible_to(world.erlan).filter(pk=case.pk).exists()
    assert not cases_visible_to(world.bolat).filter(pk=case.pk).exists()


def test_the_head_decides_on_the_page(world: World, case: Case) -> None:
    saule, bolat = world.saule, entered(world.bolat)
    page = reverse("case-reach", args=[case.pk])
    assert "Who may know" in bolat.get(page).content.decode() or bolat.get(page).status_code == 200
    assert entered(world.aigul).get(page).status_code == 404
    wrong = bolat.post(reverse("case-shut", args=[case.pk]), {"user": saule.pk, "reason": "relative", "note": ""})
    assert wrong.status_code == 422
    sent = {"user": saule.pk, "reason": "relative", "note": "сестра подучётной"}
    assert bolat.post(reverse("case-shut", args=[case.pk]), sent).status_code == 303
    exclusion = Exclusion.objects.get()
    assert (exclusion.user, exclusion.by) == (saule, world.bolat)
    assert saule.full_name in bolat.get(page).content.decode()
    entry = Entry.objects.get(kind="case.shut")
    assert entry.data["officer"] == saule.pk
    assert "сестра" not in str(entry.data)
    listing = {"is_restricted": "on", "listed": [], "note": "дело"}
    assert bolat.post(reverse("case-restrict", args=[case.pk]), listing).status_code == 303
    case.refresh_from_db()
    assert case.is_restricted
    assert set(case.listed) == {world.aigul.pk, world.bolat.pk}
    assert bolat.post(reverse("case-unshut", args=[exclusion.pk]), {"note": "ошибка"}).status_code == 303
    assert not Exclusion.objects.exists()
    case.refresh_from_db()
    assert case.excluded == []
