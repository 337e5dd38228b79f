"""Programme, items 7 and 11: everybody opens everything, the mail leaves, the log is read, requests fail. No word is
met where it may not be; of each answer with somebody's data there is exactly one row that names exactly whose; and
where that row cannot be written, nothing of anybody goes out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.journal.models import Access, Entry
from oralu.apps.messages.models import Delivery, Message
from oralu.apps.messages.services import deliveries_send
from oralu.apps.people.models import Person
from oralu.config.logs import JsonLines
from walls.canaries import ALLOWED, Met, may_be_met, plant, words_in
from walls.crawling import Answer, Crawl

if TYPE_CHECKING:
    from oralu.server.postgres import Server

LOSES = "revoke insert on journal_access from oralu_app, oralu_worker"
REGAINS = "grant insert on journal_access to oralu_app, oralu_worker"


@pytest.mark.django_db
def test_everybody_opens_everything(caplog: pytest.LogCaptureFixture, database_server: Server, settings: Any) -> None:
    crawl = Crawl()
    plant(crawl.made)
    caplog.set_level(logging.INFO)
    met: dict[str, set[Met]] = {"page": set(), "panel": set(), "act": set(), "machine": set()}
    wrong: list[str] = []
    showing: dict[tuple[str, str], Answer] = {}
    asked: Counter[str] = Counter()
    for ask in crawl.asks():
        answer = crawl.answer(ask)
        asked[ask.how] += 1
        met[ask.how] |= {(word, ask.name, ask.who) for word in words_in(answer.text)}
        if crawl.subjects(answer.text):
            showing.setdefault((ask.how, ask.name), answer)
        if problem := _unaccounted(crawl, answer):
            wrong.append(f"{answer}: {problem}")
        if answer.status >= 500:
            wrong.append(str(answer))

    allowed = may_be_met()
    # Each word is met wherever it may be, or that it is met nowhere else would prove nothing.
    assert met["page"] == allowed, met["page"] ^ allowed
    assert met["panel"] | met["act"] <= allowed, (met["panel"] | met["act"]) - allowed
    assert {word for word, _name, _who in met["panel"]} == ALLOWED.keys()
    assert met["machine"] == set()
    assert wrong == [], f"{len(wrong)} of {sum(asked.values())}:\n" + "\n".join(wrong[:40])
    assert {("page", "case"), ("page", "caseload-csv"), ("machine", "cases"), ("act", "case")} <= showing.keys()

    _mail_says_nothing(settings)
    _failures_say_nothing(crawl, showing)
    with _journal_broken(database_server):
        told = [
            answer for answer in (crawl.answer(one.ask) for one in showing.values()) if not _is_silent(crawl, answer)
        ]
    assert told == []
    assert not words_in(str([*Entry.objects.values_list("data"), *Access.objects.values_list("object")]))
    said = "\n".join(map(JsonLines().format, caplog.records))
    assert '"status": 500' in said
    assert not words_in(said)
    assert crawl.subjects(said) == set()
    print(f"{dict(asked)}, {len(showing)} kinds of answer with persons")


def _unaccounted(crawl: Crawl, answer: Answer) -> str:
    """What is wrong with the row of an answer; empty: nothing."""
    shown = crawl.subjects(answer.text)
    if not shown and len(answer.rows) <= 1:
        return ""
    if len(answer.rows) != 1:
        return f"shows {shown} by {len(answer.rows)} rows"
    [row] = answer.rows
    missing = [cases for cases in shown if not cases & row]
    if missing:
        return f"shows {missing}, which the row {row} does not name"
    return "" if row <= frozenset().union(*shown) or not shown else f"the row {row} names more than {shown}"


def _is_silent(crawl: Crawl, answer: Answer) -> bool:
    return answer.status >= 500 and not crawl.subjects(answer.text) and not words_in(answer.text)


@contextmanager
def _journal_broken(server: Server) -> Iterator[None]:
    """Nobody can write a row of a reading."""
    with server.connect_admin() as admin:
        admin.execute(LOSES)
        try:
            yield
        finally:
            admin.execute(REGAINS)


def _mail_says_nothing(settings: Any) -> None:
    """Every message leaves by e-mail, in each language."""
    settings.EMAIL_HOST = "mail.example"
    now = timezone.now() + timedelta(hours=1)
    for language in ("kk", "ru", "en"):
        User.objects.update(email="staff@example.org", language=language)
        Delivery.objects.all().delete()
        Delivery.objects.bulk_create([Delivery(message=one, next_attempt_at=now) for one in Message.objects.all()])
        assert deliveries_send(at=now, limit=1000) > 10
    assert len(mail.outbox) > 30
    assert not words_in("\n".join(str(letter.message()) + letter.subject + letter.body for letter in mail.outbox))
    assert all("соловей" not in f"{letter.subject}{letter.body}".lower() for letter in mail.outbox)
    assert any("№" in letter.body for letter in mail.outbox)


def _failures_say_nothing(crawl: Crawl, showing: dict[tuple[str, str], Answer]) -> None:
    """A defect whose words quote the person; an address, a form and a body that hold a word."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Person, "full_name", property(_quote))
        failed = [crawl.answer(one.ask) for one in showing.values()]
    assert sum(answer.status == 500 for answer in failed) > 20
    assert [answer for answer in failed if answer.status == 500 and not _is_silent(crawl, answer)] == []

    strict, machine = Client(enforce_csrf_checks=True), crawl.machines["unit"]
    strict.force_login(crawl.made.world.aigul)
    body = {"facts": [{"name": "кенарстатья", "value": "кенарстатья"}]}
    refused = [
        strict.post(f"/cases/{crawl.made.cases['ours'].pk}/notes", {"text": "кенарзаметка"}),
        strict.get("/cases/кенардитя?q=кенардитя"),
        machine.read("/cases/кенардитя"),
        machine.read("/cases?state=кенардитя"),
        machine.act(f"/cases/{crawl.made.cases['ours'].pk}/facts", body),
    ]
    assert [one.status_code for one in refused] == [403, 404, 404, 422, 422]
    assert [words_in(one.content.decode()) for one in refused] == [set()] * len(refused)


def _quote(person: Person) -> str:
    raise ValueError(f"{person.surname} {person.iin} кенардитя")
