"""Conditions as bit masks: the form in which they are asked many times a second.

A *state* is one integer. Each thing that conditions can read is an *axis*, a run of bits of which exactly one is set:
the value of a fact (or unknown), evidence no/yes, "day 30 or later" no/yes, the points of a domain. A condition about
an axis is a mask; it holds if the state and the mask meet. So results can be kept under `state & mask of what is
read`, and "which values make no difference" is a question about masks, not about the meaning of a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from oralu.core import grammar as g
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN

Test = Callable[[int], bool]
NO_YES = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Axis:
    """`shift`: the place of the first bit. `mask`: all its bits."""

    key: tuple[str | int, ...]
    values: tuple[str, ...]
    shift: int

    @property
    def mask(self) -> int:
        return ((1 << len(self.values)) - 1) << self.shift

    def bit(self, value: str) -> int:
        return 1 << (self.shift + self.values.index(value))


class Axes:
    """The axes of an edition, in the order in which they were first asked for."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.by_key: dict[tuple[str | int, ...], Axis] = {}
        self.size = 0
        for fact in edition.facts:
            self.axis("fact", fact.name)
        for domain in edition.evaluation_order:
            for kind in ("points", "failed", "risk"):
                self.axis(kind, domain)

    def axis(self, *key: str | int) -> Axis:
        found = self.by_key.get(key)
        if found is None:
            found = Axis(key, self._values(key), self.size)
            self.by_key[key] = found
            self.size += len(found.values)
        return found

    def _values(self, key: tuple[str | int, ...]) -> tuple[str, ...]:
        if key[0] == "fact":
            return (*self.edition.fact(str(key[1])).codes, UNKNOWN)
        if key[0] in ("points", "raw"):
            return tuple(str(n) for n in range(self.edition.highest_points + 1))
        if key[0] == "risk":
            return self.edition.risk_levels
        return g.SEXES if key[0] == "sex" else NO_YES

    def of_kind(self, kind: str) -> list[Axis]:
        return [axis for axis in self.by_key.values() if axis.key[0] == kind]

    def within(self, mask: int) -> list[Axis]:
        return [axis for axis in self.by_key.values() if axis.mask & mask]

    def leaf(self, node: g.Condition) -> tuple[Axis, int]:
        """The axis that a leaf reads and the bits for which it holds."""
        match node:
            case g.FactIn(fact, values):
                axis = self.axis("fact", fact)
                return axis, sum(axis.bit(value) for value in values)
            case g.FactUnknown(fact):
                axis, value = self.axis("fact", fact), UNKNOWN
            case g.FactEvidence(fact):
                axis, value = self.axis("evidence", fact), "yes"
            case g.FactAge(fact, days):
                axis, value = self.axis("age", fact, days), "yes"
            case g.DayFrom(day):
                axis, value = self.axis("day", day), "yes"
            case g.SexIs(sex):
                axis, value = self.axis("sex"), sex
            case g.MinorChildren(present):
                axis, value = self.axis("minor_children"), "yes" if present else "no"
            case g.PointsIn(domain, points, raw):
                axis = self.axis("raw" if raw else "points", domain)
                return axis, sum(axis.bit(str(n)) for n in points)
            case g.RiskIn(domain, levels):
                axis = self.axis("risk", domain)
                return axis, sum(axis.bit(level) for level in levels)
            case g.Failure(domain, ahead):
                axis, value = self.axis("ahead", domain, ahead) if ahead else self.axis("failed", domain), "yes"
            case g.Referral(domain, served):
                axis, value = self.axis("served" if served else "sent", domain), "yes"
            case g.Breached(domain):
                axis, value = self.axis("breached", domain), "yes"
            case _:
                raise TypeError(node)
        return axis, axis.bit(value)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Holds if the state and the mask meet. An `any` of leaves is one leaf, over several axes."""

    mask: int


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


Node = Leaf | Both | Either
ALWAYS: Node = Both(())


def lower(axes: Axes, condition: g.Condition, *, holds: bool = True) -> Node:
    """The condition (or its denial) with `not` driven down to the leaves, where it is the other bits of the axis."""
    if isinstance(condition, g.Not):
        return lower(axes, condition.part, holds=not holds)
    if isinstance(condition, g.Term):
        return lower(axes, condition.part, holds=holds)
    if isinstance(condition, g.All | g.AnyOf):
        parts = [lower(axes, part, holds=holds) for part in condition.parts]
        return both(parts) if isinstance(condition, g.All) == holds else either(parts)
    axis, bits = axes.leaf(condition)
    return Leaf(bits if holds else axis.mask ^ bits)


def both(parts: Iterable[Node]) -> Node:
    flat = [p for part in parts for p in (part.parts if isinstance(part, Both) else (part,))]
    return flat[0] if len(flat) == 1 else Both(tuple(flat))


def either(parts: Iterable[Node]) -> Node:
    flat = [p for part in parts for p in (part.parts if isinstance(part, Either) else (part,))]
    mask = 0
    for part in flat:
        mask |= part.mask if isinstance(part, Leaf) else 0
    rest = [part for part in flat if not isinstance(part, Leaf)]
    merged = ([Leaf(mask)] if mask else []) + rest
    return merged[0] if len(merged) == 1 else Either(tuple(merged))


def masks(node: Node) -> Iterator[int]:
    if isinstance(node, Leaf):
        yield node.mask
    else:
        for part in node.parts:
            yield from masks(part)


def test(node: Node) -> Test:
    """The node as a function of the state."""
    if isinstance(node, Leaf):
        mask = node.mask
        return lambda state: state & mask != 0
    leaves = tuple(part.mask for part in node.parts if isinstance(part, Leaf))
    others = tuple(test(part) for part in node.parts if not isinstance(part, Leaf))
    if isinstance(node, Both):
        return _test_all(leaves, others)

    def any_holds(state: int) -> bool:
        for mask in leaves:
            if state & mask:
                return True
        return any(other(state) for other in others)

    return any_holds


def _test_all(leaves: tuple[int, ...], others: tuple[Test, ...]) -> Test:
    if len(leaves) == 2 and not others:
        first, second = leaves
        return lambda state: state & first != 0 and state & second != 0

    def all_hold(state: int) -> bool:
        for mask in leaves:
            if not state & mask:
                return False
        for other in others:  # noqa: SIM110  a generator here costs half of the time
            if not other(state):
                return False
        return True

    return all_hold


class Reads:
    """Compiles conditions and remembers every mask that they read."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.leaf_masks: set[int] = set()

    def compile(self, condition: g.Condition | None) -> Test | None:
        if condition is None:
            return None
        node = lower(self.axes, condition)
        self.leaf_masks.update(masks(node))
        return test(node)

    @property
    def mask(self) -> int:
        """All the bits of all the axes that are read."""
        read = 0
        for mask in self.leaf_masks:
            read |= mask
        return sum(axis.mask for axis in self.axes.within(read))
