"""Every cell of an edition as columns, and what the interpreter says of it.

The reference asks the compiled interpreter (`core.program`) of one domain on one day in each state that differs in what
that domain reads, once, and keeps the answer under a dense number of that state. So it can be asked hundreds of
millions of times while it interprets a million."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from oralu.core.axes import Axis, lower, masks
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN
from oralu.core.grammar import ANY_DOMAIN
from oralu.core.lattice.codes import Codes
from oralu.core.program import compiled

NEVER = np.iinfo(np.int32).max
Array = Any


@dataclass(frozen=True)
class Source:
    """Something that a case may be, in every way that matters: `columns[name][way]`."""

    name: tuple[str, ...]
    columns: dict[str, Array]

    @property
    def ways(self) -> int:
        return len(next(iter(self.columns.values())))


def fact_source(edition: Edition, name: str) -> Source:
    """Unknown, or each value with and without evidence, of each age class, ending before each look-ahead or never."""
    program = compiled(edition)
    ages = {int(a.key[2]) - o for a in program.axes.of_kind("age") if a.key[1] == name for o in program.offsets}
    proof = (0, 1) if ("evidence", name) in program.axes.by_key else (0,)
    ends = [NEVER, *program.offsets[1:]]
    values = range(1, len(edition.fact(name).codes) + 1)
    ways = [(0, 0, NEVER, 0), *product(values, proof, ends, sorted({0, *(a for a in ages if a > 0)}))]
    value, evidence, until, age = (np.array(column) for column in zip(*ways, strict=True))
    return Source(
        ("fact", name),
        {"value": value.astype(np.uint8), "evidence": evidence.astype(np.uint8), "until": until, "age": age},
    )


def day_source(edition: Edition, *, within: tuple[int, ...] | None = None) -> Source:
    """The first day of every class of days, and one before all of them."""
    program = compiled(edition)
    marks = sorted({int(a.key[1]) - o for a in program.axes.of_kind("day") for o in program.offsets})
    days = [marks[0] - 1, *marks] if within is None else within
    return Source(("day",), {"day": np.array(days, dtype=np.int32)})


def flag_source(kind: str, domain: str = "", ways: int = 2) -> Source:
    return Source((kind, domain), {"code": np.arange(ways, dtype=np.uint8)})


def sources_for(edition: Edition, axes: list[Axis]) -> list[Source]:
    """All that settles these axes, except the day; results of domains are left out."""
    facts = [
        f.name
        for f in edition.facts
        if any(a.key[0] in ("fact", "evidence", "age") and a.key[1] == f.name for a in axes)
    ]
    found = [fact_source(edition, name) for name in facts]
    kinds = {axis.key for axis in axes}
    found += [flag_source(kind) for kind in ("sex", "minor_children") if (kind,) in kinds]
    found += [flag_source("breached", d) for d in edition.domains if ("breached", d) in kinds]
    sent = {str(key[1]) for key in kinds if key[0] in ("sent", "served")}
    return found + [flag_source("referral", d, 3) for d in edition.domains if {d, ANY_DOMAIN} & sent]


def grid(sources: list[Source], piece: int = 1 << 19) -> Iterator[list[Array]]:
    """Every combination of the ways of the sources, in pieces: for each source the number of the way in each cell."""
    cells = prod(source.ways for source in sources)
    for start in range(0, cells, piece):
        rest = np.arange(start, min(start + piece, cells), dtype=np.uint32)
        ways = []
        for source in sources:
            after = rest // np.uint32(source.ways)
            ways.append((rest - after * np.uint32(source.ways)).astype(np.intp))
            rest = after
        yield ways


def codes_of(sources: list[Source], ways: list[Array]) -> Codes:
    """The cells as columns; what no source gives is unknown, none, no, female."""
    size = len(ways[0])
    columns: dict[str, dict[str, Array]] = {
        k: {} for k in ("values", "evidence", "fact_days", "until", "referrals", "breached")
    }
    single: dict[str, Array] = {"sex": np.zeros(size, np.uint8), "minor_children": np.zeros(size, np.uint8)}
    day = next(s.columns["day"][w] for s, w in zip(sources, ways, strict=True) if s.name == ("day",))
    for source, way in zip(sources, ways, strict=True):
        kind, *rest = source.name
        if kind == "fact":
            name, got = rest[0], {key: column[way] for key, column in source.columns.items()}
            columns["values"][name], columns["evidence"][name] = got["value"], got["evidence"]
            columns["fact_days"][name] = (day - got["age"]).astype(np.int32)
            columns["until"][name] = np.where(got["until"] == NEVER, NEVER, day + got["until"]).astype(np.int32)
        elif kind in ("sex", "minor_children"):
            single[kind] = source.columns["code"][way]
        elif kind != "day":
            columns["referrals" if kind == "referral" else "breached"][rest[0]] = source.columns["code"][way]
    return Codes(day=day, **single, **columns)


@dataclass
class Told:
    """Of one domain: points, failure, by offset; risk today."""

    points: list[Array]
    failed: list[Array]
    risk: Array


class Reference:
    """The interpreter, asked for every row of some columns."""

    def __init__(self, edition: Edition) -> None:
        self.edition, self.program = edition, compiled(edition)
        self.memo: dict[tuple[str, str], Array] = {}
        self.interpreted = 0

    def domain(self, code: str, codes: Codes, before: dict[str, Told]) -> Told:
        """`before`: what was told of the domains that this one reads."""
        program, dp = self.program, self.program.domains[code]
        points, failed = [], []
        for place in range(len(program.offsets)):
            axes = [a for a in program.axes.within(dp.core_mask) if not (a.key[0] == "raw" and a.key[1] == code)]
            found = self._ask(("core", code), axes, lambda s: _pair(dp.core(s)), codes, place, before)
            points.append(found >> 1)
            failed.append(found & 1)
        told = Told(points, failed, np.zeros(len(codes), np.int16))
        axes = program.axes.within(dp.risk_mask)
        told.risk = self._ask(("risk", code), axes, lambda s: dp.verdict(s).level, codes, 0, before | {code: told})
        return told

    def rule(self, place: int, codes: Codes, before: dict[str, Told]) -> Array:
        holds = self.program.rules[place]
        axes = self.axes_of_rule(place)
        return self._ask(("rule", str(place)), axes, lambda s: int(holds(s)), codes, 0, before).astype(bool)

    def axes_of_rule(self, place: int) -> list[Axis]:
        read = 0
        for mask in masks(lower(self.program.axes, self.edition.rules[place].condition)):
            read |= mask
        return self.program.axes.within(read)

    def _ask(  # noqa: PLR0917
        self,
        key: tuple[str, str],
        axes: list[Axis],
        interpret: Callable[[int], int],
        codes: Codes,
        place: int,
        before: dict[str, Told],
    ) -> Array:
        radixes = [len(axis.values) for axis in axes]
        memo = self.memo.get(key)
        if memo is None:
            memo = self.memo[key] = np.full(prod(radixes), -1, np.int16)
        number = np.zeros(len(codes), np.int32 if len(memo) < 1 << 31 else np.int64)
        for axis, radix in zip(axes, radixes, strict=True):
            number *= number.dtype.type(radix)
            np.add(number, self._value(axis, codes, place, before), out=number, casting="unsafe")
        found = np.take(memo, number)
        if found.min(initial=0) < 0:
            for one in np.unique(number[found < 0]):
                memo[one] = interpret(_state(axes, radixes, int(one)))
                self.interpreted += 1
            found = np.take(memo, number)
        return found

    def _value(self, axis: Axis, codes: Codes, place: int, before: dict[str, Told]) -> Array:
        """The place of the bit of the axis in each row."""
        kind, name = axis.key[0], str(axis.key[-1] if len(axis.key) == 2 else axis.key[1] if len(axis.key) > 1 else "")
        offset = self.program.offsets[place]
        if kind in ("fact", "evidence", "age"):
            return self._fact(axis, name, codes, offset)
        if kind == "day":
            return codes.day + offset >= int(axis.key[1])
        if kind in ("sex", "minor_children"):
            return codes.sex if kind == "sex" else codes.minor_children
        if kind in ("sent", "served"):
            least = 2 if kind == "served" else 1
            of = self.edition.domains if name == ANY_DOMAIN else (name,)
            return sum((_column(codes.referrals, d, codes) >= least for d in of), np.zeros(len(codes), bool)) > 0
        if kind == "breached":
            return _column(codes.breached, name, codes)
        told = before[name]
        if kind == "ahead":
            return told.failed[self.program.offsets.index(int(axis.key[2]))]
        return {"points": told.points, "failed": told.failed}[str(kind)][place] if kind != "risk" else told.risk

    def _fact(self, axis: Axis, name: str, codes: Codes, offset: int) -> Array:
        value = _column(codes.values, name, codes)
        known = (value > 0) & (codes.until[name] > codes.day + offset) if name in codes.until else value > 0
        if axis.key[0] == "evidence":
            return known & (_column(codes.evidence, name, codes) > 0)
        if axis.key[0] == "age":
            return (
                known & (codes.day + offset - codes.fact_days[name] >= int(axis.key[2]))
                if name in codes.fact_days
                else known
            )
        assert axis.values[-1] == UNKNOWN
        return np.where(known, value - 1, len(axis.values) - 1)


def _column(columns: Any, name: str, codes: Codes) -> Array:
    return columns.get(name, np.zeros(len(codes), np.int16))


def _pair(core: Any) -> int:
    return core.points << 1 | bool(core.failures)


def _state(axes: list[Axis], radixes: list[int], number: int) -> int:
    state = 0
    for axis, radix in zip(reversed(axes), reversed(radixes), strict=True):
        number, value = divmod(number, radix)
        state |= 1 << (axis.shift + value)
    return state
