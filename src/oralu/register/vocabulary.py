"""The words of registers: headers and values from `policy/register`, the labels of the edition, a unit's mapping file.

All are data. A word that means two things within one field is a load error, and so is a key nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from oralu.core.edition import Edition
from oralu.register.dates import Order
from oralu.register.model import Problem, RegisterError
from oralu.register.text import key

FOLDER = Path(__file__).resolve().parent.parent / "policy" / "register"
LANGUAGES = ("ru", "kk", "en")
IGNORE = "ignore"
CHOICES = ("sex", "languages", "probation_type", "ground", "region")
DEFAULTS = ("region", "unit", "probation_type", "ground")
NO_ANSWERS = ("unknown", "asked_unknown", "refused")
PERSON_FIELDS = (
    *("full_name", "surname", "given_name", "patronymic", "iin", "birth_date", "sex", "phone", "address", "languages"),
    *("children", "ground", "probation_type", "enrolled_on", "released_on", "consent_given_on", "unit", "region"),
)
FACT_PARTS = ("day", "until", "number")
_TOP_KEYS = {
    *("answers", "proof", "date_words", "sex", "yes_no", "languages", "probation_type", "ground", "region", "facts"),
    *("compound", "bare_date", "patterns", "rows"),
}

Statement = Mapping[str, str]


class VocabularyError(ValueError):
    """The words contradict each other or the edition. The text says which file, where, and what to do."""


@dataclass(slots=True)
class Vocabulary:
    """Every table is keyed by `text.key`. `statements[fact]` gives, for a word in the column of that fact, the facts
    that it states. `spelled` gives the word of a key as people write it."""

    facts: Mapping[str, Sequence[str]]
    headers: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    statements: dict[str, dict[str, Statement]] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    yes_no: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    proof: frozenset[str] = frozenset()
    since: frozenset[str] = frozenset()
    until: frozenset[str] = frozenset()
    bare_date: Mapping[str, str] = field(default_factory=dict)
    patterns: dict[str, list[tuple[re.Pattern[str], str]]] = field(default_factory=dict)
    rows: dict[str, frozenset[str]] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    date_order: Order = "dmy"
    defaults: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> frozenset[str]:
        """Every field that a column can be read as under this edition."""
        parts = (f"{fact}.{part}" for fact in self.facts for part in FACT_PARTS)
        return frozenset((*PERSON_FIELDS, IGNORE, *self.facts, *parts))


def load_vocabulary(edition: Edition, mapping: Path | None = None) -> Vocabulary:
    """The words for one edition, with a unit's mapping file over them.

    Raises VocabularyError for a contradiction in the project's own words, RegisterError for a bad mapping file."""
    vocabulary = Vocabulary(facts={fact.name: fact.codes for fact in edition.facts})
    headers = _load(FOLDER / "headers.yaml")
    values = _load(FOLDER / "values.yaml")
    if left := set(values) ^ _TOP_KEYS:
        raise VocabularyError(f"values.yaml: unknown or missing keys: {', '.join(sorted(left))}")
    _add_headers(vocabulary, headers)
    _add_values(vocabulary, values)
    _add_labels(vocabulary, edition)
    if mapping is not None:
        _add_mapping(vocabulary, mapping)
    return vocabulary


def _add_headers(vocabulary: Vocabulary, headers: Mapping[str, Sequence[str]]) -> None:
    fields = vocabulary.fields()
    for listed, phrases in headers.items():
        name = listed if listed in fields else IGNORE  # a fact that this edition does not know is not read
        for phrase in (*_strings(phrases, f"headers.yaml: {name}"), *(() if name == IGNORE else (name,))):
            _put(vocabulary.headers, phrase, name, f"headers.yaml: {name}")


def _add_values(vocabulary: Vocabulary, values: Mapping[str, Any]) -> None:
    for name in CHOICES:
        vocabulary.choices[name] = _inverted(values[name], name)
        _spell(vocabulary, values[name])
    vocabulary.yes_no = _inverted(values["yes_no"], "yes_no")
    vocabulary.answers = _inverted(values["answers"], "answers")
    vocabulary.proof = _keys(values["proof"], "proof")
    vocabulary.since = _keys(values["date_words"]["since"], "date_words")
    vocabulary.until = _keys(values["date_words"]["until"], "date_words")
    vocabulary.rows = {name: _keys(words, f"rows.{name}") for name, words in values["rows"].items()}
    vocabulary.bare_date = {fact: value for fact, value in values["bare_date"].items() if fact in vocabulary.facts}
    for fact, table in values["facts"].items():
        if fact in vocabulary.facts:
            words = _inverted(table, f"facts.{fact}")
            _spell(vocabulary, table)
            vocabulary.statements[fact] = {word: {fact: value} for word, value in words.items()}
    for fact, entries in values["compound"].items():
        for entry in entries if fact in vocabulary.facts else ():
            for word in _strings(entry["words"], f"compound.{fact}"):
                _put(vocabulary.statements[fact], word, entry["set"], f"compound.{fact}")
                vocabulary.spelled[key(word)] = word
    for fact, shapes in values["patterns"].items():
        vocabulary.patterns[fact] = [(re.compile(shape), value) for shape, value in shapes.items()]
    for fact, table in vocabulary.statements.items():
        for word, statement in table.items():
            _check(vocabulary, statement, f"values.yaml: {fact}: {word}")


def _add_labels(vocabulary: Vocabulary, edition: Edition) -> None:
    """Labels of the edition are words too, so that a new fact or another edition needs no list here. They never
    displace a word that stands."""
    for fact, values in vocabulary.facts.items():
        for language in LANGUAGES:
            vocabulary.headers.setdefault(key(edition.label("fact", fact, language)), fact)
        table = vocabulary.statements.setdefault(fact, {})
        for value in values:
            table.setdefault(key(value), {fact: value})
            for language in LANGUAGES:
                table.setdefault(key(edition.label("value", f"{fact}.{value}", language)), {fact: value})


def _add_mapping(vocabulary: Vocabulary, path: Path) -> None:
    def refuse(reason: str) -> RegisterError:
        return RegisterError(Problem("mapping_bad", "error", path.name, params={"detail": reason}))

    try:
        mapping = _load(path)
        if unknown := set(mapping) - {"columns", "words", "date_order", "defaults"}:
            raise VocabularyError(
                f"{', '.join(sorted(map(str, unknown)))}: expected columns, words, date_order, defaults"
            )
        _map_columns(vocabulary, mapping.get("columns") or {})
        _map_words(vocabulary, mapping.get("words") or {})
        vocabulary.date_order = _date_order(mapping.get("date_order", "dmy"))
        defaults = {str(name): str(value) for name, value in (mapping.get("defaults") or {}).items()}
        if unknown := set(defaults) - set(DEFAULTS):
            raise VocabularyError(f"defaults: {', '.join(sorted(unknown))}: expected {', '.join(DEFAULTS)}")
        for name in ("probation_type", "ground"):
            if name in defaults and defaults[name] not in (known := set(vocabulary.choices[name].values())):
                raise VocabularyError(f"defaults: {name}: {defaults[name]}: expected {', '.join(sorted(known))}")
        vocabulary.defaults = defaults
    except (OSError, UnicodeError, yaml.YAMLError, VocabularyError, AttributeError, TypeError) as error:
        raise refuse(" ".join(str(error).split())) from error


def _map_columns(vocabulary: Vocabulary, columns: Mapping[object, object]) -> None:
    fields = vocabulary.fields()
    for header, name in columns.items():
        if name not in fields:
            raise VocabularyError(f"columns: {header}: {name} is no field; known: {', '.join(sorted(fields))}")
        letter = re.fullmatch(r"column ([A-Z]{1,3})", str(header))
        table, at = (vocabulary.letters, letter[1]) if letter else (vocabulary.headers, key(str(header)))
        table[at] = str(name)


def _map_words(vocabulary: Vocabulary, words: Mapping[str, Mapping[object, object]]) -> None:
    for name, table in words.items():
        for word, meaning in table.items():
            where = f"words: {name}: {word}"
            if name in vocabulary.choices:
                if meaning not in set(vocabulary.choices[name].values()):
                    raise VocabularyError(f"{where}: {meaning} is no value")
                vocabulary.choices[name][key(str(word))] = str(meaning)
                continue
            if name not in vocabulary.facts:
                raise VocabularyError(f"words: {name}: no such field")
            statement = meaning if isinstance(meaning, Mapping) else {name: _yaml_word(meaning)}
            statement = {str(fact): _yaml_word(value) for fact, value in statement.items()}
            _check(vocabulary, statement, where)
            vocabulary.statements[name][key(str(word))] = statement


def _check(vocabulary: Vocabulary, statement: Statement, where: str) -> None:
    for fact, value in statement.items():
        if fact in vocabulary.facts and value not in (*vocabulary.facts[fact], *NO_ANSWERS):
            raise VocabularyError(f"{where}: {value} is no value of {fact}: {', '.join(vocabulary.facts[fact])}")
        if fact not in vocabulary.facts:
            raise VocabularyError(f"{where}: the edition has no fact {fact}")


def _yaml_word(value: object) -> str:
    """YAML reads yes and no as truth values; the vocabulary has them as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _date_order(value: object) -> Literal["dmy", "mdy"]:
    if value == "dmy":
        return "dmy"
    if value == "mdy":
        return "mdy"
    raise VocabularyError(f"date_order: {value}: expected dmy or mdy")


def _inverted(table: Mapping[str, Sequence[str]], where: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for value, words in table.items():
        for word in (*_strings(words, f"{where}.{value}"), value):
            _put(result, word, value, where)
    return result


def _spell(vocabulary: Vocabulary, table: Mapping[str, Sequence[str]]) -> None:
    for words in table.values():
        for word in words:
            vocabulary.spelled.setdefault(key(word), word)


def _put(table: dict[str, Any], word: str, meaning: object, where: str) -> None:
    if table.setdefault(key(word), meaning) != meaning:
        raise VocabularyError(f"{where}: «{word}» already means {table[key(word)]}")


def _keys(words: Sequence[str], where: str) -> frozenset[str]:
    return frozenset(key(word) for word in _strings(words, where))


def _strings(words: Sequence[object], where: str) -> list[str]:
    for word in words:
        if not isinstance(word, str):
            raise VocabularyError(f"{where}: {word!r} is no text; put it in quotes")
    return list(words)  # type: ignore[arg-type]


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key given twice: YAML would keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            name = self.construct_object(key_node, deep=deep)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is given twice", key_node.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _load(path: Path) -> dict[str, Any]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    if not isinstance(loaded, dict):
        raise VocabularyError(f"{path.name}: expected keys with values")
    return loaded
