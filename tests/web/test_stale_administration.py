"""Two administrators have the same form open: the second is told what the first recorded, and overwrites nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from oralu.apps.access.models import Role, User
from oralu.apps.access.services import profile_change
from oralu.apps.agencies.models import Agency, RefugeAddress
from oralu.apps.journal.models import Entry
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.at + timedelta(hours=1))


@pytest.fixture
def first(world: World) -> Client:
    return _signed_in(world.admin)


@pytest.fixture
def second(world: World) -> Client:
    user = User.objects.create_user(
        "admin2", "long-password-of-a-test", role=Role.ADMINISTRATOR, full_name="Второй Администратор"
    )
    return _signed_in(user)


def _signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    User.objects.filter(pk=user.pk).update(language="en")
    client.force_login(user)
    return client


def opened(client: Client, page: str) -> dict[str, Any]:
    """The form as a browser would send it back, untouched."""
    answer = client.get(page)
    form = answer.context["form"]
    data = {}
    for bound in form:
        value = bound.value()
        if value not in (None, "", False):
            data[bound.name] = "on" if value is True else str(value)
    seen = re.search(r'name="seen" value="([^"]+)"', answer.content.decode())
    assert seen is not None
    return data | {"seen": seen[1]}


def seen_in(answer: Any) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def test_the_second_of_two_is_told_and_overwrites_nothing(world: World, first: Client, second: Client) -> None:
    clinic = world.agencies["clinic"]
    page = f"/administration/agencies/{clinic.pk}"
    mine, theirs = opened(first, page), opened(second, page)
    assert first.post(page, mine | {"phone": "+7 700 000 11 11", "localities": "Сарань, Абай"}).status_code == 303
    written = Entry.objects.filter(kind="agency.changed").count()
    answer = second.post(page, theirs | {"phone": "+7 700 000 22 22", "duty_contact": "+7 700 000 33 33"})
    assert answer.status_code == 409
    assert Entry.objects.filter(kind="agency.changed").count() == written
    words = answer.content.decode()
    assert "Администратор" in words
    assert "phone: +7 700 000 11 11 by now; what you typed stands below" in words.lower()
    assert "localities served: сарань, абай by now; taken into the form" in words.lower()
    form = answer.context["form"]
    assert form["phone"].value() == "+7 700 000 22 22"
    assert form["duty_contact"].value() == "+7 700 000 33 33"
    clinic.refresh_from_db()
    assert clinic.phone == "+7 700 000 11 11"
    again = {name: form[name].value() for name in theirs if name in form.fields} | {"seen": seen_in(answer)}
    again |= {"duty_contact": "+7 700 000 33 33", "phone": "+7 700 000 22 22", "localities": "Сарань, Абай"}
    again = {name: "on" if value is True else value for name, value in again.items()}
    assert second.post(page, again).status_code == 303
    clinic.refresh_from_db()
    assert (clinic.phone, clinic.localities, clinic.duty_contact) == (
        "+7 700 000 22 22",
        ["Сарань", "Абай"],
        "+7 700 000 33 33",
    )


def test_the_same_sent_twice_is_no_conflict_and_other_times_neither(world: World, first: Client) -> None:
    page = f"/administration/agencies/{world.agencies['clinic'].pk}"
    mine = opened(first, page)
    assert first.post(page, mine | {"phone": "+7 700 000 11 11"}).status_code == 303
    assert first.post(page, mine | {"phone": "+7 700 000 11 11"}).status_code == 303
    assert first.post(page, opened(first, page) | {"phone": "+7 700 000 12 12"}).status_code == 303


def test_an_unticked_box_is_told_too(world: World, first: Client, second: Client) -> None:
    clinic = world.agencies["clinic"]
    page = f"/administration/agencies/{clinic.pk}"
    mine, theirs = opened(first, page), opened(second, page)
    mine.pop("accepts_children")
    assert first.post(page, mine).status_code == 303
    answer = second.post(page, theirs | {"phone": "+7 700 000 22 22"})
    assert answer.status_code == 409
    assert not answer.context["form"]["accepts_children"].value()
    assert "no by now; taken into the form" in answer.content.decode()


def test_a_hidden_address_is_not_overwritten_and_not_told(world: World, first: Client, second: Client) -> None:
    centre = world.agencies["crisis_centre"]
    page = f"/administration/agencies/{centre.pk}"
    mine, theirs = opened(first, page), opened(second, page)
    assert first.post(page, mine | {"refuge_address": "ул. Скрытая, 9"}).status_code == 303
    assert second.post(page, theirs | {"phone": "+7 700 000 22 22"}).status_code == 303
    answer = second.post(page, theirs | {"refuge_address": "ул. Другая, 3", "phone": "+7 700 000 22 22"})
    assert answer.status_code == 409
    assert "Скрытая" not in answer.content.decode()
    assert RefugeAddress.objects.get(agency=centre).address == "ул. Скрытая, 9"


def test_an_account_that_its_owner_changed_is_told_too(world: World, first: Client) -> None:
    page = f"/administration/users/{world.dana.pk}"
    mine = opened(first, page)
    profile_change(user=world.dana, language="kk", phone="+7 700 000 44 44", email="", at=world.at)
    answer = first.post(page, mine | {"post": "Специалист"})
    assert answer.status_code == 409
    assert world.dana.full_name in answer.content.decode()
    world.dana.refresh_from_db()
    assert (world.dana.phone, world.dana.post) == ("+7 700 000 44 44", "")
    form = answer.context["form"]
    assert (form["phone"].value(), form["post"].value()) == ("+7 700 000 44 44", "Специалист")


def test_a_mark_that_is_not_ours_guards_nothing_and_breaks_nothing(world: World, first: Client) -> None:
    clinic = world.agencies["clinic"]
    page = f"/administration/agencies/{clinic.pk}"
    mine = opened(first, page)
    assert first.post(page, mine | {"seen": "x" * 50, "phone": "+7 700 000 11 11"}).status_code == 303
    assert Agency.objects.get(pk=clinic.pk).phone == "+7 700 000 11 11"
