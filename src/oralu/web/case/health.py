"""What the unit knows of health: how great the need is, whether help is received, and that there are medical notes; of
the notes never a word (security, promise 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oralu.apps.cases.protected_selectors import NoteTold, health_notes_told
from oralu.apps.routing.case_file import CaseFile
from oralu.core.facts import UNKNOWN
from oralu.web.components import Term
from oralu.web.screens import lang

LEVELS = ("medical_need", "medical_help", "psychological_need", "psychological_help")


@dataclass(frozen=True)
class Health:
    """`terms`: levels, and whether help is received, unknown ones too; `notes`: when, by whom, the latest first."""

    terms: tuple[Term, ...]
    notes: Sequence[NoteTold]


def health_of(file: CaseFile) -> Health:
    edition, states = file.edition, file.facts
    terms = tuple(
        Term(
            edition.label("fact", name, lang()),
            edition.value_label(name, states[name].value if name in states else UNKNOWN, lang()),
        )
        for name in LEVELS
        if name in edition.fact_by_name
    )
    return Health(terms, health_notes_told(file.case))
