"""Proof that help answers the highest risk: in every cell of an edition, a domain at the highest level has a need open.

A cell is a combination of all that conditions read: values, evidence, thresholds of days and ages, sex, children,
referrals, breaches. There are too many to list one by one and no need to: a *box* leaves some axes open; if already in
the box no cell can be at risk, or a rule holds in all of them, the whole box is done, else it is split along an open
axis. So every cell is covered, and a cell without an answer is found if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from oralu.core.axes import Axes, Axis, Both, Leaf, Node, lower, masks
from oralu.core.edition import DomainPolicy, Edition
from oralu.core.facts import UNKNOWN
from oralu.core.grammar import ANY_DOMAIN, Condition


@dataclass(frozen=True)
class DomainProof:
    """`cells`: how many combinations the proof covers; `boxes`: in how many steps. `unanswered`: a cell at the highest
    risk in which no rule of the domain holds, as (axis, value) pairs, or None: then the proof stands."""

    domain: str
    cells: int
    boxes: int
    unanswered: tuple[tuple[tuple[str | int, ...], str], ...] | None


def prove(edition: Edition) -> tuple[DomainProof, ...]:
    """One proof for each domain, in their order."""
    return tuple(_prove_domain(edition, domain) for domain in edition.domains)


def _prove_domain(edition: Edition, domain: str) -> DomainProof:
    """First with the results of the other domains left open, which covers more cells than there are; only if that finds
    a cell, with all domains computed from their facts."""
    search = _Search(edition, domain, computed=(domain,))
    found = search.run()
    if found is not None:
        search = _Search(edition, domain, computed=edition.evaluation_order)
        found = search.run()
    return DomainProof(domain, search.cells(), search.boxes, found)


@dataclass
class _Compiled:
    """The lines of one domain as nodes."""

    points: list[tuple[Node | None, int, Node | None, int]]
    failures: list[Node]
    risks: list[tuple[Node | None, str]]


@dataclass
class _Search:
    edition: Edition
    domain: str
    computed: tuple[str, ...]
    boxes: int = 0
    axes: Axes = field(init=False)
    masks: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.axes = Axes(self.edition)
        self.lines = {code: self._compile(self.edition.policies[code]) for code in self.computed}
        answering = self.edition.policies[self.domain].answered_by
        self.rules = [
            lower(self.axes, rule.condition)
            for rule in self.edition.rules
            if (rule.code in answering if answering else rule.domain == self.domain)
        ]
        self.read = self._axes_read()
        self.results = {
            code: tuple(self.axes.axis(kind, code) for kind in ("raw", "points", "failed", "risk"))
            for code in self.computed
        }

    def _compile(self, policy: DomainPolicy) -> _Compiled:
        top = self.edition.risk_levels[-1]
        needed = [r for r in policy.risks if r.level == top or policy.code != self.domain]
        return _Compiled(
            [(self._node(p.when), p.points, self._node(p.proof), p.unproved) for p in policy.points],
            [lower(self.axes, line.when) for line in policy.failures if line.when is not None],
            [(self._node(line.when), line.level) for line in needed],
        )

    def _node(self, condition: Condition | None) -> Node | None:
        return None if condition is None else lower(self.axes, condition)

    def _axes_read(self) -> list[Axis]:
        """The axes to split along: all that is read and is not itself computed."""
        nodes: list[Node | None] = list(self.rules)
        for lines in self.lines.values():
            nodes += [node for when, _, proof, _ in lines.points for node in (when, proof)]
            nodes += lines.failures
            nodes += [when for when, _ in lines.risks]
        read = 0
        for node in nodes:
            for mask in masks(node) if node is not None else ():
                read |= mask
        own = [a for a in self.axes.within(read) if not self._is_computed(a)]
        return sorted(own, key=lambda axis: (axis.key[0] not in ("fact", "day"), axis.shift))

    def _is_computed(self, axis: Axis) -> bool:
        return axis.key[0] in ("raw", "points", "failed", "risk") and axis.key[1] in self.computed

    def cells(self) -> int:
        thresholds = sum(1 for axis in self.read if axis.key[0] == "day")
        return prod(len(axis.values) for axis in self.read if axis.key[0] != "day") * (thresholds + 1)

    def run(self) -> tuple[tuple[tuple[str | int, ...], str], ...] | None:
        """A cell at the highest risk that no rule answers, or None."""
        stack = [sum(axis.mask for axis in self.read)]
        while stack:
            box = stack.pop()
            self.boxes += 1
            if not self._feasible(box):
                continue
            full = self._with_results(box)
            at_risk = self._at_risk(full)
            truths = [self._truth(rule, full) for rule in self.rules]
            if at_risk is False or True in truths:
                continue
            open_axis = self._open_axis(box, truths, at_risk)
            if open_axis is None:
                return self._words(box)
            for place in range(len(open_axis.values)):
                bit = 1 << (open_axis.shift + place)
                if box & bit:
                    stack.append((box & ~open_axis.mask) | bit)
        return None

    def _open_axis(self, box: int, truths: list[bool | None], at_risk: bool | None) -> Axis | None:
        if at_risk is True and not any(truth is None for truth in truths):
            return None
        return next((axis for axis in self.read if _open(box & axis.mask)), None)

    def _with_results(self, box: int) -> int:
        """The box with every result that its cells can give."""
        for code in self.edition.evaluation_order:
            if code not in self.computed:
                continue
            lines, (raw, points, failed, risk) = self.lines[code], self.results[code]
            raw_bits = 0
            for value in self._possible_points(lines, box):
                raw_bits |= raw.bit(str(value))
            box |= raw_bits
            fails = _any_truth(self._truth(node, box) for node in lines.failures)
            kept = (raw_bits >> raw.shift) << points.shift
            box |= {True: points.bit("0"), False: kept, None: kept | points.bit("0")}[fails]
            box |= sum(failed.bit(word) for word in _words_of(fails))
            at_top = code == self.domain
            box |= risk.bit(self.edition.risk_levels[-1]) if at_top else self._possible_risks(lines, risk, box)
        return box

    def _possible_risks(self, lines: _Compiled, risk: Axis, box: int) -> int:
        bits = 0
        for when, level in lines.risks:
            truth = True if when is None else self._truth(when, box)
            bits |= 0 if truth is False else risk.bit(level)
            if truth is True:
                break
        return bits

    def _at_risk(self, box: int) -> bool | None:
        return _any_truth(True if w is None else self._truth(w, box) for w, _ in self.lines[self.domain].risks)

    def _feasible(self, box: int) -> bool:
        """False if no case can be in the box: thresholds out of order, evidence of the unknown, and the like."""
        by_key = self.axes.by_key
        settled: dict[tuple[str | int, ...], bool] = {
            axis.key: bool(box & axis.bit("yes"))
            for axis in self.read
            if axis.values == ("no", "yes") and not _open(box & axis.mask)
        }
        for key, holds in settled.items():
            match key:
                case ("day", int(n)):
                    if holds and any(k[0] == "day" and int(k[1]) < n and not v for k, v in settled.items()):
                        return False
                case ("evidence" | "age", str(fact), *_):
                    values = by_key["fact", fact]
                    if holds and box & values.mask == values.bit(UNKNOWN):
                        return False
                    if holds and key[0] == "age" and any(
                        k[:2] == key[:2] and int(k[2]) < int(key[2]) and not v for k, v in settled.items()
                    ):  # fmt: skip
                        return False
                case ("failed", str(domain)):
                    points = by_key["points", domain]
                    if holds and points in self.read and not box & points.bit("0"):
                        return False
        return self._referrals_feasible(settled)

    def _referrals_feasible(self, settled: dict[tuple[str | int, ...], bool]) -> bool:
        for kind in ("sent", "served"):
            each = [settled.get((kind, domain)) for domain in self.edition.domains]
            whole = settled.get((kind, ANY_DOMAIN))
            if whole is False and True in each:
                return False
            if whole is True and all(one is False for one in each):
                return False
        for domain in (*self.edition.domains, ANY_DOMAIN):
            if settled.get(("served", domain)) and settled.get(("sent", domain)) is False:
                return False
        served = [settled.get(("served", domain)) for domain in (*self.edition.domains, ANY_DOMAIN)]
        none_sent = settled.get(("sent", ANY_DOMAIN)) is False or all(
            settled.get(("sent", domain)) is False for domain in self.edition.domains
        )
        return not (none_sent and True in served)

    def _truth(self, node: Node, box: int) -> bool | None:
        """True or False if the node is so in all cells of the box, else None. A leaf holds everywhere if what the box
        leaves of some axis lies in it whole."""
        if isinstance(node, Leaf):
            if not box & node.mask:
                return False
            return (
                True if any(box & axis and not box & axis & ~node.mask for axis in self._axes_of(node.mask)) else None
            )
        truths = [self._truth(part, box) for part in node.parts]
        if isinstance(node, Both):
            return False if False in truths else (None if None in truths else True)
        return _any_truth(truths)

    def _axes_of(self, mask: int) -> tuple[int, ...]:
        found = self.masks.get(mask)
        if found is None:
            found = self.masks[mask] = tuple(axis.mask for axis in self.axes.within(mask))
        return found

    def _possible_points(self, lines: _Compiled, box: int) -> set[int]:
        found: set[int] = set()
        for when, points, proof, unproved in lines.points:
            truth = True if when is None else self._truth(when, box)
            if truth is False:
                continue
            proved = True if proof is None else self._truth(proof, box)
            found |= {points} if proved is True else {unproved} if proved is False else {points, unproved}
            if truth is True:
                break
        return found

    def _words(self, box: int) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        return tuple(
            (axis.key, value)
            for axis in self.read
            if not _open(box & axis.mask)
            for value in axis.values
            if box & axis.bit(value)
        )


def _open(bits: int) -> bool:
    return bits & (bits - 1) != 0


def _words_of(truth: bool | None) -> tuple[str, ...]:
    return ("no", "yes") if truth is None else ("yes" if truth else "no",)


def _any_truth(truths: Iterable[bool | None]) -> bool | None:
    found = list(truths)
    return True if True in found else (None if None in found else False)
