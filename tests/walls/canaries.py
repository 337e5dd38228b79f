"""A word that occurs nowhere else, in each field that somebody may not know of, and where each may be met."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oralu.apps.agencies.models import RefugeAddress
from oralu.apps.cases.models import Emergency, HealthNote, Note, Offence
from oralu.apps.people.models import Child

if TYPE_CHECKING:
    from walls.test_matrix import Scene

OFFICERS = frozenset({"aigul", "bolat", "marat"})
ALLOWED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "кенарстатья": {"case": OFFICERS, "offence": OFFICERS},
    "кенардиагноз": {"care-case": frozenset({"zarina"})},
    "кенарприют": {"referral-whereabouts": OFFICERS | {"erlan"}},
    "кенардитя": {"case": OFFICERS | {"erlan"}, "children": OFFICERS},
    "кенарзаметка": {"case": OFFICERS | {"erlan"}},
    "кенарбеда": {"emergencies": frozenset({"bolat"}), "emergency-review": frozenset({"bolat"})},
}
"""By word: on which address it may be met, and by whom. Erlan has opened the case in an emergency, to read; he has also
placed somebody of his own in the refuge. No machine may meet any."""
WORDS = re.compile("кенар\\w+", re.IGNORECASE)
Met = tuple[str, str, str]
"""The word, the name of the address, and who."""


def plant(made: Scene) -> None:
    """Put the words where they would stand."""
    case = made.cases["ours"]
    Offence.objects.filter(case=case).update(article="кенарстатья", court="кенарстатья")
    HealthNote.objects.filter(case=case).update(text="кенардиагноз")
    RefugeAddress.objects.update(address="кенарприют")
    Child.objects.filter(person_id=case.person_id).update(name="кенардитя")
    Note.objects.filter(case=case).update(text="кенарзаметка")
    Emergency.objects.filter(case=case).update(words="кенарбеда")


def words_in(text: str) -> set[str]:
    return {word.lower() for word in WORDS.findall(text)}


def may_be_met() -> set[Met]:
    return {(word, name, who) for word, at in ALLOWED.items() for name, people in at.items() for who in people}
