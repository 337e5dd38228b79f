"""Sessions end: with the role, the password, the factor; left alone; after their day; by their owner."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from entry import PASSWORD, is_in, sign_in
from oralu.apps.access.models import Session, User
from oralu.apps.access.services import user_save
from oralu.apps.access.session_services import SEEN_EVERY, sessions_end
from oralu.apps.journal.models import Entry
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


def signed_in(login: str, **more: str) -> Client:
    client = Client(**more)
    assert sign_in(client, login).status_code == 302
    return client


def age(user: User, **by: timedelta) -> None:
    """Make the sessions of an account older."""
    row = Session.objects.get(user=user)
    for name, span in by.items():
        setattr(row, name, getattr(row, name) - span)
    row.save()


def reasons(user: User) -> list[str]:
    found = Entry.objects.filter(kind="user.sessions_ended", data__user=user.pk).order_by("pk")
    return [entry.data["why"] for entry in found]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "unit_head"}, {"agency": "other"}])
def test_a_session_ends_with_the_role(world: World, change: dict[str, object]) -> None:
    client, other = signed_in("aigul"), signed_in("bolat")
    for name, value in change.items():
        setattr(world.aigul, name, world.erlan.agency if value == "other" else value)
    user_save(user=world.aigul, password=None, actor=world.admin, at=timezone.now())
    assert not is_in(client)
    assert is_in(other)
    assert reasons(world.aigul) == ["role"]


def test_ending_costs_the_same_whoever_else_is_signed_in(world: World, django_assert_num_queries) -> None:
    for _n in range(30):
        signed_in("bolat")
    signed_in("aigul")
    with django_assert_num_queries(2):
        assert sessions_end(user=world.aigul, why="role", actor=None, at=timezone.now()) == 1
    assert Session.objects.filter(user=world.bolat).count() == 30


def test_a_temporary_password_ends_every_session_and_ones_own_all_but_this(world: World) -> None:
    here, there = signed_in("aigul"), signed_in("aigul")
    new = "another-long-password-7"
    here.post("/profile/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert is_in(here)
    assert not is_in(there)
    user_save(user=world.aigul, password="a-temporary-password-9", actor=world.admin, at=timezone.now())
    assert not is_in(here)


def test_a_session_left_alone_is_signed_out_and_the_page_is_found_again(world: World, settings) -> None:
    client = signed_in("aigul")
    age(world.aigul, seen_at=timedelta(minutes=settings.SESSION_IDLE_MINUTES - 1))
    assert is_in(client)
    age(world.aigul, seen_at=timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1))
    assert client.get("/cases?q=x")["Location"] == "/login?next=/cases%3Fq%3Dx"
    assert not is_in(client)
    assert reasons(world.aigul) == ["idle"]


def test_a_session_ends_after_twelve_hours_of_work(world: World) -> None:
    client = signed_in("aigul")
    age(world.aigul, started_at=timedelta(hours=11, minutes=59))
    assert is_in(client)
    age(world.aigul, started_at=timedelta(minutes=1))
    assert not is_in(client)
    assert reasons(world.aigul) == ["limit"]


def test_no_writing_into_the_session_puts_its_end_off(world: World) -> None:
    client = signed_in("aigul")
    age(world.aigul, started_at=timedelta(hours=11))
    assert client.get("/profile/security/codes").status_code == 200  # keeps a key in the session
    row = Session.objects.get(user=world.aigul)
    assert row.expire_date - timezone.now() <= timedelta(hours=1, minutes=1)
    assert row.started_at < timezone.now() - timedelta(hours=10)


def test_being_seen_costs_one_write_a_minute(world: World, django_assert_max_num_queries) -> None:
    client = signed_in("dana")
    age(world.dana, seen_at=SEEN_EVERY)
    before = Session.objects.get(user=world.dana).seen_at
    client.get("/messages")
    seen = Session.objects.get(user=world.dana).seen_at
    assert seen > before
    with django_assert_max_num_queries(9):
        client.get("/messages")
    assert Session.objects.get(user=world.dana).seen_at == seen


def test_the_key_changes_at_sign_in_and_what_a_stranger_left_is_no_way_in(world: World) -> None:
    client = Client()
    client.get("/login/passkey")
    before = client.cookies["sessionid"].value
    sign_in(client, "aigul")
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()
    row = Session.objects.get(user=world.aigul)
    assert row.started_at > timezone.now() - timedelta(minutes=1)


def test_ones_own_sessions_are_listed_and_ended(world: World) -> None:
    here = signed_in("aigul", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"})
    there = signed_in("aigul", headers={"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile"})
    foreign = signed_in("bolat")
    html = here.get("/profile/security").content.decode()
    assert "Firefox, Linux" in html
    assert "Chrome, Android" in html
    assert "127.0.0.1" in html
    assert not any(row.session_key in html for row in Session.objects.all())
    [address] = re.findall(r'action="(/profile/sessions/\w+/end)"', html)
    assert foreign.post(address).status_code == 404
    assert is_in(there)
    assert here.post(address).status_code == 303
    assert not is_in(there)
    assert is_in(here)
    assert reasons(world.aigul) == ["own"]
    assert here.get(address).status_code == 405


def test_everywhere_else_is_ended_at_once(world: World) -> None:
    here, others, foreign = signed_in("aigul"), [signed_in("aigul") for _n in range(3)], signed_in("bolat")
    assert here.post("/profile/sessions/end").status_code == 303
    assert is_in(here)
    assert not any(is_in(each) for each in others)
    assert is_in(foreign)


def test_an_administrator_signs_somebody_out(world: World) -> None:
    client, admin = signed_in("aigul"), signed_in("admin")
    assert admin.post(f"/administration/users/{world.aigul.pk}/sign-out").status_code == 303
    assert not is_in(client)
    assert reasons(world.aigul) == ["administrator"]


def test_what_has_run_out_is_swept_at_the_next_sign_in(world: World) -> None:
    signed_in("aigul")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    signed_in("bolat")
    assert list(Session.objects.values_list("user", flat=True)) == [world.bolat.pk]


def test_a_click_in_a_page_whose_session_is_over_leads_to_the_whole_page_of_sign_in(world: World) -> None:
    client = signed_in("aigul")
    age(world.aigul, seen_at=timedelta(days=1))
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cases?q=x"}
    answer = client.get("/messages", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/login?next=%2Fcases%3Fq%3Dx")


def test_an_open_screen_is_no_place_to_guess_the_password(world: World) -> None:
    client = signed_in("aigul")
    client.cookies.pop(next(name for name in client.cookies if name.startswith("device-")))
    new = "another-long-password-7"
    guess = {"old_password": "guess", "new_password1": new, "new_password2": new}
    for _n in range(30):
        client.post("/profile/password", guess)
    client.post("/profile/password", {**guess, "old_password": PASSWORD})
    world.aigul.refresh_from_db()
    assert world.aigul.check_password(PASSWORD), "not even the right one, for a while"
    assert sign_in(Client(), "aigul").status_code == 302, "which does not reach the page of sign-in"
