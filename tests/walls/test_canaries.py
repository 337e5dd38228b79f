"""Programme, item 7: a word that occurs nowhere else stands in each field that somebody may not know of. Everybody
opens every page that is theirs, and each word is found only where the table below allows it."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Mapping

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from oralu.apps.agencies.models import RefugeAddress
from oralu.apps.cases.models import Emergency, HealthNote, Note, Offence
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.texts import message_text
from oralu.apps.people.models import Child
from oralu.web.declared import OPEN, routes
from walls.test_matrix import PEOPLE, Scene, asked

OFFICERS = frozenset({"aigul", "bolat", "marat"})
ALLOWED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "кенарстатья": {"case": OFFICERS, "offence": OFFICERS},
    "кенардиагноз": {"care-case": frozenset({"zarina"})},
    "кенарприют": {"referral-whereabouts": OFFICERS | {"erlan"}},
    "кенардитя": {
        "case": OFFICERS | {"erlan"},
        "children": OFFICERS,
        "enrolled": OFFICERS,
        "enrolled-paper": OFFICERS,
    },
    "кенарзаметка": {"case": OFFICERS | {"erlan"}},
    "кенарбеда": {"emergencies": frozenset({"bolat"}), "emergency-review": frozenset({"bolat"})},
}
"""By word: on which address it may be met, and by whom. Erlan has opened the case in an emergency, to read; he has also
placed somebody of his own in the refuge."""
WORDS = re.compile("кенар\\w+", re.IGNORECASE)


def plant(made: Scene) -> None:
    """Put the words where they would stand."""
    case = made.cases["ours"]
    Offence.objects.filter(case=case).update(article="кенарстатья", court="кенарстатья")
    HealthNote.objects.filter(case=case).update(text="кенардиагноз")
    RefugeAddress.objects.update(address="кенарприют")
    Child.objects.filter(person_id=case.person_id).update(name="кенардитя")
    Note.objects.filter(case=case).update(text="кенарзаметка")
    Emergency.objects.filter(case=case).update(words="кенарбеда")


def words_of(response: HttpResponse) -> set[str]:
    if response.streaming:
        return set()
    if response.get("Content-Type", "").startswith("application/pdf"):
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    else:
        text = response.content.decode("utf-8", errors="replace")
    return {word.lower() for word in WORDS.findall(text)}


@pytest.mark.django_db
def test_no_word_is_met_where_it_must_not_be(caplog: pytest.LogCaptureFixture) -> None:
    made = Scene()
    plant(made)
    caplog.set_level(logging.INFO)
    stray: set[str] = set()
    met: set[str] = set()
    pages = 0
    for name, path, view in routes():
        if name in OPEN or name == "home" or path.startswith(("api", "^api")):
            continue
        for who in PEOPLE:
            user = getattr(made.world, who)
            for target in made.targets(user, path):
                if not made.allows(user, view.permission, target):
                    continue
                pages += 1
                answer = asked(made.client(user), "get", {}, reverse(name, kwargs=target.kwargs))
                for word in words_of(answer):
                    met.add(word)
                    if who not in ALLOWED.get(word, {}).get(name, frozenset()):
                        stray.add(f"{word} on {name} for {who}")
    assert stray == set()
    assert met >= ALLOWED.keys() - {"кенарприют"}, "a word that is met nowhere proves nothing"
    for message in Message.objects.all():
        for language in ("kk", "ru", "en"):
            with translation.override(language):
                text = message_text(message.template, message.data)
            assert not WORDS.search(f"{text.subject} {text.body} {message.data}"), message.template
    assert not WORDS.search(str(list(Entry.objects.values_list("data", flat=True))))
    assert not WORDS.search("\n".join(record.getMessage() for record in caplog.records))
    print(f"{pages} pages")
