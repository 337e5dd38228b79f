"""An edition laid out as tables. Everything on the page comes from the edition: no rule is written a second time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from oralu.core.edition import Edition, Line
from oralu.core.explain import allowance_words


@dataclass(frozen=True)
class Chip:
    """A rule in a cell of the matrix."""

    code: str
    service: str
    limit: str
    count: int | None


@dataclass(frozen=True)
class Matrix:
    """Domains by agencies; `rows` are a domain's words with one tuple of chips for each agency."""

    agencies: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Chip, ...], ...]], ...]

    @property
    def named_rows(self) -> list[tuple[str, list[tuple[str, tuple[Chip, ...]]]]]:
        """The rows, each cell with the name of its agency: on a phone there is no head above it."""
        return [(domain, list(zip(self.agencies, cells, strict=True))) for domain, cells in self.rows]


@dataclass(frozen=True)
class RuleRow:
    code: str
    domain: str
    sentence: str
    agency: str
    service: str
    target: str
    limit: str
    addressee: str
    waits: str
    basis: str
    verified: date
    count: int | None


@dataclass(frozen=True)
class LineRow:
    """A line that gives points, a failure or a risk. `result` is what it gives, in words."""

    id: str
    result: str
    sentence: str
    basis: str
    verified: date


@dataclass(frozen=True)
class DomainTable:
    name: str
    judges: bool
    points: tuple[LineRow, ...]
    failures: tuple[LineRow, ...]
    risks: tuple[LineRow, ...]


@dataclass(frozen=True)
class FactRow:
    domain: str
    name: str
    values: tuple[str, ...]


def matrix(edition: Edition, counts: Mapping[str, int] | None, lang: str) -> Matrix:
    """The matrix of inter-agency routing: who answers for what in which domain, and by when at the latest."""
    agencies = tuple(dict.fromkeys(rule.agency for rule in edition.rules))
    rows = []
    for domain in edition.domains:
        cells = []
        for agency in agencies:
            found = [r for r in edition.rules if (r.domain, r.agency) == (domain, agency)]
            cells.append(
                tuple(
                    Chip(
                        rule.code,
                        edition.label("service", rule.service, lang),
                        allowance_words(rule.limit, lang),
                        None if counts is None else counts.get(rule.code, 0),
                    )
                    for rule in found
                )
            )
        rows.append((edition.label("domain", domain, lang), tuple(cells)))
    return Matrix(tuple(edition.label("agency", code, lang) for code in agencies), tuple(rows))


def rule_rows(edition: Edition, counts: Mapping[str, int] | None, lang: str) -> tuple[RuleRow, ...]:
    """The rules of routing in the order of the table."""
    return tuple(
        RuleRow(
            code=rule.code,
            domain=edition.label("domain", rule.domain, lang),
            sentence=rule.why(lang),
            agency=edition.label("agency", rule.agency, lang),
            service=edition.label("service", rule.service, lang),
            target=allowance_words(rule.target, lang),
            limit=allowance_words(rule.limit, lang),
            addressee=edition.label("agency", rule.on_breach, lang),
            waits=rule.waits_why(lang),
            basis=rule.cited(lang),
            verified=date.fromisoformat(rule.based.verified),
            count=None if counts is None else counts.get(rule.code, 0),
        )
        for rule in edition.rules
    )


def domain_tables(edition: Edition, lang: str) -> tuple[DomainTable, ...]:
    """Points, critical failures and risk of each domain."""
    return tuple(
        DomainTable(
            name=edition.label("domain", code, lang),
            judges=code == edition.judging_domain,
            points=tuple(_row(line, str(line.points), lang) for line in policy.points),
            failures=tuple(_row(line, "", lang) for line in policy.failures),
            risks=tuple(_row(line, edition.label("risk", line.level, lang), lang) for line in policy.risks),
        )
        for code, policy in edition.policies.items()
    )


def _row(line: Line, result: str, lang: str) -> LineRow:
    return LineRow(line.id, result, line.texts[lang], line.cited(lang), date.fromisoformat(line.based.verified))


def vocabulary(edition: Edition, lang: str) -> tuple[FactRow, ...]:
    """The facts that the policy knows, with their values."""
    return tuple(
        FactRow(
            edition.label("domain", fact.domain, lang),
            fact.label(lang),
            tuple(edition.value_label(fact.name, code, lang) for code in fact.codes),
        )
        for fact in edition.facts
    )
