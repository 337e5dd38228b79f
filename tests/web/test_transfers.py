"""Asking another unit for a case: nothing of it is told before its unit has decided, and both sides learn what was
decided."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case, ClosingGround, TransferRequest
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.texts import message_text
from oralu.apps.routing.lifecycle import case_close, case_transfer
from oralu.core.identifiers import iin_generate
from world import World, build

BORN = date(1991, 3, 14)


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now())


@pytest.fixture
def saule(world: World) -> User:
    """The head of the other unit."""
    return User.objects.create_user(
        "saule", "long-password-of-a-test", role=Role.UNIT_HEAD, agency=world.erlan.agency, full_name="Сауле Иманова"
    )


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def elsewhere(world: World, **more: Any) -> Case:
    """A case of the other unit, of the person whom Aigul enrols."""
    person = world.person(surname="Оспанова", given_name="Жаннатай", born=BORN, phone="+7 777 777 77 77")
    return world.enrol(person=person, unit=world.erlan.agency, officer=world.erlan, **more)


def asked(aigul: Client) -> tuple[str, Any]:
    """Aigul types the person and presses the act. Returns the page of the step and the answer."""
    draft = aigul.post(reverse("enrol"))["Location"].split("/")[2]
    identity = {
        "surname": "Оспанова",
        "given_name": "Жанар",
        "sex": "female",
        "birth_date": BORN.isoformat(),
        "iin": iin_generate(BORN, "female", 9005),
        "locality": "Караганда",
    }
    aigul.post(reverse("enrol-step", args=[draft, "identity"]), identity)
    page = reverse("enrol-step", args=[draft, "same"])
    assert reverse("enrol-transfer", args=[draft]) in aigul.get(page).content.decode()
    return page, aigul.post(reverse("enrol-transfer", args=[draft]))


def test_a_request_reaches_the_other_unit_and_tells_nothing_to_who_asks(world: World, saule: User) -> None:
    case, aigul = elsewhere(world), entered(world.aigul)
    page, answer = asked(aigul)
    assert (answer.status_code, answer["Location"]) == (303, page)
    one = TransferRequest.objects.get()
    assert (one.case, one.unit, one.asked_by, one.state) == (case, world.unit, world.aigul, "open")
    entry = Entry.objects.get(kind="transfer.requested")
    assert (entry.case, entry.actor, entry.data["unit"]) == (case, world.aigul, world.unit.pk)
    told = {message.user for message in Message.objects.filter(template="transfer_requested")}
    assert told == {saule, world.erlan}
    for user in (saule, world.erlan):
        html = entered(user).get("/today").content.decode()
        assert reverse("transfer-decide", args=[one.pk]) in html
        assert str(world.unit) in html
    for place in (page, "/today", "/messages"):
        shown = aigul.get(place).content.decode()
        for secret in (case.person.iin, "Жаннатай", "777 77", f"/cases/{case.pk}", str(world.erlan.agency), "Ерлан"):
            assert secret not in shown, place
    assert "Оспанова Жанар" in aigul.get("/today").content.decode()


def test_pressing_again_asks_once(world: World, saule: User) -> None:
    elsewhere(world)
    aigul = entered(world.aigul)
    page, _answer = asked(aigul)
    again = aigul.post(page.replace("/same", "/request-transfer"))
    assert again.status_code == 303
    assert TransferRequest.objects.count() == 1
    assert Message.objects.filter(template="transfer_requested").count() == 2
    assert 'form="ask-transfer"' not in aigul.get(page).content.decode()


def test_a_granted_request_transfers_the_case_and_tells_who_asked(world: World, saule: User) -> None:
    case, aigul = elsewhere(world), entered(world.aigul)
    asked(aigul)
    one = TransferRequest.objects.get()
    href = reverse("transfer-decide", args=[one.pk])
    assert "Оспанова Жанар" in entered(saule).get(href).content.decode()
    answer = entered(saule).post(href, {"decision": "grant", "locality": "Караганда", "note": ""})
    assert (answer.status_code, answer["Location"]) == (303, "/today")
    case.refresh_from_db()
    one.refresh_from_db()
    assert (case.unit, case.officer, case.locality) == (world.unit, None, "Караганда")
    assert (one.state, one.decided_by) == ("granted", saule)
    kinds = set(Entry.objects.filter(case=case).values_list("kind", flat=True))
    assert {"transfer.requested", "transfer.granted", "case.transferred"} <= kinds
    told = Message.objects.filter(template="transfer_granted")
    assert {message.user for message in told} == {world.aigul, world.bolat}
    assert f"/cases/{case.pk}" in aigul.get("/today").content.decode()
    assert aigul.get(f"/cases/{case.pk}").status_code == 200
    assert "Оспанова" not in entered(saule).get(href).content.decode()
    assert entered(saule).get(f"/cases/{case.pk}").status_code == 404


def test_a_declined_request_tells_its_reason_and_nothing_else(world: World, saule: User) -> None:
    case, aigul = elsewhere(world), entered(world.aigul)
    asked(aigul)
    one = TransferRequest.objects.get()
    href = reverse("transfer-decide", args=[one.pk])
    erlan = entered(world.erlan)
    bare = erlan.post(href, {"decision": "decline", "note": "typed"})
    assert bare.status_code == 422
    assert "typed" in bare.content.decode()
    assert erlan.post(href, {"decision": "decline", "reason": "lives_here"}).status_code == 303
    case.refresh_from_db()
    assert case.unit == world.erlan.agency
    assert Entry.objects.filter(kind="transfer.declined", case=case, actor=world.erlan).exists()
    message = Message.objects.get(template="transfer_declined", user=world.aigul)
    assert message.case_id is None
    assert str(case.pk) not in message_text(message.template, message.data).body.replace(str(one.pk), "")
    shown = aigul.get("/today").content.decode()
    assert str(TransferRequest.Reason.LIVES_HERE.label) in shown
    assert f"/cases/{case.pk}" not in shown
    assert aigul.get(f"/cases/{case.pk}").status_code == 404
    later = timezone.now() + timedelta(days=15)
    TransferRequest.objects.update(decided_at=later - timedelta(days=30))
    assert str(TransferRequest.Reason.LIVES_HERE.label) not in aigul.get("/today").content.decode()
    asked(aigul)
    assert TransferRequest.objects.filter(state="open").count() == 1


@pytest.mark.parametrize("name", ["aigul", "bolat", "dana", "kairat", "admin"])
def test_a_request_is_decided_by_the_unit_that_leads_the_case_alone(world: World, saule: User, name: str) -> None:
    elsewhere(world)
    asked(entered(world.aigul))
    href = reverse("transfer-decide", args=[TransferRequest.objects.get().pk])
    client = entered(getattr(world, name))
    assert client.get(href).status_code == 404
    assert client.post(href, {"decision": "grant"}).status_code == 404
    assert TransferRequest.objects.get().state == "open"


def test_an_ordinary_transfer_answers_the_request_of_its_unit(world: World, saule: User) -> None:
    case = elsewhere(world)
    asked(entered(world.aigul))
    case_transfer(case=case, unit=world.unit, officer=None, locality="", reason="moved", actor=saule, at=timezone.now())
    assert TransferRequest.objects.get().state == "granted"


def test_a_closed_case_is_not_given_away_and_the_refusal_says_what_to_do(world: World, saule: User) -> None:
    case = elsewhere(world)
    case_close(
        case=case, ground=ClosingGround.AMNESTY, closed_on=timezone.localdate(), note="", actor=saule, at=timezone.now()
    )
    asked(entered(world.aigul))
    href = reverse("transfer-decide", args=[TransferRequest.objects.get().pk])
    assert entered(saule).post(href, {"decision": "grant"}).status_code == 409
    assert entered(saule).post(href, {"decision": "decline", "reason": "closed"}).status_code == 303
    assert TransferRequest.objects.get().reason == "closed"


def test_the_case_of_the_own_unit_may_ask_for_its_other_record(world: World, saule: User) -> None:
    elsewhere(world)
    own = world.enrol(person=world.person(surname="Оспанова", given_name="Жанар", born=BORN))
    aigul = entered(world.aigul)
    href = reverse("person-transfer", args=[own.pk])
    assert href in aigul.get(reverse("person-merge", args=[own.pk])).content.decode()
    assert aigul.post(href).status_code == 303
    assert TransferRequest.objects.get().asked_as.startswith("Оспанова Жанар")
    assert entered(world.dana).post(href).status_code == 404


def test_a_request_without_anybody_elsewhere_writes_nothing(world: World) -> None:
    own = world.enrol()
    aigul = entered(world.aigul)
    assert aigul.post(reverse("person-transfer", args=[own.pk])).status_code == 303
    assert not TransferRequest.objects.exists()
