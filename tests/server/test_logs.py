"""Nothing about a person gets into the log: forms, searches, failing views, words of the database."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from oralu.apps.access.models import User
from oralu.config.logs import JsonLines, TextLines, configuration
from oralu.web.failures import PlainFailures
from world import World, build

NAME, IIN, WORD = "Қанарейкина", "900517490017", "canary-7f3a91"
CANARIES = (NAME, NAME.encode("unicode_escape").decode(), IIN, WORD)


@pytest.fixture(params=[JsonLines, TextLines])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that the log of a real installation would hold, in both shapes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param())
    handler.addFilter(PlainFailures())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def aigul(world: World, client: Client) -> Client:
    client.force_login(world.aigul)
    client.raise_request_exception = False
    return client


def clean(text: str) -> None:
    for canary in CANARIES:
        assert canary not in text, text


def test_what_people_type_search_and_open_is_not_in_the_log(aigul: Client, world: World, written: io.StringIO) -> None:
    case = world.enrol(person=world.person(surname=NAME))
    aigul.get("/search", {"q": NAME})
    aigul.get(f"/cases/{case.pk}")
    aigul.post(f"/cases/{case.pk}/notes", {"note": f"{NAME} {IIN} {WORD}"})
    aigul.post(f"/cases/{case.pk}/person", {"surname": NAME, "iin": IIN, "birth_date": WORD})
    aigul.get(f"/{NAME}/{WORD}", headers={"user-agent": WORD, "referer": f"http://testserver/{NAME}"})
    Client().post("/login", {"username": WORD, "password": NAME})
    text = written.getvalue()
    clean(text)
    for route in ("search", "case", "note-add", "person-edit", "login", "unknown"):
        assert f'"route": "{route}"' in text or f"route={route}" in text, route
    assert f"/{case.pk}" not in text


def unique_violation(**_given: Any) -> None:
    for _ in range(2):
        User.objects.create_user(NAME, WORD, role="administrator", full_name=IIN)


def bad_value(**_given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s::int", [NAME])


def defect(**_given: Any) -> None:
    secret = {"surname": NAME}
    try:
        secret[WORD]
    except KeyError:
        raise ValueError(f"no {IIN} of {NAME}") from None


def caused(**_given: Any) -> None:
    try:
        bad_value()
    except Exception as error:
        raise RuntimeError(WORD) from error


@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        (unique_violation, "23505"),
        (bad_value, "22P02"),
        (defect, "builtins.ValueError"),
        (caused, "builtins.RuntimeError"),
    ],
)
def test_a_view_that_fails_is_told_without_the_words_of_its_failure(
    aigul: Client, world: World, written: io.StringIO, monkeypatch: pytest.MonkeyPatch, *, fails: object, kind: str
) -> None:
    case = world.enrol()
    monkeypatch.setattr("oralu.apps.cases.services.entry_record", fails)
    assert aigul.post(f"/cases/{case.pk}/notes", {"note": WORD}).status_code == 500
    text = written.getvalue()
    clean(text)
    assert kind in text
    assert "test_logs.py" in text, "where it happened is what one needs"


def test_a_line_says_who_asked_for_what_and_how_long_it_took(aigul: Client, world: World) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("oralu.request")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        answer = aigul.get("/today")
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    line = json.loads(out.getvalue())
    expected = {"route": "today", "method": "GET", "status": 200, "user": world.aigul.pk, "level": "INFO"}
    assert {name: line[name] for name in expected} == expected
    assert line["request"] == answer["X-Request-ID"]
    assert line["ms"] > 0
    assert set(line) == {"time", "level", "logger", "message", "request", "route", "method", "status", "ms", "user"}


def test_messages_of_others_are_templates_and_ours_hide_exceptions_and_long_numbers(written: io.StringIO) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting: %s", NAME)
    logging.getLogger("django.security.DisallowedHost").error(f"Invalid HTTP_HOST header: {NAME}")
    logging.getLogger("oralu.somewhere").warning("case %s: %s, called %s", 12, ValueError(NAME), IIN)
    text = written.getvalue()
    clean(text)
    assert "error connecting: %s" in text
    assert "case 12: ValueError, called #" in text


def test_a_process_that_ends_by_a_failure_says_so_without_its_words() -> None:
    program = (
        "import logging.config; from oralu.config.logs import configuration, log_uncaught\n"
        "found = configuration('json'); found['filters'] = {}; found['handlers']['console']['filters'] = []\n"
        "logging.config.dictConfig(found); log_uncaught()\n"
        f"raise ValueError({NAME!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    clean(done.stderr)
    assert json.loads(done.stderr)["errors"][0]["type"] == "builtins.ValueError"


def test_the_shape_of_the_log_is_chosen_by_who_reads_it() -> None:
    assert configuration("json")["formatters"]["line"]["()"].endswith("JsonLines")
    assert configuration("text")["formatters"]["line"]["()"].endswith("TextLines")


def test_the_canaries_would_be_found() -> None:
    """The control of this page: an ordinary formatter lets every one of them through."""
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s %s %s", (NAME, IIN, WORD), None)
    with pytest.raises(AssertionError):
        clean(logging.Formatter().format(record))
