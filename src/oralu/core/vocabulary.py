"""Reading of what all parts of an edition share: codes with their labels, dates, bases, the vocabulary of facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from oralu.core.edition import Basis, BasisKind, Fact, Value
from oralu.core.facts import ASKED_UNKNOWN, REFUSED, UNKNOWN
from oralu.core.grammar import ANY_DOMAIN
from oralu.core.reading import EditionError, Item, Labels, Path

CODE = re.compile(r"[a-z][a-z0-9_]*")


class VocabularyReader:
    """Holds the documents of an edition and collects the words for its codes."""

    domains: tuple[str, ...]

    def __init__(self, documents: Mapping[str, Any], lines: Mapping[str, Mapping[Path, int]]) -> None:
        self.documents, self.lines = documents, lines
        self.words: dict[tuple[str, str], Labels] = {}

    def document(self, file: str) -> Item:
        if file not in self.documents:
            raise EditionError(file, (), None, "the file is missing", "Add it; each edition has one.")
        return Item(self.documents[file], file, self.lines.get(file, {}))

    def coded(self, item: Item, kind: str, form: re.Pattern[str] = CODE) -> tuple[str, ...]:
        """A list of codes, each with its label; the label is kept under (kind, code)."""
        codes: list[str] = []
        for part in item.each():
            keys = part.keys(("code", "label"))
            codes.append(self.code(keys["code"], codes, form))
            self.words[kind, codes[-1]] = keys["label"].labels()
        return tuple(codes)

    def read_services(self, item: Item, facts: tuple[Fact, ...]) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """The services with the facts, and the values of each, that serving one may record."""
        values = {fact.name: fact.codes for fact in facts}
        services: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
        for part in item.each():
            keys = part.keys(("code", "label"), ("records",))
            code = self.code(keys["code"], list(services))
            self.words["service", code] = keys["label"].labels()
            records = keys["records"].keys((), tuple(values)) if "records" in keys else {}
            services[code] = tuple(
                (name, chosen.choices(values[name], f"value of {name}")) for name, chosen in records.items()
            )
        return services

    def code(self, item: Item, taken: list[str], form: re.Pattern[str] = CODE) -> str:
        code = item.text()
        if not form.fullmatch(code) or code in (ANY_DOMAIN, "this", UNKNOWN, ASKED_UNKNOWN, REFUSED):
            item.fail(f"{code!r} is not a code that can be given", f"A code has the form {form.pattern}.")
        if code in taken:
            item.fail(f"{code!r} stands twice", "Each code is given once.")
        return code

    def date(self, item: Item) -> str:
        text = item.text()
        try:
            date.fromisoformat(text)
        except ValueError:
            item.fail(f"{text!r} is not a date", "Write it as 2026-11-21.")
        return text

    def read_answers(self, item: Item) -> None:
        for code, labels in item.keys((ASKED_UNKNOWN, REFUSED, UNKNOWN)).items():
            self.words["answer", code] = labels.labels()

    def read_states(self, item: Item) -> dict[str, bool]:
        states: dict[str, bool] = {}
        for part in item.each():
            keys = part.keys(("code", "label", "served"))
            code = self.code(keys["code"], list(states))
            states[code] = keys["served"].boolean()
            self.words["state", code] = keys["label"].labels()
        return states

    def read_facts(self) -> tuple[Fact, ...]:
        facts: list[Fact] = []
        for part in self.document("facts.yaml").keys(("facts",))["facts"].each():
            keys = part.keys(("fact", "domain", "label", "question", "values"), ("help", "always_asked"))
            name = self.code(keys["fact"], [f.name for f in facts])
            values = self.read_values(name, keys["values"])
            helps = keys["help"].labels() if "help" in keys else None
            fact = Fact(
                name=name,
                domain=keys["domain"].choice(self.domains, "domain"),
                values=values,
                labels=keys["label"].labels(),
                questions=keys["question"].labels(),
                helps=helps,
                always_asked=keys["always_asked"].boolean() if "always_asked" in keys else True,
            )
            facts.append(fact)
            self.words["fact", name] = fact.labels
            self.words["question", name] = fact.questions
            self.words["help", name] = helps or Labels("", "", "")
        return tuple(facts)

    def read_values(self, fact: str, item: Item) -> tuple[Value, ...]:
        values: list[Value] = []
        required: list[Item] = []
        for part in item.each():
            keys = part.keys(("value", "label"), ("requires",))
            code = self.code(keys["value"], [v.code for v in values])
            requires = keys["requires"].text() if "requires" in keys else None
            required += [keys["requires"]] if requires else []
            values.append(Value(code, keys["label"].labels(), requires))
            self.words["value", f"{fact}.{code}"] = values[-1].labels
        for part in required:
            part.choice([v.code for v in values], f"value of {fact}")
        return tuple(values)

    def based(self, keys: Mapping[str, Item], place: Item) -> Basis:
        kind: BasisKind = keys["basis"].choice(("law", "proposal", "decision"), "basis")  # type: ignore[assignment]
        wanted = "why" if kind == "decision" else "citation"
        if wanted not in keys:
            place.fail(f"a {kind} needs the key {wanted!r}", "Say on what the line rests.")
        if kind == "decision" and "citation" in keys:
            keys["citation"].fail("a decision has no citation", "Remove it, or name another basis.")
        return Basis(
            kind=kind,
            source=None if kind == "decision" else keys["citation"].text(),
            why=keys["why"].labels() if "why" in keys else None,
            verified=self.date(keys["verified"]),
        )
