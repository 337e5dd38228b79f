"""An act sent once more after it was done: who may see it is told what was done, by whom and when, with the way back;
to everybody else it does not exist, and nothing is recorded twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Occupancy
from oralu.apps.agencies.services import place_release
from oralu.apps.cases.models import Case, Emergency, Plan
from oralu.apps.cases.restriction_services import case_shut
from oralu.apps.cases.services import EvidenceData, StepData
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Need, Referral
from oralu.apps.routing.erasure_services import hold_lift, hold_place
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.planwork import plan_agree, plan_draft
from oralu.apps.routing.referring import (
    referral_accept,
    referral_acknowledge,
    referral_decline,
    referral_handed_over,
    referral_serve,
)
from oralu.apps.routing.refusing import need_refused
from oralu.apps.routing.transfers import transfers_request
from oralu.apps.routing.worker import turn
from world import World, build

FACTS = {"identity_document": "none", "housing": "homeless", "violence_threat": "no", "exploitation_risk": "no"}
SAID = "This has been done already."
Enter = Callable[[User], Client]


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.now())
    User.objects.update(language="en")
    return made


@pytest.fixture
def case(world: World) -> Case:
    return world.enrol(facts=FACTS)


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def colleague(of: User) -> User:
    return User.objects.create_user(
        "colleague", "long-password-of-a-test", role=of.role, agency=of.agency, full_name="Коллега", language="en"
    )


def referral_of(case: Case, service: str) -> Referral:
    return Referral.objects.select_related("need", "agency", "case").get(case=case, need__service=service)


def assert_told(user: User, address: str, who: str, data: dict[str, Any] | None = None, *, hidden: str = "") -> None:
    """Tried again: 409; only asked for: 200. Both say who and when, neither records anything."""
    client, before = enter(user), Entry.objects.count()
    tried, asked = client.post(address, data or {}), client.get(address)
    assert (tried.status_code, asked.status_code) == (409, 200), address
    for answer in (tried, asked):
        words = answer.content.decode()
        assert SAID in words
        assert who in words
        assert any(f"{timezone.localtime(at):%H:%M}" in words for at in Entry.objects.values_list("at", flat=True))
        assert not hidden or hidden not in words
    assert "Nothing was recorded a second time." in tried.content.decode()
    assert "a second time" not in asked.content.decode()
    assert Entry.objects.count() == before
    panel = client.post(address, data or {}, headers={"HX-Request": "true", "HX-Target": "panel-x"}).content.decode()
    assert panel.strip().startswith('<div class="row-panel" id="panel-x">')


def assert_absent(user: User, address: str, data: dict[str, Any] | None = None) -> None:
    assert [enter(user).get(address).status_code, enter(user).post(address, data or {}).status_code] == [404, 404]


def test_a_referral_received_accepted_and_answered(world: World, case: Case) -> None:
    referral, other = referral_of(case, "identity_document_application"), colleague(world.dana)
    page = f"/inbox/{referral.pk}"
    referral_acknowledge(referral=referral, actor=world.dana, at=timezone.now())
    for user in (world.dana, other):
        assert_told(user, f"{page}/received", world.dana.full_name)
    referral_accept(referral=referral, actor=other, at=timezone.now())
    assert_told(world.dana, f"{page}/accept", other.full_name)
    referral_serve(
        referral=referral,
        facts=[FactData("identity_document", "applied")],
        evidence=EvidenceData("Талон", "1"),
        note="",
        actor=world.dana,
        at=timezone.now(),
    )
    for act in ("received", "accept", "cannot", "served", "not-served"):
        assert_told(other, f"{page}/{act}", world.dana.full_name, {"reason": "no_staff"})
        assert_absent(world.gulnar, f"{page}/{act}", {"reason": "no_staff"})


def test_who_declined_is_told_so_and_nobody_of_the_person(world: World, case: Case) -> None:
    referral, other = referral_of(case, "identity_document_application"), colleague(world.dana)
    referral_decline(referral=referral, reason="no_staff", note="", actor=world.dana, at=timezone.now())
    for act in ("cannot", "received", "served"):
        hidden = case.person.surname
        assert_told(
            world.dana, f"/inbox/{referral.pk}/{act}", world.dana.full_name, {"reason": "no_staff"}, hidden=hidden
        )
    for user in (other, world.gulnar, world.aigul):
        assert_absent(user, f"/inbox/{referral.pk}/cannot", {"reason": "no_staff"})


def test_a_place_that_is_free_again(world: World, case: Case) -> None:
    referral = referral_of(case, "safe_place")
    referral_accept(referral=referral, actor=world.gulnar, at=timezone.now())
    place = Occupancy.objects.get(referral=referral)
    address = f"/inbox/places/{place.pk}/release"
    place_release(occupancy=place, actor=world.gulnar, at=timezone.now())
    assert_told(world.gulnar, address, world.gulnar.full_name)
    assert_absent(world.dana, address)
    Referral.objects.filter(pk=referral.pk).update(state=Referral.State.WITHDRAWN)
    assert_absent(world.gulnar, address)


def test_an_answer_on_paper_recorded_twice(world: World, case: Case) -> None:
    referral = referral_of(case, "employment_track")
    address = f"/referrals/{referral.pk}/answer"
    assert_absent(world.aigul, address)
    referral_handed_over(referral=referral, actor=world.aigul, at=timezone.now())
    referral_accept(referral=referral, actor=world.bolat, at=timezone.now())
    assert_told(world.aigul, f"{address}?answer=accepted", world.bolat.full_name)
    referral_decline(referral=referral, reason="no_staff", note="", actor=world.bolat, at=timezone.now())
    for answer in ("", "?answer=served", "?answer=cannot"):
        assert_told(world.aigul, address + answer, world.bolat.full_name)
    assert_absent(world.aigul, f"{address}?answer=anything")
    assert_absent(world.erlan, address)


def test_a_need_that_is_closed_and_one_that_was_opened_anew(world: World, case: Case) -> None:
    need = Need.objects.get(case=case, service="identity_document_application")
    need_refused(need=need, note="", actor=world.bolat, at=timezone.now())
    assert_told(world.aigul, reverse("need-facts", args=[need.pk]), world.bolat.full_name)
    again = reverse("need-reopen", args=[need.pk])
    assert enter(world.bolat).post(again).status_code == 303
    assert_told(world.aigul, again, world.bolat.full_name)
    fresh = Need.objects.get(case=case, service="identity_document_application", state="open")
    assert_absent(world.aigul, reverse("need-reopen", args=[fresh.pk]))
    assert_absent(world.erlan, again)


def test_a_plan_that_is_agreed(world: World, case: Case) -> None:
    address = reverse("plan-agree", args=[case.pk])
    assert_absent(world.aigul, address)
    step = StepData("documents", "Паспорт", "Подать заявление", "person", timezone.localdate() + timedelta(days=5))
    plan = plan_draft(case=case, steps=[step], actor=world.aigul, at=timezone.now())
    proof = EvidenceData("План", "1")
    agreed = timezone.localdate()
    plan_agree(plan=plan, agreed_on=agreed, agreement=proof, actor=world.bolat, at=timezone.now())
    assert Plan.objects.get().state == "agreed"
    assert_told(world.aigul, address, world.bolat.full_name)
    assert_absent(world.erlan, address)


def test_a_matter_answered_and_its_measure_carried_out(world: World, case: Case) -> None:
    Escalation.objects.all().delete()
    turn(timezone.now() + timedelta(days=4))
    escalation = Escalation.objects.filter(case=case, addressee="leb_leadership").first()
    assert escalation is not None
    address, kairat = reverse("escalation", args=[escalation.pk]), enter(world.kairat)
    due = (timezone.localdate() + timedelta(days=7)).isoformat()
    answer = {"cause": "no_resources", "measure": "Место", "responsible": "Зам. акима", "due_on": due}
    assert kairat.post(address, answer).status_code == 303
    again = kairat.post(address, answer)
    assert again.status_code == 409
    assert SAID in again.content.decode()
    assert world.kairat.full_name in again.content.decode()
    assert CorrectiveMeasure.objects.count() == 1
    done = reverse("measure-done", args=[CorrectiveMeasure.objects.get().pk])
    assert kairat.post(done, {"note": "сделано"}).status_code == 303
    assert_told(world.kairat, done, world.kairat.full_name, {"note": "сделано"})
    assert_absent(world.bolat, done, {"note": "сделано"})


def test_a_transfer_that_is_decided_is_told_to_who_decided(world: World, case: Case) -> None:
    head = User.objects.create_user(
        "saule", "long-password-of-a-test", role=Role.UNIT_HEAD, agency=world.erlan.agency, full_name="Сауле"
    )
    one = transfers_request(person_ids=[case.person_id], asked_as="Кто-то", actor=head, at=timezone.now())[0]
    address = reverse("transfer-decide", args=[one.pk])
    data = {"decision": "grant", "locality": "", "note": ""}
    assert enter(world.bolat).post(address, data).status_code == 303
    assert_told(world.bolat, address, world.bolat.full_name, data, hidden=case.person.surname)
    for user in (world.aigul, world.erlan, head):
        assert_absent(user, address, data)


def test_holds_emergencies_and_exclusions(world: World, case: Case) -> None:
    hold = hold_place(case=case, reason="Суд", actor=world.bolat, at=timezone.now())
    hold_lift(hold=hold, actor=world.bolat, at=timezone.now())
    assert_told(world.bolat, f"/retention/holds/{hold.pk}/lift", world.bolat.full_name)
    one = Emergency.objects.create(
        case=case, unit=case.unit, user=world.erlan, opened_at=timezone.now(), until=timezone.now(), reason="life",
        words="Скорая",
    )  # fmt: skip
    review = reverse("emergency-review", args=[one.pk])
    assert enter(world.bolat).post(review, {"answer": "yes", "words": "Проверено"}).status_code == 303
    assert_told(world.bolat, review, world.bolat.full_name, {"answer": "no", "words": "Нет"})
    shut = case_shut(case=case, user=world.dana, reason="relative", note="родня", actor=world.bolat, at=timezone.now())
    let_in = reverse("case-unshut", args=[shut.pk])
    assert_absent(world.aigul, let_in, {"note": "ошибка"})
    assert enter(world.bolat).post(let_in, {"note": "ошибка"}).status_code == 303
    assert_told(world.bolat, let_in, world.bolat.full_name, {"note": "ошибка"})
    assert_absent(world.aigul, let_in, {"note": "ошибка"})
