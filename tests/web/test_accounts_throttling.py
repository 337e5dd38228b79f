"""Attempts at a password: a guesser is stopped, and cannot stop the owner."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from oralu.apps.access import throttling
from oralu.apps.access.models import Attempt, Session, User
from oralu.apps.access.throttling import RULES, attempt_begin, attempt_succeed, network, places_of
from oralu.apps.journal.models import Entry
from oralu.config import ratelimits
from oralu.config.addresses import client_address
from oralu.config.ratelimits import ENTRY, LIMITS
from oralu.web.account import signing_in
from stopped import stopped
from world import World, build

PASSWORD = "long-password-of-a-test"
ATTACKER, OFFICE = "203.0.113.66", "198.51.100.7"
NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages see one moment, however slow the machine is: no delay runs out between two tries."""
    stopped = timezone.now()
    monkeypatch.setattr(signing_in, "timezone", SimpleNamespace(now=lambda: stopped))


def sign_in(client: Client, login: str, password: str, address: str = OFFICE):
    return client.post("/login", {"username": login, "password": password}, REMOTE_ADDR=address)


def test_a_thousand_wrong_passwords_are_five_tries_and_do_not_stop_the_owner(world: World) -> None:
    own_machine, attacker = Client(), Client()
    assert sign_in(own_machine, "aigul", PASSWORD).status_code == 302
    own_machine.post("/logout")
    answers = [sign_in(attacker, "aigul", f"guess-{n}", ATTACKER).status_code for n in range(1000)]
    assert answers.count(422) == RULES["login"].free
    assert answers.count(429) == 1000 - RULES["login"].free
    assert sign_in(attacker, "aigul", PASSWORD, ATTACKER).status_code == 429, "not even with the right password"
    assert sign_in(own_machine, "aigul", PASSWORD).status_code == 302
    assert sign_in(Client(), "aigul", PASSWORD, "198.51.100.99").status_code == 302, "nor on a new machine elsewhere"


def test_the_owner_is_let_in_behind_the_address_of_the_attacker(world: World) -> None:
    """In one office, behind one address: the device cookie tells the two apart."""
    own_machine = Client()
    sign_in(own_machine, "aigul", PASSWORD)
    own_machine.post("/logout")
    for n in range(40):
        sign_in(Client(), "aigul", f"guess-{n}")
    assert sign_in(Client(), "aigul", PASSWORD).status_code == 429
    assert sign_in(own_machine, "aigul", PASSWORD).status_code == 302


def test_many_logins_from_one_address_are_counted_together(world: World) -> None:
    answers = [sign_in(Client(), f"login-{n}", "guess", ATTACKER).status_code for n in range(60)]
    assert answers.count(422) == RULES["address"].free


def test_a_right_password_of_ones_own_does_not_open_the_address_for_guessing(world: World) -> None:
    """An attacker with an account signs in between the guesses."""
    tried = 0
    for n in range(60):
        tried += sign_in(Client(), f"login-{n}", "guess", ATTACKER).status_code == 422
        if n % 5 == 0:
            sign_in(Client(), "erlan", PASSWORD, ATTACKER)
    assert tried == RULES["address"].free


def test_a_device_cookie_of_another_login_or_of_nobody_is_no_device(world: World) -> None:
    own = Client()
    sign_in(own, "erlan", PASSWORD, ATTACKER)
    own.post("/logout")
    cookie = next(value.value for name, value in own.cookies.items() if name.startswith("device-"))
    own.cookies[throttling.device_cookie_name("aigul")] = cookie
    answers = [sign_in(own, "aigul", f"guess-{n}", ATTACKER).status_code for n in range(20)]
    assert answers.count(422) == RULES["login"].free
    assert throttling.device_of("aigul", "made:up:cookie") is None
    assert throttling.device_of("erlan", cookie)


def test_the_device_cookie_is_hidden_from_scripts_and_says_nothing(world: World) -> None:
    client = Client()
    response = sign_in(client, "aigul", PASSWORD)
    name, cookie = next((name, value) for name, value in response.cookies.items() if name.startswith("device-"))
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/login")
    assert "aigul" not in name + cookie.value


def test_waiting_says_the_same_of_a_login_that_does_not_exist(world: World) -> None:
    pages = set()
    for login, address in (("aigul", "203.0.113.1"), ("nobody", "203.0.113.2")):
        for n in range(6):
            response = sign_in(Client(), login, f"guess-{n}", address)
        assert response.status_code == 429
        assert 25 <= int(response["Retry-After"]) <= 31
        text = re.sub(r'value="[^"]*"|\{[^}]*\}', "", response.content.decode())
        pages.add(text)
    assert len(pages) == 1


@pytest.mark.parametrize("login", ["aigul", "nobody", "invited", "closed"])
def test_argon2_is_run_once_whatever_the_login_is(world: World, settings, monkeypatch, login: str) -> None:
    """The time of the answer is that of one hash, whether the account exists, is closed, or has no password yet."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

    User.objects.filter(username="aigul").update(password=make_password(PASSWORD))
    User.objects.filter(username="erlan").update(password=make_password(PASSWORD), username="closed", is_active=False)
    User.objects.filter(username="dana").update(password=make_password(None), username="invited")
    runs = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)

        def counted(self, *args, real=real, **kwargs):
            runs.append(1)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    assert sign_in(Client(), login, "wrong").status_code == 422
    assert len(runs) == 1


def test_a_failed_try_is_journalled_without_what_was_typed(world: World) -> None:
    sign_in(Client(), "aigul", "wrong")
    sign_in(Client(), "my-secret-password-in-the-wrong-field", "wrong")
    rows = list(Entry.objects.filter(kind="user.sign_in_failed").order_by("pk").values_list("data", flat=True))
    assert rows == [{"user": world.aigul.pk}, {}]
    assert not any("secret" in row.key for row in Attempt.objects.all())


def test_delays_grow_and_are_forgotten(db: None) -> None:
    places = places_of(login="a", address=ATTACKER, device=None)
    waits, at = [], NOW
    for _n in range(RULES["login"].free + 9):
        wait = attempt_begin(places=places, at=at)
        if wait:
            waits.append(int(wait.total_seconds()))
            at += wait
            assert attempt_begin(places=places, at=at) is None
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert attempt_begin(places=places, at=at + timedelta(seconds=1)) is not None
    assert attempt_begin(places=places, at=at + timedelta(days=1)) is None, "a day of quiet forgets"


def test_a_success_forgets_and_old_counters_are_swept(db: None) -> None:
    places = places_of(login="a", address=ATTACKER, device=None)
    for _n in range(4):
        attempt_begin(places=places, at=NOW)
    attempt_succeed(places=places, at=NOW)
    assert [attempt_begin(places=places, at=NOW) for _n in range(5)] == [None] * 5
    attempt_succeed(places=places_of(login="b", address=OFFICE, device=None), at=NOW + timedelta(days=3))
    assert Attempt.objects.count() == 0


def test_an_attacker_has_a_whole_network_of_version_6(db: None) -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("::ffff:203.0.113.66") == network(ATTACKER)
    assert network("no address") == "unknown"


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "203.0.113.1", "10.0.0.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "203.0.113.1, 10.1.1.1", "203.0.113.1"),
        (1, "", "10.0.0.1"),
        (2, "203.0.113.1", "10.0.0.1"),
    ],
)
def test_only_the_proxies_in_front_are_believed(rf, settings, proxies: int, header: str, expected: str) -> None:
    settings.PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": header} if header else {}
    assert client_address(rf.get("/login", REMOTE_ADDR="10.0.0.1", **headers)) == expected


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_counted_one_by_one() -> None:
    """Many processes at once: each try is counted before the password is looked at."""
    places, ready = places_of(login="a", address=ATTACKER, device=None), Barrier(12)

    def one_try(_n: int) -> bool:
        try:
            ready.wait(timeout=30)
            return attempt_begin(places=places, at=NOW) is None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        granted = list(pool.map(one_try, range(12)))
    assert granted.count(True) == RULES["login"].free


@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(gaps=st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_never_more_tries_than_the_rule_grants_however_they_are_spaced(db: None, gaps: list[int]) -> None:
    """After the free ones, the n-th further try costs the sum of the delays before it."""
    Attempt.objects.all().delete()
    places, at, granted = places_of(login="a", address=ATTACKER, device=None), NOW, 0
    for gap in gaps:
        at += timedelta(seconds=gap)
        granted += attempt_begin(places=places, at=at) is None
    elapsed, allowed, cost = (at - NOW).total_seconds(), RULES["login"].free, 0
    delay = RULES["login"].base.total_seconds()
    while cost + delay <= elapsed:
        cost, allowed, delay = cost + delay, allowed + 1, min(delay * 2, 3600)
    assert granted <= allowed


def test_a_stranger_does_not_fill_the_table_of_sessions(
    client: Client, db: None, settings, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that keep something for a stranger are opened so often a minute from one address, and no more."""
    monkeypatch.setattr(ratelimits, "time", stopped())
    settings.RATE_LIMITS, settings.DATA_DIR = LIMITS, tmp_path
    stranger = Client(REMOTE_ADDR=ATTACKER)
    pages = ["/login/passkey", "/invitation/made-up"] * 70
    answers = [Client(REMOTE_ADDR=ATTACKER).get(page).status_code for page in pages]
    assert answers.count(429) == 140 - ENTRY.count
    assert Session.objects.count() == ENTRY.count // 2, "an invitation that there is not leaves none"
    assert stranger.get("/login").status_code == 200
    assert client.get("/login/passkey").status_code == 200, "from elsewhere"
