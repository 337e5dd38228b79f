"""Invitations: once, for three days, for one account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from entry import PASSWORD, code_now, is_in, protect, sign_in
from oralu.apps.access.invitations import VALID, invitation_make, token_make
from oralu.apps.access.models import Invitation, User
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.services import deliveries_send
from world import World, build

NEW = {"new_password1": "another-long-password-7", "new_password2": "another-long-password-7"}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.admin)
    return client


def link_in(html: str) -> str:
    return re.search(r"http://testserver(/invitation/[\w:.-]+)", html)[1]


def link_for(user: User, ago: timedelta = timedelta(0)) -> str:
    invitation = invitation_make(user=user, actor=None, at=timezone.now() - ago)
    return f"/invitation/{token_make(invitation.pk, invitation.nonce)}"


def test_from_the_new_account_to_the_first_page(world: World, admin: Client, settings) -> None:
    settings.MFA_REQUIRED = True
    session = admin.session
    session["factor"] = "totp"
    session.save()
    data = {"full_name": "Новая Сотрудница", "role": "provider", "agency": str(world.dana.agency_id)}
    made = admin.post(
        "/administration/users/new", {**data, "username": "newcomer", "language": "kk", "is_active": "on"}
    )
    person = Client()
    assert person.get(link_in(made.content.decode()))["Location"] == "/invitation"
    page = person.get("/invitation").content.decode()
    assert "newcomer" in page
    assert "Новая Сотрудница" in page
    weak = person.post("/invitation", {"new_password1": "short", "new_password2": "short"})
    assert weak.status_code == 422
    assert 'id="id_new_password1_error"' in weak.content.decode() or "error-summary" in weak.content.decode()
    assert person.post("/invitation", NEW)["Location"] == "/"
    assert person.get("/")["Location"] == "/profile/security", "the second factor comes before the work"
    user = User.objects.get(username="newcomer")
    assert not user.must_change_password
    used = Entry.objects.get(kind="user.invitation_used")
    assert (used.actor, used.data) == (user, {"user": user.pk, "by": "password"})


def test_a_link_works_once_and_opening_it_spends_nothing(world: World) -> None:
    link = link_for(world.aigul)
    for _n in range(3):
        assert Client().get(link).status_code == 302
    first, second = Client(), Client()
    for client in (first, second):
        client.get(link)
        assert client.get("/invitation").status_code == 200
    assert first.post("/invitation", NEW).status_code == 302
    assert second.post("/invitation", NEW).status_code == 410
    assert Client().get(link).status_code == 410
    assert not is_in(second)


@pytest.mark.parametrize(("ago", "status"), [(VALID - timedelta(minutes=1), 200), (VALID, 410)])
def test_a_link_stands_three_days(client: Client, world: World, ago: timedelta, status: int) -> None:
    client.get(link_for(world.aigul, ago))
    assert client.get("/invitation").status_code == status


def test_a_made_up_link_and_that_of_a_withdrawn_invitation_open_nothing(client: Client, world: World) -> None:
    old = link_for(world.aigul)
    newer = link_for(world.aigul)
    invitation = Invitation.objects.order_by("-pk").first()
    for link in (old, newer[:-2] + "xx", "/invitation/made-up", f"/invitation/{token_make(invitation.pk, 'x' * 43)}"):
        client.get(link)
        assert client.get("/invitation").status_code == 410, link
        assert client.post("/invitation", NEW).status_code == 410
    assert Client().get("/invitation").status_code == 410
    User.objects.filter(pk=world.aigul.pk).update(is_active=False)
    client.get(newer)
    assert client.get("/invitation").status_code == 410


def test_the_table_alone_makes_no_link(client: Client, world: World, settings) -> None:
    """Who has a copy of the database, and not the key of the installation."""
    link_for(world.aigul)
    row, real = Invitation.objects.get(), settings.SECRET_KEY
    settings.SECRET_KEY = "the key of somebody else's installation, fifty characters"
    forged = token_make(row.pk, row.nonce)
    settings.SECRET_KEY = real
    assert client.get(f"/invitation/{forged}").status_code == 410
    assert client.get(f"/invitation/{token_make(row.pk, row.nonce)}").status_code == 302


def test_a_forgotten_password_stops_working_at_once_and_the_second_factor_stays(world: World, admin: Client) -> None:
    protect(world.aigul)
    other = Client()
    sign_in(other, "bolat")
    owner = Client()
    owner.force_login(world.aigul)
    address = f"/administration/users/{world.aigul.pk}/invite"
    assert admin.get(address).status_code == 200
    assert not Invitation.objects.exists()
    answer = admin.post(address)
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(owner)
    assert is_in(other)
    assert sign_in(Client(), "aigul", PASSWORD).status_code == 422
    person = Client()
    person.get(link_in(answer.content.decode()))
    assert person.post("/invitation", NEW)["Location"] == "/login/factor", "a link alone is no second factor"
    assert person.post("/login/factor", {"code": code_now()}).status_code == 302
    assert is_in(person)
    assert Entry.objects.filter(kind="user.invited", actor=world.admin, data__user=world.aigul.pk).count() == 1


def test_a_closed_account_is_not_invited(world: World, admin: Client) -> None:
    User.objects.filter(pk=world.aigul.pk).update(is_active=False)
    assert admin.post(f"/administration/users/{world.aigul.pk}/invite").status_code == 303
    assert not Invitation.objects.exists()
    assert (
        f"/administration/users/{world.aigul.pk}/invite"
        not in admin.get(f"/administration/users/{world.aigul.pk}").content.decode()
    )


def test_with_an_address_and_a_server_the_link_is_mailed_and_shown_to_nobody(
    world: World, admin: Client, settings
) -> None:
    settings.EMAIL_HOST = "smtp.example.kz"
    User.objects.filter(pk=world.aigul.pk).update(email="aigul@example.org", language="ru")
    answer = admin.post(f"/administration/users/{world.aigul.pk}/invite")
    assert "/invitation/" not in answer.content.decode()
    message = Message.objects.get(template="invited")
    assert message.read_at is not None
    assert "/invitation/" not in str(message.data)
    assert deliveries_send(at=timezone.now()) == 1
    [sent] = mail.outbox
    assert sent.to == ["aigul@example.org"]
    person = Client()
    person.get(link_in(sent.body))
    assert person.post("/invitation", NEW).status_code == 302
    assert is_in(person)


def test_who_is_signed_in_as_another_is_signed_out_by_a_link_that_works_and_by_no_other(world: World) -> None:
    client = Client()
    sign_in(client, "bolat")
    assert client.get("/invitation/made-up").status_code == 410
    assert is_in(client)
    client.get(link_for(world.aigul))
    assert client.get("/profile").status_code == 302
    assert "Айгуль" in client.get("/invitation").content.decode()
