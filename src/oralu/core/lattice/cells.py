"""Filling the tables: the conditions of the interpreter are asked in every cell of every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from oralu.core.axes import Test, test
from oralu.core.edition import Edition
from oralu.core.lattice.digits import Bits, Digit, LatticeError, Meaning, strides
from oralu.core.lattice.plan import Plan, Stage, plan_of

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Table:
    """`words`: a row of uint64 for each cell. The place of a cell is its mixed-radix number over `digits` (weights in
    `strides`), shifted left by `bits`, plus the signals that stand in `lane` (its first bit) of the word so far."""

    name: str
    digits: tuple[Digit, ...]
    strides: tuple[int, ...]
    lane: int
    bits: int
    words: Words


@dataclass(frozen=True, eq=False)
class Lattice:
    """An edition as tables. Ask them in order, putting their words together with a bitwise or; the last word holds the
    points, risk and failure of every domain and the bits of the rules that hold (see `Plan`)."""

    plan: Plan
    tables: tuple[Table, ...]

    @property
    def edition(self) -> Edition:
        return self.plan.edition

    @property
    def cells(self) -> int:
        return sum(len(table.words) for table in self.tables)


def compile_lattice(edition: Edition) -> Lattice:
    """Fills all tables; seconds of work, so keep the result. Raises `LatticeError` if the edition does not fit."""
    plan = plan_of(edition)
    return assembled(plan, [_filled(plan, stage) for stage in plan.stages])


def assembled(plan: Plan, words: list[Words]) -> Lattice:
    """A lattice from tables that were kept. Raises `LatticeError` if they have not the shape of this edition."""
    tables = []
    for stage, rows in zip(plan.stages, words, strict=True):
        if rows.shape != (stage.cells, plan.width // 8) or rows.dtype != np.uint64:
            raise LatticeError(f"the table {stage.name} has the shape {rows.shape}, which is not that of its cells")
        rows.setflags(write=False)
        tables.append(Table(stage.name, stage.digits, strides(stage.digits), stage.lane, stage.bits, rows))
    return Lattice(plan, tuple(tables))


def _filled(plan: Plan, stage: Stage) -> Words:
    judge = _Judge(plan, stage)
    seen: dict[Bits, bytes] = {}
    rows = bytearray()
    for states in _states(plan, stage):
        row = seen.get(states)
        if row is None:
            row = seen[states] = judge.word(states).to_bytes(plan.width, "little")
        rows += row
    return np.frombuffer(bytes(rows), dtype="<u8").reshape(stage.cells, plan.width // 8)


def _states(plan: Plan, stage: Stage) -> Iterator[Bits]:
    """The states of each cell, by offset, in the order of the cells."""
    offsets = range(len(plan.offsets))
    heard = [tuple(_heard(stage, number, place) for place in offsets) for number in range(1 << stage.bits)]
    parts = [bits for _, bits in Meaning(plan.axes, stage.read, stage.digits, plan.offsets).parts()]
    for chosen in product(*reversed(parts)):
        raw = [0] * len(offsets)
        for bits in chosen:
            for place in offsets:
                raw[place] |= bits[place]
        for signals in heard:
            yield tuple(state | signal for state, signal in zip(raw, signals, strict=True))


def _heard(stage: Stage, number: int, place: int) -> int:
    """What the signals with this number say at the offset with this place. One that is heard only for today says the
    same at every offset: it does not depend on the day, or is not asked later."""
    state = 0
    for (axis, at), bit in stage.heard.items():
        if at == place or (at == 0 and (axis, place) not in stage.heard):
            state |= axis.bit("yes" if number >> bit & 1 else "no")
    return state


class _Judge:
    """The word of a cell."""

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self.plan, self.domain = plan, stage.domain
        self.points = [(_test(when), points, _test(proof), unproved) for when, points, proof, unproved in stage.points]
        self.fails = test(stage.failures)
        self.risks = [(_test(when), level) for when, level in stage.risks]
        self.emits = [(test(e.node), e.place, 1 << e.bit) for e in stage.emits]
        self.rules = [(test(node), 1 << (8 * plan.rules_at + place)) for place, node in stage.rules]
        if self.domain is not None:
            axis = plan.axes.axis
            self.raw, self.final = axis("raw", self.domain), axis("points", self.domain)
            self.failed, self.risk = axis("failed", self.domain), axis("risk", self.domain)

    def word(self, states: Bits) -> int:
        word, found = 0, list(states)
        if self.domain is not None:
            word = self._result(found, self.domain)
        for holds, place, bit in self.emits:
            if holds(found[place]):
                word |= bit
        for holds, bit in self.rules:
            if holds(found[0]):
                word |= bit
        return word

    def _result(self, states: list[int], domain: str) -> int:
        """Adds points, failure and risk to the states; gives the byte of the domain, in its place of the word."""
        results = []
        for place, state in enumerate(states):
            points = next(
                given if proof is None or proof(state) else unproved
                for when, given, proof, unproved in self.points
                if when is None or when(state)
            )
            state |= 1 << (self.raw.shift + points)  # noqa: PLW2901
            fails = self.fails(state)
            points = 0 if fails else points
            states[place] = state | 1 << (self.final.shift + points) | 1 << (self.failed.shift + fails)
            results.append((points, fails))
        for axis, of, days in self.plan.aheads:
            if of == domain:
                states[0] |= axis.bit("yes" if results[self.plan.offsets.index(days)][1] else "no")
        level = next(level for when, level in self.risks if when is None or when(states[0]))
        states[0] |= 1 << (self.risk.shift + level)
        points, fails = results[0]
        byte = points | level << self.plan.points_bits | fails << (self.plan.points_bits + self.plan.risk_bits)
        return byte << (8 * self.plan.result[domain])


def _test(node: object) -> Test | None:
    return None if node is None else test(node)  # type: ignore[arg-type]
