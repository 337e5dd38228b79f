"""One edition of the policy, as read: its vocabulary, its domains, its routing, and the words for all of them.

Everything that a lawyer may want to change is in here and comes from the files of the edition; nothing of any edition
is written in code. `oralu.core.loading` builds it, `oralu.core.evaluation` applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from oralu.core.facts import ASKED_UNKNOWN, REFUSED, UNKNOWN
from oralu.core.grammar import Condition, Failure, PointsIn, RiskIn, facts_in, walk
from oralu.core.reading import Labels

BasisKind = Literal["law", "proposal", "decision"]

_BASIS_WORDS: dict[str, Labels] = {
    "law": Labels("заң", "закон", "law"),
    "proposal": Labels("ұсыныс", "предложение", "proposal"),
    "decision": Labels("жоба шешімі", "решение проекта", "decision of the project"),
}


@dataclass(frozen=True, slots=True)
class Basis:
    """On what a line rests. A decision has no citation but says why; a law or a proposal may say `why` as well: what
    of the line the project chose. `verified`: when it was last, ISO date."""

    kind: BasisKind
    source: str | None
    why: Labels | None
    verified: str

    def cited(self, lang: str) -> str:
        """The basis in words: its kind, and the act, the section or the reason."""
        words = [f"{_BASIS_WORDS[self.kind][lang]}: {self.source}"] if self.source is not None else []
        words += [f"{_BASIS_WORDS['decision'][lang]}: {self.why[lang]}"] if self.why is not None else []
        return "; ".join(words)


@dataclass(frozen=True, slots=True)
class Value:
    """`requires`: the value of the same fact that must have been recorded before this one may be."""

    code: str
    labels: Labels
    requires: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """`always_asked` is false for a fact that does not count as missing while it is unknown."""

    name: str
    domain: str
    values: tuple[Value, ...]
    labels: Labels
    questions: Labels
    helps: Labels | None
    always_asked: bool

    def label(self, lang: str) -> str:
        return self.labels[lang]

    def question(self, lang: str) -> str:
        """The question in plain words, as the form of the first interview asks it."""
        return self.questions[lang]

    def help(self, lang: str) -> str:
        return "" if self.helps is None else self.helps[lang]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(value.code for value in self.values)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the policy that gives points, a failure or a risk. `when` is None where it holds in any case left."""

    id: str
    when: Condition | None
    texts: Labels
    based: Basis
    facts: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        return self.based.kind

    @property
    def citation(self) -> str:
        """The act or the section; for a decision the reason, in English."""
        return self.based.source or ("" if self.based.why is None else self.based.why["en"])

    def cited(self, lang: str) -> str:
        return self.based.cited(lang)


@dataclass(frozen=True, slots=True)
class PointsLine(Line):
    """Gives `points`; where `proof` is asked and does not hold, `unproved`. Its `facts` are also those of the lines
    before it, which were read and did not hold."""

    points: int = 0
    proof: Condition | None = None
    unproved: int = 0
    unproved_texts: Labels | None = None


@dataclass(frozen=True, slots=True)
class RiskLine(Line):
    level: str = ""


@dataclass(frozen=True, slots=True)
class DomainPolicy:
    """`answered_by`: the rules, one of which must hold while the domain is at the highest risk (any of its own if
    empty)."""

    code: str
    labels: Labels
    points: tuple[PointsLine, ...]
    failures: tuple[Line, ...]
    risks: tuple[RiskLine, ...]
    answered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule(Line):
    """A rule of routing. While it holds it is a need; `need` is the identity of the need, which rules may share.

    `target`, `limit`: PTnH, nWD or PnD. `waits_while`: its clock does not run. `served_meets`: the need is met when a
    referral is accepted as served, though the rule still holds."""

    domain: str = ""
    agency: str = ""
    service: str = ""
    need: str = ""
    target: str = ""
    limit: str = ""
    on_breach: str = ""
    served_meets: bool = False
    waits_while: Condition | None = None
    waits_texts: Labels | None = None

    @property
    def code(self) -> str:
        return self.id

    @property
    def condition(self) -> Condition:
        assert self.when is not None
        return self.when

    @property
    def waits_on(self) -> Condition | None:
        return self.waits_while

    def why(self, lang: str) -> str:
        """Why the need is open, in a sentence for the case manager."""
        return self.texts[lang]

    def waits_why(self, lang: str) -> str:
        return "" if self.waits_texts is None else self.waits_texts[lang]


@dataclass(frozen=True, slots=True)
class Success:
    """At `from_day` or later: at least `index_from`, no critical failure, and no domain at one of `no_risk`."""

    from_day: int
    index_from: int
    no_risk: tuple[str, ...]
    texts: Labels
    based: Basis


@dataclass(frozen=True)
class Edition:
    """A whole edition. Compare editions by `digest`: SHA-256 of the canonical content, comments and layout left out.

    `domains`, `facts` and `rules` stand in the order of the files, which is the order of every output."""

    id: str
    digest: str
    titles: Labels
    anchor: Literal["enrolment", "release"]
    failure_scope: Literal["at_assessment", "ever"]
    last_verified: str
    milestones: tuple[int, ...]
    highest_points: int
    domains: tuple[str, ...]
    judging_domain: str
    risk_levels: tuple[str, ...]
    referral_states: tuple[str, ...]
    served_states: frozenset[str]
    facts: tuple[Fact, ...]
    policies: Mapping[str, DomainPolicy]
    rules: tuple[Rule, ...]
    success: Success
    services: tuple[str, ...]
    service_records: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    agencies: tuple[str, ...]
    addressees: tuple[str, ...]
    words: Mapping[tuple[str, str], Labels] = field(repr=False)

    def __hash__(self) -> int:
        return hash((self.id, self.digest))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edition) and (self.id, self.digest) == (other.id, other.digest)

    @cached_property
    def fact_by_name(self) -> dict[str, Fact]:
        return {fact.name: fact for fact in self.facts}

    @cached_property
    def rule_by_code(self) -> dict[str, Rule]:
        return {rule.code: rule for rule in self.rules}

    @property
    def highest_index(self) -> int:
        """The index of a case that has every point in every domain."""
        return self.highest_points * len(self.domains)

    @cached_property
    def evaluation_order(self) -> tuple[str, ...]:
        """The domains as listed, the judging one last."""
        return (*(d for d in self.domains if d != self.judging_domain), self.judging_domain)

    @cached_property
    def look_ahead(self) -> int:
        """The farthest that a line of risk looks ahead, in days; 0 if none does."""
        return max((a for p in self.policies.values() for line in p.risks for a in _aheads(line)), default=0)

    def fact(self, name: str) -> Fact:
        """Raises `KeyError`."""
        return self.fact_by_name[name]

    def rule(self, code: str) -> Rule:
        """Raises `KeyError`."""
        return self.rule_by_code[code]

    def service_facts(self, service: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What serving a service may record: facts with the values that a provider may report. Raises `KeyError`."""
        return self.service_records[service]

    def facts_of(self, domain: str) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.domain == domain)

    def title(self, lang: str) -> str:
        return self.titles[lang]

    def prerequisite(self, fact: str, value: str) -> str | None:
        """The value of the same fact that must have been recorded earlier, or None."""
        return next((v.requires for v in self.fact_by_name[fact].values if v.code == value), None)

    def value_label(self, fact: str, value: str, lang: str) -> str:
        """Also for `asked_unknown`, `refused` and `unknown`. Raises `KeyError`."""
        if value in (ASKED_UNKNOWN, REFUSED, UNKNOWN):
            return self.words["answer", value][lang]
        return self.words["value", f"{fact}.{value}"][lang]

    def label(self, kind: str, code: str | tuple[str, str], lang: str) -> str:
        """The words for a code. `kind`: fact, question, help, value (code: "fact.value" or a pair), answer, service,
        agency (also an addressee), addressee, domain, risk, state, rule (its sentence). Raises `KeyError`."""
        if kind == "value":
            fact, _, value = ".".join(code).partition(".") if isinstance(code, tuple) else code.partition(".")
            return self.value_label(fact, value, lang)
        assert isinstance(code, str)
        if kind == "agency" and ("agency", code) not in self.words:
            kind = "addressee"
        return self.words[kind, code][lang]


def _aheads(line: Line) -> list[int]:
    return [] if line.when is None else [n.ahead for n in walk(line.when) if isinstance(n, Failure)]


def facts_behind(policies: Mapping[str, DomainPolicy], condition: Condition | None) -> set[str]:
    """The facts that a condition reads, also through the points, failure or risk of a domain."""
    if condition is None:
        return set()
    found = facts_in(condition)
    for node in walk(condition):
        if isinstance(node, PointsIn):
            found |= _facts_of_points(policies, node.domain)
            if not node.raw:
                found |= _facts_of_failure(policies, node.domain)
        elif isinstance(node, Failure):
            found |= _facts_of_failure(policies, node.domain)
        elif isinstance(node, RiskIn):
            for line in policies[node.domain].risks:
                found |= facts_behind(policies, line.when)
    return found


def _facts_of_points(policies: Mapping[str, DomainPolicy], domain: str) -> set[str]:
    return {
        fact
        for line in policies[domain].points
        for part in (line.when, line.proof)
        for fact in facts_behind(policies, part)
    }


def _facts_of_failure(policies: Mapping[str, DomainPolicy], domain: str) -> set[str]:
    return {fact for line in policies[domain].failures for fact in facts_behind(policies, line.when)}


def rule_facts(edition: Edition, rule: Rule) -> tuple[str, ...]:
    """The facts that a rule reads, in the order of the vocabulary, also through the results of domains."""
    return rule.facts


def facts_read(edition: Edition, domain: str | None = None) -> tuple[str, ...]:
    """The facts that the points, failures and risks of a domain (None: of any, and the rules) read."""
    found: set[str] = set()
    for code in edition.domains if domain is None else (domain,):
        policy = edition.policies[code]
        found |= _facts_of_points(edition.policies, code) | _facts_of_failure(edition.policies, code)
        for line in policy.risks:
            found |= facts_behind(edition.policies, line.when)
    if domain is None:
        found.update(name for rule in edition.rules for name in rule.facts)
    return tuple(fact.name for fact in edition.facts if fact.name in found)
