"""One cell as a statement about facts: the word, and the date and the proof that may stand beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from oralu.register.dates import DateFound, NotADateError, find_date
from oralu.register.layout import clean_cell
from oralu.register.sources import CellValue
from oralu.register.text import key, nearest
from oralu.register.vocabulary import Vocabulary

_SEPARATORS = re.compile(r"[,;()\[\]\n]")
_PAPER_NUMBER = re.compile(r"[^\W\d_]{0,3}\d{5,}")
_DATE_COMMA = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a fact cell says. `statement` empty and no trouble: an empty cell. `trouble` is a problem's code with its
    `params`; then nothing of the cell is read."""

    statement: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    until: date | None = None
    evidence: bool = False
    number: str = ""
    trouble: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


def read_fact(fact: str, cell: CellValue, vocabulary: Vocabulary, *, latest: date) -> Reading:
    """Reads a cell of the column of `fact`. `latest`: the century of a two-digit year ends here.

    The text is taken whole first («ФИО снимает, с 01.02.2025» may itself be in a mapping file), then piece by piece."""
    if isinstance(cell, bool):
        cell = "+" if cell else "0"
    if isinstance(cell, date):
        return _bare_date(fact, Reading(day=cell), vocabulary, clean_cell(cell))
    text = clean_cell(cell)
    word = key(text)
    if not word or vocabulary.answers.get(word) == "unknown":
        return Reading()
    if (statement := _statement(fact, word, vocabulary)) is not None:
        return Reading(statement=statement)
    if (value := _by_shape(fact, word, vocabulary)) is not None:
        return Reading(statement={fact: value}, evidence=True, number=_number(text))
    return _read_pieces(fact, text, vocabulary, latest)


def _statement(fact: str, word: str, vocabulary: Vocabulary) -> Mapping[str, str] | None:
    if (stated := vocabulary.statements[fact].get(word)) is not None:
        return stated
    if (answer := vocabulary.answers.get(word)) is not None:
        return {} if answer == "unknown" else {fact: answer}
    return None


def _by_shape(fact: str, word: str, vocabulary: Vocabulary) -> str | None:
    """The number of a paper in the place of a word says that the paper is there, and is its proof."""
    return next((value for shape, value in vocabulary.patterns.get(fact, ()) if shape.fullmatch(word)), None)


def _number(text: str) -> str:
    """The number of a paper within «№ 045123456 от 03.02.2020»."""
    found = _PAPER_NUMBER.search(text)
    return found[0] if found else text.strip()


def _read_pieces(fact: str, text: str, vocabulary: Vocabulary, latest: date) -> Reading:
    stated: dict[str, str] = {}
    day = until = None
    evidence, number = False, ""
    for piece in _SEPARATORS.split(_DATE_COMMA.sub(".", text)):
        try:
            found = find_date(piece, latest=latest)
        except NotADateError as error:
            return Reading(trouble=error.reason)
        word = key(piece)
        if found is not None:
            word, is_until = _around(found, vocabulary)
            day, until = (day, found.day) if is_until else (found.day, until)
        if not word or word in vocabulary.since:
            continue
        if word in vocabulary.proof:
            evidence = True
            continue
        statement = _statement(fact, word, vocabulary)
        if statement is None and (value := _by_shape(fact, word, vocabulary)) is not None:
            statement, evidence, number = {fact: value}, True, _number(piece)
        if statement is None:
            return _unknown(fact, word, vocabulary)
        if any(stated.get(name, value) != value for name, value in statement.items()):
            return Reading(trouble="words_disagree")
        stated.update(statement)
    reading = Reading(stated, day, until, evidence, number)
    return reading if stated else _bare_date(fact, reading, vocabulary, key(text))


def _around(found: DateFound, vocabulary: Vocabulary) -> tuple[str, bool]:
    """The words beside a date without its preposition, and whether the date is an end. Kazakh puts it behind."""
    before, after = found.before.split(), found.after.split()
    is_until = False
    while before and (before[-1] in vocabulary.since or before[-1] in vocabulary.until):
        is_until = before.pop() in vocabulary.until or is_until
    while after and (after[0] in vocabulary.since or after[0] in vocabulary.until):
        is_until = after.pop(0) in vocabulary.until or is_until
    return " ".join((*before, *after)), is_until


def _bare_date(fact: str, reading: Reading, vocabulary: Vocabulary, word: str) -> Reading:
    """A date with nothing beside it: for screening the day it was done, for housing no answer."""
    value = vocabulary.bare_date.get(fact)
    if value is None or reading.day is None:
        return _unknown(fact, word, vocabulary)
    return Reading({fact: value}, reading.day, reading.until, reading.evidence, reading.number)


def _unknown(fact: str, word: str, vocabulary: Vocabulary) -> Reading:
    near = nearest(word, vocabulary.statements[fact])
    meaning = vocabulary.statements[fact][near] if near else {}
    spelled = vocabulary.spelled.get(near, near) if near else ""
    return Reading(trouble="word_unknown", params={"near": spelled, "meaning": dict(meaning)})
