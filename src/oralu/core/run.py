"""One case laid out in time: its state of facts on every later day, and all results there."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from oralu.core.axes import Axis
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN
from oralu.core.grammar import ANY_DOMAIN
from oralu.core.program import Core, Program, Verdict, compiled
from oralu.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Judged:
    """All results on one day. `states`: by offset; the first carries the risks as well."""

    states: tuple[int, ...]
    cores: tuple[Core, ...]
    verdicts: tuple[Verdict, ...]
    rules: tuple[int, ...]

    def differs(self, other: Judged) -> bool:
        return self.rules != other.rules or any(
            a.points != b.points or bool(a.failures) != bool(b.failures) or v.level != w.level
            for a, b, v, w in zip(self.cores, other.cores, self.verdicts, other.verdicts, strict=True)
        )


class Run:
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

    def judge(self, day: int) -> Judged:
        program = self.program
        states = [self.settled(day + offset) for offset in program.offsets]
        cores = tuple(domain.core(states[0]) for domain in program.order)
        state = with_aheads(program, states[0], states)
        verdicts = []
        for domain in program.order:
            verdict = domain.verdict(state)
            state |= verdict.bits
            verdicts.append(verdict)
        return Judged((state, *states[1:]), cores, tuple(verdicts), program.holding(state))

    def next_change(self, now: Judged) -> int | None:
        today = self.snapshot.day
        candidates = {when - offset for when in self.days for offset in self.program.offsets}
        for day in sorted(candidates):
            if day > today and self.judge(day).differs(now):
                return day
        return None


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


@lru_cache(maxsize=32)
def _parts(edition: Edition) -> _Parts:
    return _Parts(compiled(edition))


def parts_of(program: Program) -> _Parts:
    return _parts(program.edition)
