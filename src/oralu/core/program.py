"""An edition compiled: each domain as functions of a state of bits (see `oralu.core.axes`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from oralu.core.axes import Axes, Axis, Reads, Test
from oralu.core.edition import Edition


@dataclass(frozen=True, slots=True)
class Core:
    """Points and failure of a domain in one state. `line`: place of the line of points; `proved`: its proof holds;
    `failures`: places of the lines of failure that hold; `bits`: the result as bits of the state."""

    points: int
    line: int
    proved: bool
    failures: tuple[int, ...]
    bits: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Risk of a domain in one state: place of the level, places of the lines of that level that hold."""

    level: int
    lines: tuple[int, ...]
    bits: int


CACHE = 1 << 14


class DomainProgram:
    """One domain, compiled. `core` and `verdict` are pure functions of a state; call them with the state as it is."""

    def __init__(self, axes: Axes, edition: Edition, code: str) -> None:
        policy = edition.policies[code]
        self.code, self.levels = code, edition.risk_levels
        reads = Reads(axes)
        self._points = [
            (reads.compile(line.when), line.points, reads.compile(line.proof), line.unproved) for line in policy.points
        ]
        self._failures = [_present(reads.compile(line.when)) for line in policy.failures]
        self.core_reads = reads
        risk_reads = Reads(axes)
        self._risks = [(risk_reads.compile(line.when), edition.risk_levels.index(line.level)) for line in policy.risks]
        self.risk_reads = risk_reads
        self.points_axis, self.failed_axis = axes.axis("points", code), axes.axis("failed", code)
        self.risk_axis, self.raw_axis = axes.axis("risk", code), axes.axis("raw", code)
        self.result_mask = self.points_axis.mask | self.failed_axis.mask | self.raw_axis.mask
        self.core_mask = reads.mask & ~self.result_mask
        self.risk_mask = risk_reads.mask
        self._core = lru_cache(maxsize=CACHE)(self._find_core)
        self._verdict = lru_cache(maxsize=CACHE)(self._find_verdict)

    def core(self, state: int) -> Core:
        return self._core(state & self.core_mask)

    def verdict(self, state: int) -> Verdict:
        return self._verdict(state & self.risk_mask)

    def _find_core(self, state: int) -> Core:
        line = next(i for i, (when, *_) in enumerate(self._points) if when is None or when(state))
        _, points, proof, unproved = self._points[line]
        proved = proof is None or proof(state)
        points = points if proved else unproved
        raw = 1 << (self.raw_axis.shift + points)
        failures = tuple(i for i, holds in enumerate(self._failures) if holds(state | raw))
        final = 0 if failures else points
        bits = raw | 1 << (self.points_axis.shift + final) | 1 << (self.failed_axis.shift + bool(failures))
        return Core(final, line, proved, failures, bits)

    def _find_verdict(self, state: int) -> Verdict:
        level = next(level for when, level in self._risks if when is None or when(state))
        lines = tuple(i for i, (when, at) in enumerate(self._risks) if at == level and (when is None or when(state)))
        return Verdict(level, lines, 1 << (self.risk_axis.shift + level))


def _present(found: Test | None) -> Test:
    assert found is not None
    return found


@dataclass
class Program:
    """A whole edition, compiled. `aheads`: (axis of the look-ahead, domain, days) for each that is read.

    `recalculated[d]`: the domains to go through again, in order, when facts of `d` vary, so that `d` is right; the last
    is `d` itself, and for most editions it is the only one."""

    edition: Edition
    axes: Axes
    domains: dict[str, DomainProgram]
    order: tuple[DomainProgram, ...]
    rules: tuple[Test, ...]
    rules_mask: int
    aheads: tuple[tuple[Axis, DomainProgram, int], ...]
    recalculated: dict[str, tuple[DomainProgram, ...]]
    waits: dict[str, Test]
    offsets: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.offsets = tuple(sorted({0, *(days for _, _, days in self.aheads)}))
        self.rules_holding = lru_cache(maxsize=CACHE)(self._find_rules)

    def holding(self, state: int) -> tuple[int, ...]:
        """The places of the rules that hold, in the order of the table."""
        return self.rules_holding(state & self.rules_mask)

    def _find_rules(self, state: int) -> tuple[int, ...]:
        return tuple(i for i, holds in enumerate(self.rules) if holds(state))

    def settle(self, state: int) -> int:
        """A state of facts with the points and failures of all domains added."""
        for domain in self.order:
            state |= domain.core(state).bits
        return state


@lru_cache(maxsize=32)
def compiled(edition: Edition) -> Program:
    """The program of an edition; compiled once per process."""
    axes = Axes(edition)
    domains = {code: DomainProgram(axes, edition, code) for code in edition.evaluation_order}
    reads, waits = Reads(axes), Reads(axes)
    rules = tuple(_present(reads.compile(rule.when)) for rule in edition.rules)
    waiting = {r.code: _present(waits.compile(r.waits_while)) for r in edition.rules if r.waits_while is not None}
    aheads = tuple((axis, domains[str(axis.key[1])], int(axis.key[2])) for axis in axes.of_kind("ahead"))
    program = Program(
        edition=edition,
        axes=axes,
        domains=domains,
        order=tuple(domains.values()),
        rules=rules,
        rules_mask=reads.mask,
        aheads=aheads,
        recalculated={},
        waits=waiting,
    )
    for code in domains:
        program.recalculated[code] = _recalculated(program, code)
    return program


def _recalculated(program: Program, code: str) -> tuple[DomainProgram, ...]:
    """The domains whose results the domain reads, as far as they themselves read its facts, and the domain."""
    own = 0
    for axis in program.axes.by_key.values():
        if axis.key[0] in ("fact", "evidence", "age") and program.edition.fact(str(axis.key[1])).domain == code:
            own |= axis.mask
    touched: list[DomainProgram] = []
    for domain in program.order:
        seen = domain.core_mask | domain.risk_mask
        results = sum(d.result_mask | d.risk_axis.mask for d in touched)
        results |= sum(axis.mask for axis, d, _ in program.aheads if d in touched)
        if domain.code == code or seen & (own | results):
            touched.append(domain)
        if domain.code == code:
            break
    return tuple(touched)
