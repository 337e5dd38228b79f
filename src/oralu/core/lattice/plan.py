"""How an edition is laid out as tables: which facts stand together, and what one table tells another.

A table over all the facts of a large domain would have millions of cells. But a condition is an `all` or an `any` of
parts, and a part that reads the facts of one table only can be answered there. So a table also gives *signals*: bits
that mean "some part of this `any` holds" (of an `all`: "some part fails"). The signals of all tables are put together
with a bitwise or, which is what `any` is, and a later table reads them as digits of its own. Nothing is lost by it:
every table stays exact, whatever the facts of the others are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from oralu.core import grammar as g
from oralu.core.axes import Axes, Axis, Both, Either, Leaf, Node, both, either, lower, masks
from oralu.core.edition import Edition
from oralu.core.lattice.digits import Digit, LatticeError, digits_for, size

TOGETHER = 20_000
"""Facts of a domain stand in one table while they have at most so many cells; else they are parted."""
LARGEST = 1 << 21
LANE = 16
"""Bits that one table may read from the others: one lane of the word."""


NEVER = Either(())


@dataclass(frozen=True, slots=True)
class Emitted:
    """Where `node` holds at the offset with this place, the bit `bit` of the word is set."""

    node: Node
    place: int
    bit: int


@dataclass
class Stage:
    """One table. `inner`: the nodes that it asks itself. `domain`: whose points, failure and risk it gives, if any.

    `lane`: the first bit of the signals that it reads, `heard` their number; `rules`: place of the rule, its node."""

    name: str
    order: int
    domain: str | None
    inner: list[Node] = field(default_factory=list)
    emits: list[Emitted] = field(default_factory=list)
    rules: list[tuple[int, Node]] = field(default_factory=list)
    heard: dict[tuple[Axis, int], int] = field(default_factory=dict)
    lane: int = 0
    points: list[tuple[Node | None, int, Node | None, int]] = field(default_factory=list)
    failures: Node = NEVER
    risks: list[tuple[Node | None, int]] = field(default_factory=list)
    read: tuple[Axis, ...] = ()
    digits: tuple[Digit, ...] = ()

    @property
    def bits(self) -> int:
        return len(self.heard)

    @property
    def cells(self) -> int:
        return size(self.digits) << self.bits


@dataclass
class Plan:
    """The tables of an edition in the order in which they are asked, and where the word keeps what they say.

    A word has `width` bytes. `result`: the byte of a domain (points, then risk, then failed, from the lowest bit);
    `rules_at`: the first byte of the bits of the rules, `rules_bytes` their number."""

    edition: Edition
    axes: Axes
    offsets: tuple[int, ...]
    aheads: tuple[tuple[Axis, str, int], ...]
    stages: list[Stage]
    result: dict[str, int] = field(default_factory=dict)
    rules_at: int = 0
    rules_bytes: int = 4
    width: int = 8

    @property
    def points_bits(self) -> int:
        return self.edition.highest_points.bit_length()

    @property
    def risk_bits(self) -> int:
        return max(1, (len(self.edition.risk_levels) - 1).bit_length())


def plan_of(edition: Edition) -> Plan:
    """Raises `LatticeError` if the edition does not fit."""
    return _Planner(edition).plan()


class _Planner:
    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.axes = Axes(edition)
        self.nodes = {code: self._domain_nodes(code) for code in edition.evaluation_order}
        self.rule_nodes = [self._lower(rule.when) for rule in edition.rules]
        self.aheads = tuple((a, str(a.key[1]), int(a.key[2])) for a in self.axes.of_kind("ahead"))
        self.offsets = tuple(sorted({0, *(days for _, _, days in self.aheads)}))
        self.stages: list[Stage] = []
        self.home: dict[str, Stage] = {}
        self.final: dict[str, Stage] = {}
        self.signals: dict[tuple[int, frozenset[tuple[int, Node]]], Axis] = {}

    def _lower(self, condition: g.Condition | None) -> Node | None:
        return None if condition is None else lower(self.axes, _each_referral(self.edition, condition))

    def _domain_nodes(
        self, code: str
    ) -> tuple[list[tuple[Node | None, int, Node | None, int]], list[Node], list[tuple[Node | None, int]]]:
        policy, levels = self.edition.policies[code], self.edition.risk_levels
        points = [(self._lower(p.when), p.points, self._lower(p.proof), p.unproved) for p in policy.points]
        failures = [node for line in policy.failures if (node := self._lower(line.when)) is not None]
        return points, failures, [(self._lower(line.when), levels.index(line.level)) for line in policy.risks]

    def plan(self) -> Plan:
        for code in self.edition.evaluation_order:
            self._add_stages(code)
        for code in self.edition.evaluation_order:
            self._settle(self.final[code], *self.nodes[code])
        for place, node in enumerate(self.rule_nodes):
            assert node is not None
            stage = self._stage_of_rule(self.edition.rules[place].domain, node)
            stage.rules.append((place, self._rewrite(node, stage, (0,))))
        plan = Plan(self.edition, self.axes, self.offsets, self.aheads, self.stages)
        for stage in self.stages:
            self._finish(stage)
        _lay_out(plan)
        return plan

    # Which facts stand together

    def _add_stages(self, code: str) -> None:
        facts = [fact.name for fact in self.edition.facts_of(code)]
        groups = self._groups(code, facts)
        if prod(self._cells(group) for group in groups) > TOGETHER:
            for number, group in enumerate(groups, 1):
                stage = self._stage(f"{code}.{number}", None)
                self.home.update(dict.fromkeys(group, stage))
        self.final[code] = self._stage(code, code)
        for name in facts:
            self.home.setdefault(name, self.final[code])

    def _stage(self, name: str, domain: str | None) -> Stage:
        stage = Stage(name, len(self.stages), domain)
        self.stages.append(stage)
        return stage

    def _cells(self, facts: Iterable[str]) -> int:
        names = set(facts)
        axes = [a for a in self.axes.by_key.values() if a.key[0] in ("fact", "evidence", "age") and a.key[1] in names]
        return size(digits_for(self.edition, self.offsets, axes))

    def _groups(self, code: str, facts: list[str]) -> list[list[str]]:
        """Facts that a part of a condition reads together stand together, as far as `TOGETHER` allows; then the small
        groups are joined."""
        groups = [[name] for name in facts]
        for part in self._parts(code):
            read = {
                str(a.key[1])
                for m in masks(part)
                for a in self.axes.within(m)
                if a.key[0] in ("fact", "evidence", "age")
            }
            joined = [group for group in groups if read & set(group)]
            whole = [name for name in facts if any(name in group for group in joined)]
            if len(joined) > 1 and self._cells(whole) <= TOGETHER:
                groups = [group for group in groups if group not in joined] + [whole]
        packed: list[list[str]] = []
        for group in sorted(groups, key=lambda names: facts.index(names[0])):
            room = next((other for other in packed if self._cells(other + group) <= TOGETHER), None)
            if room is None:
                packed.append(list(group))
            else:
                room += group
        return packed

    def _parts(self, code: str) -> list[Node]:
        points, failures, risks = self.nodes[code]
        tops = (
            [node for when, _, proof, _ in points for node in (when, proof)] + [when for when, _ in risks] + [*failures]
        )
        tops += [n for n, rule in zip(self.rule_nodes, self.edition.rules, strict=True) if rule.domain == code]
        return [
            part for top in tops if top is not None for part in (top.parts if isinstance(top, Both | Either) else ())
        ]

    # What a stage asks itself and what it hears

    def _owner(self, axis: Axis, stage: Stage) -> Stage | None:
        """The earlier stage that knows the axis; None where this stage reads it itself."""
        kind = axis.key[0]
        if kind in ("day", "sex", "minor_children", "raw"):
            return None
        homes = self.home if kind in ("fact", "evidence", "age") else self.final
        owner = homes[str(axis.key[1])]
        return owner if owner.order < stage.order else None

    def _owners(self, node: Node, stage: Stage) -> set[int]:
        """Order numbers of the stages that know the node; -1 stands for this one, and what all know is left out."""
        found = set()
        for mask in masks(node):
            for axis in self.axes.within(mask):
                owner = self._owner(axis, stage)
                if owner is not None:
                    found.add(owner.order)
                elif axis.key[0] not in ("day", "sex", "minor_children"):
                    found.add(-1)
        return found

    def _rewrite(self, node: Node, stage: Stage, places: tuple[int, ...]) -> Node:
        """The node with every part that an earlier stage knows replaced by a signal, asked for at the offsets with
        these places."""
        owners = self._owners(node, stage)
        if not owners - {-1}:
            return node
        if owners == {min(owners)}:
            return self._signal([(min(owners), node)], stage, places, denied=False)
        parts = node.parts if isinstance(node, Both | Either) else self._leaves(node)
        known: list[tuple[int, Node]] = []
        kept: list[Node] = []
        for part in parts:
            of_part = self._owners(part, stage)
            if len(of_part) == 1 and of_part != {-1}:
                known.append((of_part.pop(), part))
            else:
                kept.append(self._rewrite(part, stage, places))
        together = both if isinstance(node, Both) else either
        if known:
            kept.append(self._signal(known, stage, places, denied=isinstance(node, Both)))
        return together(kept)

    def _signal(self, known: list[tuple[int, Node]], stage: Stage, places: tuple[int, ...], *, denied: bool) -> Leaf:
        """A leaf on an axis of signals: some of the nodes hold (`denied`: none fails)."""
        merged = []
        for order in sorted({order for order, _ in known}):
            parts = [node for owner, node in known if owner == order]
            merged.append((order, self._denial(both(parts)) if denied else either(parts)))
        key = (stage.order, frozenset(merged))
        axis = self.signals.get(key)
        if axis is None:
            axis = self.signals[key] = self.axes.axis("signal", len(self.signals))
        timed = any(self._timed(node) for _, node in merged)
        for place in places if timed else (0,):
            if (axis, place) not in stage.heard:
                bit = stage.heard[axis, place] = len(stage.heard)
                for order, part in merged:
                    teller = self.stages[order]
                    # Counted in the lane of the hearer until the word is laid out.
                    emitted = Emitted(self._rewrite(part, teller, (place,)), place, stage.order * LANE + bit)
                    teller.emits.append(emitted)
        return Leaf(axis.bit("no" if denied else "yes"))

    def _leaves(self, leaf: Leaf) -> tuple[Leaf, ...]:
        """One leaf for each axis."""
        return tuple(Leaf(leaf.mask & axis.mask) for axis in self.axes.within(leaf.mask))

    def _denial(self, node: Node) -> Node:
        """What holds where the node does not; so that one thing that is asked in two ways is one signal."""
        if isinstance(node, Leaf):
            return both(Leaf(axis.mask & ~node.mask) for axis in self.axes.within(node.mask))
        parts = [self._denial(part) for part in node.parts]
        return either(parts) if isinstance(node, Both) else both(parts)

    def _timed(self, node: Node) -> bool:
        still = ("sex", "minor_children", "sent", "served", "breached")
        return any(axis.key[0] not in still for mask in masks(node) for axis in self.axes.within(mask))

    def _settle(
        self,
        stage: Stage,
        points: list[tuple[Node | None, int, Node | None, int]],
        failures: list[Node],
        risks: list[tuple[Node | None, int]],
    ) -> None:
        every = tuple(range(len(self.offsets)))

        def at(node: Node | None, places: tuple[int, ...]) -> Node | None:
            return None if node is None else self._rewrite(node, stage, places)

        stage.points = [(at(when, every), n, at(proof, every), unproved) for when, n, proof, unproved in points]
        stage.failures = self._rewrite(Either(tuple(failures)), stage, every)
        stage.risks = [(at(when, (0,)), level) for when, level in risks]

    def _stage_of_rule(self, domain: str, node: Node) -> Stage:
        """The stage that knows all that the rule reads; else the last of those that know a part of it."""
        last = Stage("", len(self.stages), None)
        owners = self._owners(node, last)
        if len(owners) == 1:
            return self.stages[owners.pop()]
        latest = self.stages[max({self.final[domain].order, *owners})]
        while latest.domain is None:
            latest = self.stages[latest.order + 1]
        return latest

    def _finish(self, stage: Stage) -> None:
        nodes = [node for when, _, proof, _ in stage.points for node in (when, proof)] + [n for n, _ in stage.risks]
        nodes += [stage.failures, *(e.node for e in stage.emits), *(node for _, node in stage.rules)]
        read = 0
        for node in nodes:
            for mask in masks(node) if node is not None else ():
                read |= mask
        own = ("points", "raw", "failed", "risk", "ahead", "signal")
        stage.read = tuple(axis for axis in self.axes.within(read) if axis.key[0] not in own)
        stage.digits = digits_for(self.edition, self.offsets, stage.read)
        if stage.bits > LANE or stage.cells > LARGEST:
            raise LatticeError(
                f"{self.edition.id}: the table {stage.name} would have {stage.cells:,} cells (it reads "
                f"{', '.join('.'.join(map(str, d.key)) for d in stage.digits)} and {stage.bits} signals); "
                f"at most {LARGEST:,} cells and {LANE} signals fit"
            )


def _lay_out(plan: Plan) -> None:
    """Gives each hearing stage a lane, then each domain a byte, then the rules theirs."""
    edition, at = plan.edition, 0
    if plan.points_bits + plan.risk_bits + 1 > 8:
        raise LatticeError(f"{edition.id}: points and levels of risk do not fit into a byte")
    if len(edition.rules) > 64:
        raise LatticeError(f"{edition.id}: {len(edition.rules)} rules; at most 64 fit")
    for stage in plan.stages:
        if stage.heard:
            stage.lane, at = at, at + LANE
    for stage in plan.stages:
        for place, emitted in enumerate(stage.emits):
            hearer, bit = divmod(emitted.bit, LANE)
            stage.emits[place] = Emitted(emitted.node, emitted.place, plan.stages[hearer].lane + bit)
    byte = at // 8
    for code in edition.domains:
        plan.result[code] = byte
        byte += 1
    plan.rules_bytes = 4 if len(edition.rules) <= 32 else 8
    plan.rules_at = -(-byte // plan.rules_bytes) * plan.rules_bytes
    plan.width = 8
    while plan.width < plan.rules_at + plan.rules_bytes:
        plan.width *= 2


def _each_referral(edition: Edition, condition: g.Condition) -> g.Condition:
    """A referral of any domain, said as one of this domain or that: each domain's table knows its own."""
    match condition:
        case g.Referral(g.ANY_DOMAIN, served):
            return g.AnyOf(tuple(g.Referral(domain, served) for domain in edition.domains))
        case g.All(parts):
            return g.All(tuple(_each_referral(edition, part) for part in parts))
        case g.AnyOf(parts):
            return g.AnyOf(tuple(_each_referral(edition, part) for part in parts))
        case g.Not(part):
            return g.Not(_each_referral(edition, part))
        case g.Term(name, part):
            return g.Term(name, _each_referral(edition, part))
    return condition
