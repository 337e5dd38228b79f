"""Provisional results: would other values for the unknown facts of a domain change its points or its risk?"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from oralu.core.axes import Axis
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN
from oralu.core.program import DomainProgram, Program, compiled


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
def _variations(edition: Edition) -> dict[str, _Variation]:
    program = compiled(edition)
    return {code: _Variation(program, code) for code in program.domains}


def variations_of(program: Program) -> dict[str, _Variation]:
    return _variations(program.edition)
