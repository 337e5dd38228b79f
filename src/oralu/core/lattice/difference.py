"""Two editions compared cell by cell: where, in words of the vocabulary, they judge differently.

The interpreter of each edition is asked in every cell of what a domain, or a rule, reads in either edition; the results
of other domains are coordinates like facts. Cells that differ in the same way are put together into boxes, since a
lawyer reads "on days 30 to 59, whatever the registration", not ten thousand cells. For the look-ahead of a risk, the
facts and the other domains stay as they are; a difference that only an ending fact brings out is one of the points or
of the failure, and is found as that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from oralu.core.axes import Axis, lower, masks
from oralu.core.edition import Edition, Rule
from oralu.core.facts import UNKNOWN
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.digits import Key, LatticeError
from oralu.core.program import Program, compiled

MOST_CELLS = 4_000_000
Outcome = tuple[int, int, bool]
"""Points, place of the level of risk, failed."""
Asked = Callable[[list[int]], Outcome | bool]


@dataclass(frozen=True, slots=True)
class Way:
    """One value of a coordinate. `told`: what it says to the axes, by offset. `words`: codes to put into words."""

    words: tuple[str, ...]
    told: tuple[tuple[tuple[Key, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Coordinate:
    key: Key
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """Cells: of each coordinate that matters, the ways."""

    parts: tuple[tuple[Coordinate, tuple[Way, ...]], ...]
    cells: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: domain or rule. `before`, `after`: outcomes of the domain, or whether the rule holds (None: the edition
    has no such rule)."""

    kind: str
    code: str
    before: Outcome | bool | None
    after: Outcome | bool | None
    boxes: tuple[Box, ...] = ()


def different_vocabulary(old: Edition, new: Edition) -> str | None:
    """Why two editions cannot be compared cell by cell, in words, or None."""
    for what, a, b in (
        ("domains", old.domains, new.domains),
        ("judging domain", (old.judging_domain,), (new.judging_domain,)),
        ("levels of risk", old.risk_levels, new.risk_levels),
        ("facts", tuple(f.name for f in old.facts), tuple(f.name for f in new.facts)),
        *(
            (f"values of {f.name}", f.codes, new.fact_by_name[f.name].codes)
            for f in old.facts
            if f.name in new.fact_by_name
        ),
    ):
        if set(a) != set(b):
            return f"{what}: {', '.join(a)} against {', '.join(b)}"
        if a != b:
            return f"{what} stand in another order"
    return None


def _values(edition: Edition, name: str) -> tuple[str, ...]:
    fact = edition.fact_by_name.get(name)
    return () if fact is None else fact.codes


def differences(old: Lattice | Edition, new: Lattice | Edition) -> tuple[Difference, ...]:
    """All differences: domains in the order of the edition, then rules. Editions of one vocabulary.

    Raises `LatticeError` where a domain reads too much for its cells to be gone through."""
    pair = tuple(e if isinstance(e, Edition) else e.edition for e in (old, new))
    why = different_vocabulary(*pair)
    if why is not None:
        raise LatticeError(why)
    return tuple(_Comparison(*pair).all())


class _Comparison:
    def __init__(self, old: Edition, new: Edition) -> None:
        self.editions = (old, new)
        self.programs = (compiled(old), compiled(new))
        self.offsets = tuple(sorted({o for program in self.programs for o in program.offsets}))

    def all(self) -> Iterator[Difference]:
        for code in self.editions[0].domains:
            yield from self._domain(code)
        codes = [rule.code for rule in self.editions[0].rules]
        codes += [rule.code for rule in self.editions[1].rules if rule.code not in codes]
        for code in codes:
            yield from self._rule(code)

    def _domain(self, code: str) -> Iterator[Difference]:
        if self.editions[0].policies[code] == self.editions[1].policies[code]:
            return
        leaves = [p.domains[code].core_reads.leaf_masks | p.domains[code].risk_reads.leaf_masks for p in self.programs]
        own = {(kind, code) for kind in ("points", "raw", "failed", "risk")}
        coordinates = self._coordinates(leaves, own, ahead_of=code)
        found = list(
            self._compared("domain", code, coordinates, [_outcome_of(p, code, self.offsets) for p in self.programs])
        )
        if not found:
            masks_of_risk = [p.domains[code].risk_reads.leaf_masks for p in self.programs]
            coordinates = self._coordinates(masks_of_risk, {("risk", code)})
            found = list(self._compared("domain", code, coordinates, [_risk_of(p, code) for p in self.programs]))
        yield from found

    def _rule(self, code: str) -> Iterator[Difference]:
        rules = [edition.rule_by_code.get(code) for edition in self.editions]
        if rules[0] is None or rules[1] is None:
            yield Difference("rule", code, None if rules[0] is None else True, None if rules[1] is None else True)
            return
        if rules[0].condition == rules[1].condition:
            return
        nodes = [lower(p.axes, r.condition) for p, r in zip(self.programs, rules, strict=True) if r is not None]
        coordinates = self._coordinates([set(masks(node)) for node in nodes], set())
        asked = [_rule_of(p, r) for p, r in zip(self.programs, rules, strict=True) if r is not None]
        yield from self._compared("rule", code, coordinates, asked)

    # The coordinates of a cell

    def _coordinates(
        self, leaves: list[set[int]], computed: set[tuple[str, str]], *, ahead_of: str = ""
    ) -> list[Coordinate]:
        read: dict[Key, Axis] = {}
        for program, found in zip(self.programs, leaves, strict=True):
            for mask in found:
                read.update({axis.key: axis for axis in program.axes.within(mask)})
        keys = [k for k in read if k[:2] not in computed and not (k[0] == "ahead" and k[1] == ahead_of)]
        told = {str(k[1]) for k in keys if k[0] in ("fact", "evidence", "age")}
        facts = [fact.name for fact in self.editions[0].facts if fact.name in told]
        coordinates = [self._fact(name, keys, leaves) for name in facts]
        days = sorted({int(k[1]) - o for k in keys if k[0] == "day" for o in self.offsets})
        if days:
            coordinates.insert(0, self._days(days, keys))
        for key in keys:
            if key[0] not in ("fact", "evidence", "age", "day"):
                ways = tuple(Way((value,), (((key, value),),) * len(self.offsets)) for value in read[key].values)
                coordinates.append(Coordinate(key, ways))
        return coordinates

    def _days(self, marks: list[int], keys: list[Key]) -> Coordinate:
        asked = [key for key in keys if key[0] == "day"]
        ways = []
        for start, end in zip([None, *marks], [*marks, None], strict=True):
            first = marks[0] - 1 if start is None else start
            told = tuple(tuple((k, "yes" if first + o >= int(k[1]) else "no") for k in asked) for o in self.offsets)
            ways.append(Way(("" if start is None else str(start), "" if end is None else str(end - 1)), told))
        return Coordinate(("day",), tuple(ways))

    def _fact(self, name: str, keys: list[Key], leaves: list[set[int]]) -> Coordinate:
        """Its values as far as some condition tells them apart, with evidence and age as far as those are read."""
        codes = (*self.editions[0].fact(name).codes, UNKNOWN)
        apart: dict[tuple[object, ...], list[str]] = {}
        for code in codes:
            bits = [p.axes.axis("fact", name).bit(code) for p in self.programs]
            hit = tuple(tuple(sorted(m for m in found if m & bit)) for found, bit in zip(leaves, bits, strict=True))
            # A value and not knowing it differ in evidence and age, where those are read.
            timed = any(k[0] in ("evidence", "age") and k[1] == name for k in keys)
            apart.setdefault((hit, timed and code == UNKNOWN), []).append(code)
        ages = sorted({int(k[2]) for k in keys if k[0] == "age" and k[1] == name})
        marks = sorted({max(0, age - offset) for age in ages for offset in self.offsets} | {0})
        proofs = ("no", "yes") if ("evidence", name) in keys else ("",)
        ways = []
        for merged in apart.values():
            known = merged != [UNKNOWN]
            for proof, place in product(proofs if known else proofs[:1], range(len(marks) if known and ages else 1)):
                told = []
                for offset in self.offsets:
                    said: list[tuple[Key, str]] = [(("fact", name), merged[0])]
                    if proof:
                        said.append((("evidence", name), proof))
                    said += [(("age", name, a), "yes" if known and marks[place] + offset >= a else "no") for a in ages]
                    told.append(tuple(said))
                until = marks[place + 1] - 1 if place + 1 < len(marks) else ""
                age = (str(marks[place]), str(until)) if known and ages else ("", "")
                ways.append(Way((*age, proof if known else "", *merged), tuple(told)))
        return Coordinate(("fact", name), tuple(ways))

    # Comparing

    def _compared(
        self, kind: str, code: str, coordinates: list[Coordinate], asked: list[Asked]
    ) -> Iterator[Difference]:
        shape = tuple(len(coordinate.ways) for coordinate in coordinates)
        if prod(shape) > MOST_CELLS:
            raise LatticeError(f"{kind} {code}: {prod(shape):,} cells are too many to compare one by one")
        kinds: dict[tuple[Outcome | bool, Outcome | bool], int] = {}
        marked = np.zeros(prod(shape), dtype=np.int32)
        states = [self._states(program, coordinates) for program in self.programs]
        for place, (one, other) in enumerate(zip(*states, strict=True)):
            before, after = asked[0](one), asked[1](other)
            if before != after:
                marked[place] = kinds.setdefault((before, after), len(kinds) + 1)
        for (before, after), number in kinds.items():
            boxes = tuple(_boxes(marked.reshape(shape) == number, coordinates))
            yield Difference(kind, code, before, after, boxes)

    def _states(self, program: Program, coordinates: list[Coordinate]) -> Iterator[list[int]]:
        """The state of every cell, by offset."""
        by_key = program.axes.by_key
        bits = [
            [
                [sum(by_key[key].bit(value) for key, value in told if key in by_key) for told in way.told]
                for way in coordinate.ways
            ]
            for coordinate in coordinates
        ]
        for chosen in product(*bits):
            yield [sum(of[place] for of in chosen) for place in range(len(self.offsets))]


def _outcome_of(program: Program, code: str, offsets: tuple[int, ...]) -> Asked:
    domain = program.domains[code]
    aheads = [(axis, offsets.index(days)) for axis, of, days in program.aheads if of is domain]

    def outcome(states: list[int]) -> Outcome:
        core = domain.core(states[0])
        state = states[0] | core.bits
        for axis, place in aheads:
            state |= axis.bit("yes" if domain.core(states[place]).failures else "no")
        return core.points, domain.verdict(state).level, bool(core.failures)

    return outcome


def _risk_of(program: Program, code: str) -> Asked:
    domain = program.domains[code]
    points, failed = domain.points_axis, domain.failed_axis

    def outcome(states: list[int]) -> Outcome:
        given = ((states[0] & points.mask) >> points.shift).bit_length() - 1
        return max(given, 0), domain.verdict(states[0]).level, bool(states[0] & failed.bit("yes"))

    return outcome


def _rule_of(program: Program, rule: Rule) -> Asked:
    holds = program.rules[program.edition.rules.index(rule)]
    return lambda states: bool(holds(states[0]))


def _boxes(cells: npt.NDArray[np.bool_], coordinates: list[Coordinate]) -> Iterator[Box]:
    """The cells as few boxes: from the first cell left, each coordinate in turn takes in all the ways that it can."""
    left = cells.copy()
    while left.any():
        start = np.unravel_index(int(np.argmax(left)), left.shape)
        chosen: list[list[int]] = [[int(place)] for place in start]
        for axis in range(cells.ndim):
            chosen[axis] = [
                way
                for way in range(cells.shape[axis])
                if cells[np.ix_(*[*chosen[:axis], [way], *chosen[axis + 1 :]])].all()
            ]
        left[np.ix_(*chosen)] = False
        parts = tuple(
            (coordinate, tuple(coordinate.ways[way] for way in ways))
            for coordinate, ways in zip(coordinates, chosen, strict=True)
            if len(ways) < len(coordinate.ways)
        )
        yield Box(parts, prod(len(ways) for ways in chosen))


def terms_changed(old: Edition, new: Edition) -> Iterable[tuple[str, str, str, str]]:
    """What rules of both editions say besides their condition: rule, name, before, after."""
    for rule in old.rules:
        other = new.rule_by_code.get(rule.code)
        if other is None:
            continue
        for name in ("agency", "service", "need", "target", "limit", "on_breach", "served_meets"):
            if getattr(rule, name) != getattr(other, name):
                yield rule.code, name, str(getattr(rule, name)), str(getattr(other, name))
        if rule.waits_while != other.waits_while:
            yield rule.code, "waits_while", "one condition", "another"
