"""The heart: what an edition says of a case on a day, with the reasons.

`evaluate` is pure. It interprets nothing but the edition: see `oralu.core.program` for the form in which it asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from oralu.core.edition import Edition, Line, Rule
from oralu.core.program import Core, Verdict, compiled
from oralu.core.reading import Labels
from oralu.core.run import Judged, Run, parts_of
from oralu.core.snapshot import ReferralState, Snapshot, SnapshotError, validate
from oralu.core.variation import variations_of

__all__ = [
    "DomainResult",
    "Evaluation",
    "Reason",
    "ReferralState",
    "Snapshot",
    "SnapshotError",
    "evaluate",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of why. `kind`: points, evidence_lacking, failure, risk, or ahead (a failure that would hold later
    on the same facts). `line`: id of the line of the policy. `facts`: the names of the facts that it reads."""

    kind: str
    domain: str
    line: str
    basis: str
    citation: str
    facts: tuple[str, ...]
    texts: Labels
    source: Line

    def text(self, lang: str) -> str:
        return self.texts[lang]

    def cited(self, lang: str) -> str:
        return self.source.cited(lang)


@dataclass(frozen=True, slots=True)
class DomainResult:
    """`missing`: the unknown facts of the domain, in the order of the vocabulary. `provisional`: some values for the
    unknown facts would change points or risk."""

    points: int
    risk: str
    failed: bool
    provisional: bool
    missing: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`success` is None before the day from which it is known. `next_change`: the first later day on which points,
    risks, failures or actions differ if nothing new is recorded, or None."""

    edition: str
    digest: str
    day: int
    index: int
    risk: str
    success: bool | None
    failures: tuple[str, ...]
    domains: Mapping[str, DomainResult]
    actions: tuple[Rule, ...]
    next_change: int | None


def evaluate(edition: Edition, snapshot: Snapshot) -> Evaluation:
    """Judges a case on `snapshot.day`.

    Raises `SnapshotError` on a fact, value, domain or state that the edition does not know, on a fact dated after the
    day and on an `until` that is not after the fact's own day."""
    validate(edition, snapshot)
    program = compiled(edition)
    run = Run(program, snapshot)
    now = run.judge(snapshot.day)
    domains = _domain_results(run, now)
    index = sum(result.points for result in domains.values())
    failures = tuple(code for code, result in domains.items() if result.failed)
    return Evaluation(
        edition=edition.id,
        digest=edition.digest,
        day=snapshot.day,
        index=index,
        risk=edition.risk_levels[max(verdict.level for verdict in now.verdicts)],
        success=_success(edition, snapshot, index, failures, domains),
        failures=failures,
        domains=domains,
        actions=tuple(edition.rules[place] for place in now.rules),
        next_change=run.next_change(now),
    )


def waiting(edition: Edition, rule: Rule, snapshot: Snapshot) -> bool:
    """True while the clock of the rule does not run, since it waits for another fact.

    Raises `SnapshotError` as `evaluate` does."""
    program = compiled(edition)
    if rule.code not in program.waits:
        return False
    validate(edition, snapshot)
    return program.waits[rule.code](Run(program, snapshot).judge(snapshot.day).states[0])


def _domain_results(run: Run, now: Judged) -> dict[str, DomainResult]:
    """By domain, in the order of the edition."""
    program = run.program
    edition, variations, asked = program.edition, variations_of(program), parts_of(program).asked
    state, later = now.states[0], now.states[1:]
    results = {}
    for domain, core, verdict in zip(program.order, now.cores, now.verdicts, strict=True):
        code = domain.code
        results[code] = DomainResult(
            points=core.points,
            risk=edition.risk_levels[verdict.level],
            failed=bool(core.failures),
            provisional=variations[code].provisional(now.states, core.points, verdict.level),
            missing=tuple([name for name, unknown in asked[code] if state & unknown]),
            reasons=_reasons(edition, code, core, verdict, tuple([domain.core(s).failures for s in later])),
        )
    return {code: results[code] for code in edition.domains}


def _success(
    edition: Edition, snapshot: Snapshot, index: int, failures: tuple[str, ...], domains: Mapping[str, DomainResult]
) -> bool | None:
    asked = edition.success
    if snapshot.day < asked.from_day:
        return None
    if failures or (edition.failure_scope == "ever" and snapshot.failed_before):
        return False
    return index >= asked.index_from and all(result.risk not in asked.no_risk for result in domains.values())


@lru_cache(maxsize=1 << 13)
def _reasons(
    edition: Edition, code: str, core: Core, verdict: Verdict, later: tuple[tuple[int, ...], ...]
) -> tuple[Reason, ...]:
    return tuple(_each_reason(edition, code, core, verdict, later))


def _each_reason(
    edition: Edition, code: str, core: Core, verdict: Verdict, later: tuple[tuple[int, ...], ...]
) -> Iterator[Reason]:
    policy = edition.policies[code]
    line = policy.points[core.line]
    yield _reason("points", code, line)
    if not core.proved and line.unproved_texts is not None:
        yield _reason("evidence_lacking", code, line, line.unproved_texts)
    for place in core.failures:
        yield _reason("failure", code, policy.failures[place])
    for place in verdict.lines:
        yield _reason("risk", code, policy.risks[place])
    if not core.failures:
        coming = {place for failures in later for place in failures}
        for place in sorted(coming):
            yield _reason("ahead", code, policy.failures[place])


def _reason(kind: str, domain: str, line: Line, texts: Labels | None = None) -> Reason:
    return Reason(kind, domain, line.id, line.basis, line.citation, line.facts, texts or line.texts, line)
