"""The heart: what an edition says of a case on a day, with the reasons.

`evaluate` is pure. It interprets nothing but the edition: see `oralu.core.program` for the form in which it asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from oralu.core.edition import Edition, Line, Rule
from oralu.core.facts import ANSWERS_WITHOUT_VALUE, UNKNOWN, FactState
from oralu.core.grammar import ANY_DOMAIN, SEXES
from oralu.core.program import Axis, Core, DomainProgram, Program, Verdict, compiled
from oralu.core.reading import Labels

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


class SnapshotError(ValueError):
    """A snapshot that the edition cannot judge; the message names the fact or the field."""


@dataclass(frozen=True, slots=True)
class ReferralState:
    domain: str
    state: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a case on a day. `day` counts from the anchor of the edition; `breached`: the domains that have
    a need open and past its limit; `failed_before`: read only under the failure scope "ever"."""

    day: int
    sex: str
    facts: Mapping[str, FactState] = field(default_factory=dict)
    referrals: tuple[ReferralState, ...] = ()
    breached: frozenset[str] = frozenset()
    minor_children: bool = False
    failed_before: bool | None = None


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
    run = _Run(program, snapshot)
    now = run.judge(snapshot.day)
    domains = {code: run.domain_result(code, now) for code in edition.domains}
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
    return program.waits[rule.code](_Run(program, snapshot).judge(snapshot.day).states[0])


def _success(
    edition: Edition, snapshot: Snapshot, index: int, failures: tuple[str, ...], domains: Mapping[str, DomainResult]
) -> bool | None:
    asked = edition.success
    if snapshot.day < asked.from_day:
        return None
    if failures or (edition.failure_scope == "ever" and snapshot.failed_before):
        return False
    return index >= asked.index_from and all(result.risk not in asked.no_risk for result in domains.values())


def validate(edition: Edition, snapshot: Snapshot) -> None:
    """Raises `SnapshotError`; see `evaluate`."""
    if snapshot.sex not in SEXES:
        raise SnapshotError(f"sex {snapshot.sex!r} is not one of {', '.join(SEXES)}")
    for name, state in snapshot.facts.items():
        fact = edition.fact_by_name.get(name)
        if fact is None:
            raise SnapshotError(f"{name!r} is not a fact of {edition.id}")
        if state.value not in fact.codes and state.value not in ANSWERS_WITHOUT_VALUE:
            raise SnapshotError(f"{state.value!r} is not a value of {name}")
        if state.day > snapshot.day:
            raise SnapshotError(f"{name} is dated {state.day}, after the day {snapshot.day}")
        if state.until is not None and state.until <= state.day:
            raise SnapshotError(f"{name} ends on {state.until}, which is not after its own day {state.day}")
    for referral in snapshot.referrals:
        if referral.domain not in edition.domains or referral.state not in edition.referral_states:
            raise SnapshotError(f"a referral of {referral.domain!r} in the state {referral.state!r} is not known")
    for domain in snapshot.breached:
        if domain not in edition.domains:
            raise SnapshotError(f"{domain!r} is not a domain of {edition.id}")


@dataclass(frozen=True, slots=True)
class _Judged:
    """All results on one day. `states`: by offset; the first carries the risks as well."""

    states: tuple[int, ...]
    cores: tuple[Core, ...]
    verdicts: tuple[Verdict, ...]
    rules: tuple[int, ...]

    def differs(self, other: _Judged) -> bool:
        return self.rules != other.rules or any(
            a.points != b.points or bool(a.failures) != bool(b.failures) or v.level != w.level
            for a, b, v, w in zip(self.cores, other.cores, self.verdicts, other.verdicts, strict=True)
        )


class _Run:
    """One case: its state of facts on every day from the day of the snapshot on, and the results there."""

    def __init__(self, program: Program, snapshot: Snapshot) -> None:
        self.program, self.snapshot = program, snapshot
        self.days: list[int] = []
        self.bases: list[int] = []
        self._settled: dict[int, int] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        """The state of facts at the day, and after each later day on which a fact ends or a threshold is passed."""
        parts = parts_of(self.program)
        snapshot, day = self.snapshot, self.snapshot.day
        state = parts.still(snapshot)
        events: list[tuple[int, int, int]] = []
        for axis, threshold in parts.days:
            if day >= threshold:
                state |= 2 << axis.shift
            else:
                state |= 1 << axis.shift
                events.append((threshold, axis.mask, 2 << axis.shift))
        for name, unknown, clear, values, evidence, ages in parts.facts:
            fact = snapshot.facts.get(name)
            if fact is None or not fact.known_on(day):
                state |= unknown
                continue
            state |= values[fact.value] | (evidence[fact.evidence])
            for axis, age in ages:
                passed = fact.day + age
                if day >= passed:
                    state |= 2 << axis.shift
                else:
                    state |= 1 << axis.shift
                    if fact.until is None or fact.until > passed:
                        events.append((passed, axis.mask, 2 << axis.shift))
            if fact.until is not None:
                events.append((fact.until, clear, unknown))
        events.sort()
        self.bases.append(state)
        for when, clear, bits in events:
            state = (state & ~clear) | bits
            if self.days and self.days[-1] == when:
                self.bases[-1] = state
            else:
                self.days.append(when)
                self.bases.append(state)

    def settled(self, day: int) -> int:
        """The state on a day with the points and failures of all domains."""
        base = self.bases[bisect_right(self.days, day)]
        found = self._settled.get(base)
        if found is None:
            found = self._settled[base] = self.program.settle(base)
        return found

    def judge(self, day: int) -> _Judged:
        program = self.program
        states = [self.settled(day + offset) for offset in program.offsets]
        cores = tuple(domain.core(states[0]) for domain in program.order)
        state = with_aheads(program, states[0], states)
        verdicts = []
        for domain in program.order:
            verdict = domain.verdict(state)
            state |= verdict.bits
            verdicts.append(verdict)
        return _Judged((state, *states[1:]), cores, tuple(verdicts), program.holding(state))

    def next_change(self, now: _Judged) -> int | None:
        today = self.snapshot.day
        candidates = {when - offset for when in self.days for offset in self.program.offsets}
        for day in sorted(candidates):
            if day > today and self.judge(day).differs(now):
                return day
        return None

    def domain_result(self, code: str, now: _Judged) -> DomainResult:
        program = self.program
        place = next(i for i, domain in enumerate(program.order) if domain.code == code)
        core, verdict = now.cores[place], now.verdicts[place]
        variation = variations_of(program)[code]
        later = tuple(program.domains[code].core(state).failures for state in now.states[1:])
        return DomainResult(
            points=core.points,
            risk=program.edition.risk_levels[verdict.level],
            failed=bool(core.failures),
            provisional=variation.provisional(now.states, core.points, verdict.level),
            missing=tuple(name for name, unknown in parts_of(program).asked[code] if now.states[0] & unknown),
            reasons=_reasons(program.edition, code, core, verdict, later),
        )


def with_aheads(program: Program, state: int, states: list[int] | tuple[int, ...]) -> int:
    """The state with "would fail n days later" for each domain of which that is asked."""
    for axis, domain, days in program.aheads:
        later = states[program.offsets.index(days)]
        failed = later & (2 << domain.failed_axis.shift) != 0
        state |= (2 if failed else 1) << axis.shift
    return state


class _Parts:
    """The bits of everything that a snapshot gives, looked up once per edition."""

    def __init__(self, program: Program) -> None:
        axes, edition = program.axes, program.edition
        self.days: list[tuple[Axis, int]] = [(axis, int(axis.key[1])) for axis in axes.of_kind("day")]
        self.sex = {a.key: a for a in axes.of_kind("sex")}.get(("sex",))
        self.minor = {a.key: a for a in axes.of_kind("minor_children")}.get(("minor_children",))
        self.sent, self.served, self.breached = (
            [(str(axis.key[1]), axis.shift) for axis in axes.of_kind(kind)] for kind in ("sent", "served", "breached")
        )
        self.served_states = edition.served_states
        self.facts = [self._fact(program, fact.name) for fact in edition.facts]
        unknown = {name: axes.axis("fact", name).bit(UNKNOWN) for name in edition.fact_by_name}
        self.asked = {
            code: [(fact.name, unknown[fact.name]) for fact in edition.facts_of(code) if fact.always_asked]
            for code in edition.domains
        }

    @staticmethod
    def _fact(
        program: Program, name: str
    ) -> tuple[str, int, int, dict[str, int], tuple[int, int], list[tuple[Axis, int]]]:
        axes = program.axes
        axis = axes.axis("fact", name)
        ages = [(age, int(age.key[2])) for age in axes.of_kind("age") if age.key[1] == name]
        proof = axes.by_key.get(("evidence", name))
        evidence = (1 << proof.shift, 2 << proof.shift) if proof else (0, 0)
        unknown = axis.bit(UNKNOWN) | evidence[0] | sum(1 << age.shift for age, _ in ages)
        clear = axis.mask | (proof.mask if proof else 0) | sum(age.mask for age, _ in ages)
        values = {value: axis.bit(value) for value in program.edition.fact(name).codes}
        return name, unknown, clear, values, evidence, ages

    def still(self, snapshot: Snapshot) -> int:
        """The part of the state that time does not change."""
        state = 0
        if self.sex:
            state |= self.sex.bit(snapshot.sex)
        if self.minor:
            state |= (2 if snapshot.minor_children else 1) << self.minor.shift
        sent = {r.domain for r in snapshot.referrals}
        served = {r.domain for r in snapshot.referrals if r.state in self.served_states}
        for found, axes in ((sent, self.sent), (served, self.served), (snapshot.breached, self.breached)):
            for domain, shift in axes:
                holds = bool(found) if domain == ANY_DOMAIN else domain in found
                state |= (2 if holds else 1) << shift
        return state


class _Variation:
    """Whether other values for the unknown facts of a domain would change its points or its risk."""

    def __init__(self, program: Program, code: str) -> None:
        self.program, self.code = program, code
        self.steps = program.recalculated[code]
        leaves = set().union(*(s.core_reads.leaf_masks | s.risk_reads.leaf_masks for s in self.steps))
        self.core_mask, self.risk_mask = 0, 0
        for step in self.steps:
            self.core_mask |= step.core_mask
            self.risk_mask |= step.risk_mask
        self.facts: list[tuple[int, int, list[tuple[int, ...]]]] = []
        for fact in program.edition.facts_of(code):
            axis = program.axes.axis("fact", fact.name)
            if (self.core_mask | self.risk_mask) & axis.mask or self._reads_more(fact.name):
                self.facts.append((axis.bit(UNKNOWN), *self._choices(fact.name, axis, leaves)))
        self._found = lru_cache(maxsize=1 << 14)(self._find)

    def _reads_more(self, name: str) -> bool:
        read = self.core_mask | self.risk_mask
        return any(a.key[0] in ("evidence", "age") and a.key[1] == name for a in self.program.axes.within(read))

    def _choices(self, name: str, axis: Axis, leaves: set[int]) -> tuple[int, list[tuple[int, ...]]]:
        """The bits to clear, and for each value that makes a difference its bits at every offset. Values that no
        condition tells apart are one; the last of the vocabulary come first, since they most often close a domain."""
        axes = self.program.axes
        proof = axes.by_key.get(("evidence", name))
        ages = [age for age in axes.of_kind("age") if age.key[1] == name]
        more = [2 << proof.shift if proof else 0] * len(self.program.offsets)
        for place, offset in enumerate(self.program.offsets):
            more[place] |= sum((2 if offset >= int(age.key[2]) else 1) << age.shift for age in ages)
        apart = {
            tuple(sorted(mask for mask in leaves if mask & axis.bit(value))): axis.bit(value)
            for value in self.program.edition.fact(name).codes
        }
        clear = axis.mask | (proof.mask if proof else 0) | sum(age.mask for age in ages)
        return clear, [tuple(bit | extra for extra in more) for bit in reversed(apart.values())]

    def provisional(self, states: tuple[int, ...], points: int, level: int) -> bool:
        unknown = [place for place, (bit, _, _) in enumerate(self.facts) if states[0] & bit]
        if not unknown:
            return False
        read = self.core_mask | self.risk_mask | sum(step.result_mask for step in self.steps)
        key = (states[0] & read, *(state & read for state in states[1:]))
        return self._found(key, tuple(unknown), points, level)

    def _find(self, states: tuple[int, ...], unknown: tuple[int, ...], points: int, level: int) -> bool:
        clear = 0
        for place in unknown:
            clear |= self.facts[place][1]
        for step in self.steps:
            clear |= step.result_mask | step.risk_axis.mask
        aheads = [(axis, d, self.program.offsets.index(n)) for axis, d, n in self.program.aheads if d in self.steps]
        for axis, _, _ in aheads:
            clear |= axis.mask
        bare = [state & ~clear for state in states]
        last = self.steps[-1]
        for chosen in product(*(self.facts[place][2] for place in unknown)):
            tried = list(bare)
            for bits in chosen:
                for place, bit in enumerate(bits):
                    tried[place] |= bit
            if self._result(tried, aheads, last) != (points, level):
                return True
        return False

    def _result(
        self, states: list[int], aheads: list[tuple[Axis, DomainProgram, int]], last: DomainProgram
    ) -> tuple[int, int]:
        for place in range(len(states)):
            for step in self.steps:
                states[place] |= step.core(states[place]).bits
        state = states[0]
        for axis, domain, place in aheads:
            state |= (2 if states[place] & (2 << domain.failed_axis.shift) else 1) << axis.shift
        points = (state >> last.points_axis.shift) & ((1 << len(last.points_axis.values)) - 1)
        level = 0
        for step in self.steps:
            verdict = step.verdict(state)
            state |= verdict.bits
            level = verdict.level
        return points.bit_length() - 1, level


@lru_cache(maxsize=32)
def _parts(edition: Edition) -> _Parts:
    return _Parts(compiled(edition))


def parts_of(program: Program) -> _Parts:
    return _parts(program.edition)


@lru_cache(maxsize=32)
def _variations(edition: Edition) -> dict[str, _Variation]:
    program = compiled(edition)
    return {code: _Variation(program, code) for code in program.domains}


def variations_of(program: Program) -> dict[str, _Variation]:
    return _variations(program.edition)


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
