"""On what ground a person is on the register, and under which kind of probation: each is read, or told by the other."""

from __future__ import annotations

from dataclasses import dataclass

from oralu.register.layout import Layout, clean_cell
from oralu.register.model import Problem
from oralu.register.person import read_choice
from oralu.register.sources import CellValue
from oralu.register.text import key
from oralu.register.trouble import RowTrouble
from oralu.register.vocabulary import Vocabulary

# Law 38-VI, arts 13–17. Which ground of several is the usual one is a decision of this project: it is always said.
KIND_OF = {
    "conditional_sentence": "sentence",
    "restriction_of_liberty": "sentence",
    "released_full_term": "post_penitentiary",
    "conditional_release": "post_penitentiary",
    "substituted": "post_penitentiary",
    "before_release": "penitentiary",
    "pre_trial": "pre_trial",
}
GROUND_OF = {
    "pre_trial": "pre_trial",
    "sentence": "conditional_sentence",
    "penitentiary": "before_release",
    "post_penitentiary": "released_full_term",
}
USUAL_KIND = "sentence"
_CERTAIN = frozenset(kind for kind in GROUND_OF if list(KIND_OF.values()).count(kind) == 1)
_ABBREVIATION = 4


@dataclass(frozen=True, slots=True)
class Standing:
    ground: str
    kind: str


def read_standing(
    ground_cell: CellValue, kind_cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary
) -> Standing:
    """Both codes. What is taken without being written is said as a warning, once for a whole table without the column
    (`standing_notes`)."""
    text = clean_cell(ground_cell) or vocabulary.defaults.get("ground", "")
    ground = find_ground(text, vocabulary)
    kind = read_choice("probation_type", kind_cell, trouble, vocabulary) or vocabulary.defaults.get("probation_type")
    if kind is None and ground is not None:
        kind = KIND_OF[ground]
    if kind is None:
        kind = USUAL_KIND
        if trouble.layout.of("probation_type"):
            trouble.warn("kind_assumed", "probation_type", kind=kind)
    if ground is None:
        ground = GROUND_OF.get(kind, GROUND_OF[USUAL_KIND])
        if key(text) and vocabulary.answers.get(key(text)) is None:
            trouble.warn("ground_unknown", "ground", ground=ground)
        elif trouble.layout.of("ground") and kind not in _CERTAIN:
            trouble.warn("ground_assumed", "ground", ground=ground)
    return Standing(ground, kind)


def find_ground(text: str, vocabulary: Vocabulary) -> str | None:
    """The one ground that a text names. A single word counts only as the whole text, since «условно» alone is a
    sentence and «условно … досрочно» a release; phrases and abbreviations count anywhere, the longest first."""
    table, word = vocabulary.choices["ground"], key(text)
    if (code := table.get(word)) is not None:
        return code
    left, found = f" {word} ", set()
    for phrase in sorted(table, key=len, reverse=True):
        if (" " in phrase or len(phrase) <= _ABBREVIATION) and f" {phrase} " in left:
            left = left.replace(f" {phrase} ", "  ")
            found.add(table[phrase])
    return found.pop() if len(found) == 1 else None


def standing_notes(layout: Layout, file: str, vocabulary: Vocabulary) -> list[Problem]:
    """What is taken for all rows of a table that has no column for it."""
    notes = []
    has_ground = bool(layout.of("ground") or "ground" in vocabulary.defaults)
    if not has_ground and not (layout.of("probation_type") or "probation_type" in vocabulary.defaults):
        notes.append(Problem("kind_no_column", "warning", file, layout.sheet, params={"kind": USUAL_KIND}))
    if not has_ground:
        notes.append(Problem("ground_no_column", "warning", file, layout.sheet))
    return notes
