"""Signing in and out, the own account, the messages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from oralu.apps.access.demo import DEMO_PASSWORD, accounts
from oralu.apps.access.models import User
from oralu.apps.access.services import user_save
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.policyfiles import DEFAULT_EDITION
from world import World, build

PASSWORD = "long-password-of-a-test"


@pytest.fixture
def world(db: None) -> World:
    return build()


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str):
    return client.post("/login", {"username": login, "password": password, **more})


def test_who_knows_the_password_comes_in_and_the_journal_says_so(client: Client, world: World) -> None:
    response = sign_in(client, "aigul")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert Entry.objects.filter(kind="user.signed_in", actor=world.aigul).count() == 1
    assert sign_in(Client(), "aigul", next="/cases?q=ser")["Location"] == "/cases?q=ser"
    assert sign_in(Client(), "aigul", next="https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize(("login", "password"), [("aigul", "wrong"), ("nobody", PASSWORD), ("aigul", "")])
def test_a_wrong_login_or_password_is_said_once_and_the_login_stays(
    client: Client, world: World, login: str, password: str
) -> None:
    response = sign_in(client, login, password)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'class="error-summary"' in html
    assert f'value="{login}"' in html
    assert "_auth_user_id" not in client.session


def test_the_answer_does_not_tell_whether_an_account_exists(client: Client, world: World) -> None:
    User.objects.filter(pk=world.dana.pk).update(is_active=False)
    answers = {
        re.sub(r'value="[^"]*"|\{[^}]*\}', "", sign_in(Client(), login, password).content.decode())
        for login, password in (("aigul", "wrong"), ("nobody", "wrong"), ("dana", PASSWORD))
    }
    assert len(answers) == 1


def test_signing_out_ends_the_session_and_only_by_a_post(client: Client, world: World) -> None:
    client.force_login(world.aigul)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/profile")["Location"].startswith("/login")


def test_the_page_of_sign_in_has_the_languages_and_speaks_them(client: Client, world: World) -> None:
    html = client.get("/login").content.decode()
    assert all(f'value="{code}"' in html for code in ("kk", "ru", "en"))
    client.post("/language", {"language": "en", "next": "/login"})
    assert "Present password" not in client.get("/login").content.decode()
    assert ">Login" in client.get("/login").content.decode()


def test_demo_accounts_are_named_in_the_demo_only(client: Client, world: World, settings) -> None:
    User.objects.filter(pk=world.aigul.pk).update(is_demo=True)
    assert accounts() == []
    assert DEMO_PASSWORD not in client.get("/login").content.decode()
    settings.DEMO = True
    [(login, password, what_for)] = accounts()
    assert (login, password) == ("aigul", DEMO_PASSWORD)
    assert "Айгуль Сапарова" in what_for
    assert str(world.unit) in what_for
    html = client.get("/login").content.decode()
    assert DEMO_PASSWORD in html
    assert "aigul" in html
    assert "bolat" not in html


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("aigul", ("today",)),
        ("bolat", ("today",)),
        ("dana", ("inbox", "profile")),
        ("kairat", ("board", "profile")),
        ("admin", ("administration", "profile")),
    ],
)
def test_each_role_begins_with_its_page(client: Client, world: World, who: str, names: tuple[str, ...]) -> None:
    from oralu.web.context import address

    client.force_login(getattr(world, who))
    expected = next(address(name) for name in names if address(name))
    assert client.get("/")["Location"] == expected


def test_the_own_account_is_changed_and_journalled(client: Client, world: World) -> None:
    client.force_login(world.aigul)
    given = {"language": "kk", "phone": "+7 700 000 11 22", "email": "aigul@example.org"}
    response = client.post("/profile", given)
    assert (response.status_code, response["Location"]) == (303, "/profile")
    world.aigul.refresh_from_db()
    assert (world.aigul.language, world.aigul.phone, world.aigul.email) == tuple(given.values())
    assert Entry.objects.filter(kind="user.profile_changed", actor=world.aigul).exists()
    assert 'lang="kk"' in client.get("/profile").content.decode()


def test_a_bad_address_changes_nothing_and_stays_in_the_form(client: Client, world: World) -> None:
    client.force_login(world.aigul)
    response = client.post("/profile", {"language": "kk", "phone": "+7 700", "email": "not an address"})
    html = response.content.decode()
    assert response.status_code == 422
    assert "not an address" in html
    assert "+7 700" in html
    world.aigul.refresh_from_db()
    assert (world.aigul.language, world.aigul.email) == ("ru", "")
    assert not Entry.objects.filter(kind="user.profile_changed").exists()


def change(client: Client, old: str, new: str, again: str | None = None):
    return client.post("/profile/password", {"old_password": old, "new_password1": new, "new_password2": again or new})


def test_the_password_is_changed_and_other_sessions_end(client: Client, world: World) -> None:
    other = Client()
    for each in (client, other):
        sign_in(each, "aigul")
    response = change(client, PASSWORD, "another-long-password-7")
    assert (response.status_code, response["Location"]) == (303, "/profile")
    assert client.get("/profile").status_code == 200
    assert other.get("/profile")["Location"].startswith("/login")
    assert sign_in(Client(), "aigul").status_code == 422
    assert sign_in(Client(), "aigul", "another-long-password-7").status_code == 302
    assert Entry.objects.filter(kind="user.changed", actor=world.aigul).exists()


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", "another-long-password-7", None),
        (PASSWORD, "short", None),
        (PASSWORD, "123456789012345", None),
        (PASSWORD, "another-long-password-7", "another-long-password-8"),
    ],
)
def test_a_weak_or_mistyped_password_changes_nothing(
    client: Client, world: World, old: str, new: str, again: str | None
) -> None:
    client.force_login(world.aigul)
    before = User.objects.get(pk=world.aigul.pk).password
    assert change(client, old, new, again).status_code == 422
    assert User.objects.get(pk=world.aigul.pk).password == before
    assert not Entry.objects.filter(kind="user.changed").exists()
    assert client.get("/profile").status_code == 200


def test_the_password_of_a_demo_account_stays(client: Client, world: World, settings) -> None:
    settings.DEMO = True
    User.objects.filter(pk=world.aigul.pk).update(is_demo=True)
    client.force_login(User.objects.get(pk=world.aigul.pk))
    assert change(client, PASSWORD, "another-long-password-7").status_code == 422
    assert sign_in(Client(), "aigul").status_code == 302


# --- messages ---------------------------------------------------------------------------------------------------------


def tell(
    world: World, user: User, template: str = "breached", *, case_id: int | None = None, **data: object
) -> Message:
    values = {"service": "safe_place", "edition": DEFAULT_EDITION, **({"case": case_id} if case_id else {}), **data}
    key = f"test-{Message.objects.count()}"
    written = messages_write(outgoing=[Outgoing(key, user.pk, template, case_id, values)], at=world.at)
    return written[0]


def test_messages_stand_in_words_and_the_header_counts_them(client: Client, world: World) -> None:
    case = world.enrol()
    Message.objects.filter(user=world.aigul).delete()
    for _ in range(2):
        tell(world, world.aigul, case_id=case.pk)
    tell(world, world.bolat, case_id=case.pk)
    client.force_login(world.aigul)
    html = client.get("/messages").content.decode()
    assert html.count("безопасное место") >= 2
    assert f"№ {case.pk}" in html or f"No. {case.pk}" in html
    assert re.search(r'class="badge-n"[^>]*>2<', html)
    assert "safe_place" not in html


def test_the_count_stops_at_ninety_nine(client: Client, world: World) -> None:
    for _ in range(101):
        tell(world, world.dana, "referral_sent", referral=1)
    client.force_login(world.dana)
    html = client.get("/messages").content.decode()
    assert ">99+<" in html
    assert html.count("/messages/") == 50


def test_opening_a_message_marks_it_read_and_leads_to_the_case(client: Client, world: World) -> None:
    case = world.enrol()
    Message.objects.filter(user=world.aigul).delete()
    message = tell(world, world.aigul, case_id=case.pk)
    client.force_login(world.aigul)
    assert client.get(f"/messages/{message.pk}").status_code == 405
    response = client.post(f"/messages/{message.pk}")
    assert (response.status_code, response["Location"]) == (303, reverse("case", args=[case.pk]))
    message.refresh_from_db()
    assert message.read_at is not None
    assert 'class="nothing"' in client.get("/messages").content.decode()


def test_a_message_of_somebody_else_does_not_exist(client: Client, world: World) -> None:
    message = tell(world, world.aigul, case_id=world.enrol().pk)
    for user in (world.erlan, world.bolat, world.dana):
        client.force_login(user)
        assert client.post(f"/messages/{message.pk}").status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


def test_the_list_of_messages_costs_the_same_for_any_number(
    client: Client, world: World, django_assert_max_num_queries
) -> None:
    client.force_login(world.dana)
    for _ in range(30):
        tell(world, world.dana, "referral_sent", referral=1)
    with django_assert_max_num_queries(9):
        client.get("/messages")


def given_password(world: World, words: str = "temporary-words-of-admin") -> User:
    """Aigul's account after an administrator has made a password for it."""
    user_save(user=world.aigul, password=words, actor=world.admin, at=world.at)
    return User.objects.get(pk=world.aigul.pk)


def test_a_temporary_password_is_changed_before_anything_else_opens(client: Client, world: World) -> None:
    words = "temporary-words-of-admin"
    assert given_password(world).must_change_password
    assert sign_in(client, "aigul", words).status_code == 302
    for page in ("/", "/today", "/cases", "/enrol", "/profile", "/messages", "/policy", "/no-such-page-but-one"):
        answer = client.get(page)
        assert answer.status_code == 404 or answer["Location"] == "/profile/password", page
    assert client.post("/profile", {"language": "kk"})["Location"] == "/profile/password"
    panel = client.get("/today", headers={"HX-Request": "true"})
    assert panel["HX-Redirect"] == "/profile/password"
    page = client.get("/profile/password")
    assert page.status_code == 200
    assert 'href="/today"' not in page.content.decode()
    assert client.post("/language", {"language": "kk", "next": "/"}).status_code == 302
    same = change(client, words, words)
    assert same.status_code == 422
    assert User.objects.get(pk=world.aigul.pk).must_change_password
    assert change(client, words, "my-own-long-password-8")["Location"] == "/"
    assert client.get("/today").status_code == 200
    assert not User.objects.get(pk=world.aigul.pk).must_change_password


def test_who_need_not_change_the_password_is_not_led_astray(client: Client, world: World) -> None:
    user_save(user=world.aigul, password=PASSWORD, actor=world.aigul, at=world.at)
    client.force_login(User.objects.get(pk=world.aigul.pk))
    assert client.get("/today").status_code == 200
    assert client.get("/profile/password").status_code == 200


def test_signing_out_stays_open_to_who_has_to_change_the_password(client: Client, world: World) -> None:
    client.force_login(given_password(world))
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/today")["Location"].startswith("/login")
