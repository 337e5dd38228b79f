"""What protects every answer: the settings under HTTPS, headers, limits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from oralu.config import ratelimits
from oralu.config.ratelimits import LIMITS, Counter, Limit
from stopped import stopped
from world import World, build

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def aigul(world: World, client: Client) -> Client:
    client.force_login(world.aigul)
    return client


def test_djangos_own_examination_of_a_deployment_finds_nothing(tmp_path: Path) -> None:
    own = ("ORALU_", "DJANGO_")  # a browser's fixture allows what a deployment must not
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)} | {
        "ORALU_HTTPS": "yes",
        "ORALU_HOSTS": "oralu.example.kz",
        "ORALU_ORIGINS": "https://oralu.example.kz",
        "ORALU_DATA": str(tmp_path),
        "DATABASE_URL": "postgresql://oralu_app:x@127.0.0.1:1/oralu",
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "oralu", "manage", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout


EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def protected(response: HttpResponse, where: str) -> None:
    for name, value in EVERY_ANSWER.items():
        assert response.get(name) == value, f"{where}: {name}"
    assert "camera=()" in response["Permissions-Policy"], where
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy, where
    assert "unsafe" not in policy, where
    assert "no-store" in response["Cache-Control"], where


def names(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        found += names(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


def path_of(pattern: URLPattern) -> str:
    """An address of a route: every number is 1, every word is a word. Most say 404, which must be protected as well."""
    path = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = "1" if kind == "int" else "00000000-0000-0000-0000-000000000000" if kind == "uuid" else "word"
        path = path.replace(f"<{kind}:{name}>", value).replace(f"<{name}>", value)
    return f"/{path}"


def test_every_answer_of_every_route_is_protected(aigul: Client, world: World, client: Client) -> None:
    """Signed in and as a stranger; found, forbidden, redirected and not there alike."""
    case = world.enrol(facts={"housing": "homeless"})
    patterns = names(get_resolver().url_patterns)
    assert len(patterns) > 60
    stranger = Client()
    for pattern in patterns:
        path = path_of(pattern)
        if pattern.name == "logout":
            continue
        for who, browser in (("staff", aigul), ("a stranger", stranger)):
            protected(browser.get(path), f"{path} for {who}")
    for path in (f"/cases/{case.pk}", "/today", "/cases.csv", "/nowhere"):
        protected(aigul.get(path), path)
    protected(aigul.post(f"/cases/{case.pk}/notes", {"note": ""}), "a form refused")


def test_https_is_asked_for_a_year_and_for_every_name_below(aigul: Client, settings: SettingsWrapper) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 365 * 24 * 3600, True
    answer = Client().get("/login", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_who_asks_too_often_waits_and_others_do_not(
    world: World, settings: SettingsWrapper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(ratelimits, "time", stopped())
    settings.RATE_LIMITS = {"search": Limit("search", 3, 3600), "caseload": Limit("search", 3, 3600)}
    aigul, bolat = Client(), Client()
    aigul.force_login(world.aigul)
    bolat.force_login(world.bolat)
    assert [aigul.get(path).status_code for path in ("/search", "/cases", "/search", "/cases")] == [200, 200, 200, 429]
    refused = aigul.get("/search")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 3600
    protected(refused, "too often")
    assert aigul.get("/today").status_code == 200
    assert bolat.get("/search").status_code == 200


def test_the_counter_loses_nothing_between_threads_and_processes(tmp_path: Path) -> None:
    limit, path = Limit("x", 10_000, 60), tmp_path / "limits"
    program = (
        "import sys; from pathlib import Path; from oralu.config.ratelimits import Counter, Limit\n"
        "c = Counter(Path(sys.argv[1]))\nfor _ in range(200): assert c.hit('a', Limit('x', 10000, 60), 1000.0) == 0\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path)], env=os.environ) for _ in range(2)]
    counter = Counter(path)
    threads = [threading.Thread(target=lambda: [counter.hit("a", limit, 1000.0) for _ in range(100)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    assert counter.hit("a", Limit("x", 700, 60), 1000.0) > 0, "701 hits were counted"
    assert counter.hit("a", Limit("x", 702, 60), 1000.0) == 0
    assert counter.hit("a", Limit("x", 1, 60), 1100.0) == 0, "a new window begins anew"


def test_the_counter_loses_nothing_when_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite does not wait where two make the file what it is to be: one is told at once that it is locked."""
    for n in range(300):
        counter, limit, gate = Counter(tmp_path / f"limits-{n}"), Limit("x", 100, 60), threading.Barrier(6)

        def one(counter: Counter = counter, limit: Limit = limit, gate: threading.Barrier = gate) -> None:
            gate.wait()
            counter.hit("a", limit, 1000.0)

        threads = [threading.Thread(target=one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counter.hit("a", Limit("x", 6, 60), 1000.0) > 0, f"file {n}: 7 hits were counted"


def test_a_counter_that_cannot_write_limits_nobody(tmp_path: Path) -> None:
    assert Counter(tmp_path / "not" / "there").hit("a", Limit("x", 1, 60), 1000.0) == 0


def test_every_limit_is_of_a_route_that_exists() -> None:
    assert set(LIMITS) <= {pattern.name for pattern in names(get_resolver().url_patterns)}
