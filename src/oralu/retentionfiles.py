"""Reads how long personal data are kept from `policy/retention/`, strictly: a missing class, an unknown key or a term
without its basis is an error that names file, key and remedy. A silent default would erase too early or keep too
long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

CLASSES = ("contacts", "messages", "notes", "plans", "evidence", "identity")
"""What is erased, each by a term of its own, in the order in which the pages list them."""
BASES = ("law", "to_be_set")
MOST_YEARS = 75


class RetentionError(ValueError):
    """What is wrong with a file of terms, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Term:
    """Years after the closure of the last case. `words`: the citation of the act, or by what the number was chosen."""

    years: int
    basis: str
    words: str


@dataclass(frozen=True, slots=True)
class Retention:
    """The terms by class of data, and their digest, which a decision about an erasure keeps."""

    name: str
    verified: date
    terms: Mapping[str, Term]
    stays: Mapping[str, str]
    digest: str

    def due(self, closed_on: date, on: date) -> tuple[str, ...]:
        """The classes whose term has run out on a day."""
        return tuple(name for name in CLASSES if ends(closed_on, self.terms[name].years) <= on)


def ends(closed_on: date, years: int) -> date:
    """The first day after a term of years; one that begins on 29 February ends on 1 March."""
    try:
        return closed_on.replace(year=closed_on.year + years)
    except ValueError:
        return date(closed_on.year + years, 3, 1)


class _StrictLoader(yaml.SafeLoader):
    """A repeated key is an error, where plain YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise RetentionError(f"line {node.start_mark.line + 1}: {key!r} stands twice. Keep one of the two.")
        return super().construct_mapping(node, deep=deep)


@lru_cache(maxsize=4)
def load_retention(name: str = "kz") -> Retention:
    """The terms `policy/retention/<name>.yaml`, read once. Raises RetentionError."""
    source = files("oralu") / "policy" / "retention" / f"{name}.yaml"
    if not name.isidentifier() or not source.is_file():
        raise RetentionError(f"policy/retention/{name}.yaml is not there. Write it, or name another.")
    return parse_retention(source.read_text(encoding="utf-8"), f"policy/retention/{name}.yaml")


def parse_retention(text: str, file: str) -> Retention:
    """Parse the text of a file of terms. Raises RetentionError."""
    try:
        plain = yaml.load(text, Loader=_StrictLoader)
    except RetentionError as error:
        raise RetentionError(f"{file}, {error}") from None
    except yaml.YAMLError as error:
        raise RetentionError(f"{file} is not YAML: {error}") from None
    head = _keys(plain, ("retention", "verified", "classes", "stays"), (), file, "")
    if not isinstance(head["verified"], date):
        raise RetentionError(f"{file}, verified: {head['verified']!r} is not a date. Write 2026-11-22.")
    classes = _keys(head["classes"], CLASSES, (), file, "classes")
    stays = head["stays"]
    if not isinstance(stays, dict) or not all(isinstance(words, str) and words for words in stays.values()):
        raise RetentionError(f"{file}, stays: say in words why each stays.")
    return Retention(
        name=str(head["retention"]),
        verified=head["verified"],
        terms={name: _term(classes[name], file, f"classes.{name}") for name in CLASSES},
        stays=stays,
        digest=hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _term(plain: Any, file: str, place: str) -> Term:
    found = _keys(plain, ("years", "basis"), ("citation", "note"), file, place)
    years, basis = found["years"], found["basis"]
    if isinstance(years, bool) or not isinstance(years, int) or not 0 <= years <= MOST_YEARS:
        raise RetentionError(f"{file}, {place}.years: {years!r} is no term. Write whole years, 0 to {MOST_YEARS}.")
    if basis not in BASES:
        raise RetentionError(f"{file}, {place}.basis: {basis!r} is not known. Write {' or '.join(BASES)}.")
    needed = "citation" if basis == "law" else "note"
    words = found.get(needed)
    if not isinstance(words, str) or not words.strip():
        remedy = "Cite act and article." if needed == "citation" else "Say by what the number was chosen."
        raise RetentionError(f"{file}, {place}.{needed} is missing for basis {basis}. {remedy}")
    return Term(years, basis, words)


def _keys(plain: Any, required: tuple[str, ...], optional: tuple[str, ...], file: str, place: str) -> dict[str, Any]:
    where = f"{file}, {place}" if place else file
    if not isinstance(plain, dict):
        raise RetentionError(f"{where} is not a mapping. Write keys with values: {', '.join(required)}.")
    known = (*required, *optional)
    for key in plain:
        if key not in known:
            raise RetentionError(f"{where}: {key!r} is not known. Remove it; known: {', '.join(known)}.")
    for key in required:
        if key not in plain:
            raise RetentionError(f"{where}: {key!r} is missing. Add it.")
    return plain
