"""One case by the tables: for a screen that re-judges on every key, or a stream of single changes.

No arrays: the place of a case in each table is added up in plain numbers and one word is read from each. It gives
points, risk, failures and rules; the reasons are the interpreter's."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from oralu.core.edition import Edition
from oralu.core.lattice.cells import Lattice
from oralu.core.snapshot import Snapshot

Weights = tuple[int, int]
"""The number of a table and the weight of a digit in its places."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Points, level of risk (its place) and failure by domain; the places of the rules that hold; the next day on which
    any of it differs, or None."""

    points: Mapping[str, int]
    risk: Mapping[str, int]
    failures: tuple[str, ...]
    rules: tuple[int, ...]
    next_change: int | None

    @property
    def index(self) -> int:
        return sum(self.points.values())


@dataclass(frozen=True, slots=True)
class _Fact:
    codes: Mapping[str, int]
    value: tuple[Weights, ...]
    evidence: tuple[Weights, ...]
    ends: tuple[Weights, ...]
    age: tuple[tuple[Weights, tuple[int, ...]], ...]


class Judge:
    """An edition, ready to judge one case after the other. Snapshots are taken to be valid (see
    `core.snapshot.validate`)."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice, self.edition, self.plan = lattice, lattice.edition, lattice.plan
        self.tables = [(t.words.tobytes(), t.bits, t.lane) for t in lattice.tables]
        self.facts = {fact.name: self._fact(fact.name) for fact in self.edition.facts}
        self.days = [(w, marks) for _, w, marks in self._digits("day")]
        self.sex, self.minor = ([w for _, w, _ in self._digits(kind)] for kind in ("sex", "minor_children"))
        self.referral, self.breached = (
            {d: [w for name, w, _ in self._digits(kind) if name == d] for d in self.edition.domains}
            for kind in ("referral", "breached")
        )
        start = min(self.plan.result.values())
        self.heard = (1 << (8 * start)) - 1
        self.ages: dict[str, list[int]] = {}
        for axis in self.plan.axes.of_kind("age"):
            self.ages.setdefault(str(axis.key[1]), []).append(int(axis.key[2]))
        self.thresholds = sorted({int(axis.key[1]) for axis in self.plan.axes.of_kind("day")})

    def _digits(self, kind: str) -> list[tuple[str, Weights, tuple[int, ...]]]:
        return [
            (str(digit.key[-1]), (number, stride << table.bits), digit.marks)
            for number, table in enumerate(self.lattice.tables)
            for digit, stride in zip(table.digits, table.strides, strict=True)
            if digit.key[0] == kind
        ]

    def _fact(self, name: str) -> _Fact:
        def of(kind: str) -> tuple[Weights, ...]:
            return tuple(weights for fact, weights, _ in self._digits(kind) if fact == name)

        ages = tuple((weights, marks) for fact, weights, marks in self._digits("age") if fact == name)
        codes = {code: place for place, code in enumerate(self.edition.fact(name).codes, 1)}
        return _Fact(codes, of("value"), of("evidence"), of("ends"), ages)

    def judge(self, snapshot: Snapshot, *, next_change: bool = True) -> Judgement:
        still = self._still(snapshot)
        word = self._word(snapshot, still, snapshot.day)
        later = self._next_change(snapshot, still, word) if next_change else None
        return self._decoded(self.edition, word, later)

    def _still(self, snapshot: Snapshot) -> list[int]:
        """The places as far as the day does not move them."""
        places = [0] * len(self.tables)
        if snapshot.sex == "male":
            for table, weight in self.sex:
                places[table] += weight
        if snapshot.minor_children:
            for table, weight in self.minor:
                places[table] += weight
        furthest: dict[str, int] = {}
        for referral in snapshot.referrals:
            reached = 2 if referral.state in self.edition.served_states else 1
            furthest[referral.domain] = max(furthest.get(referral.domain, 0), reached)
        for domain, reached in furthest.items():
            for table, weight in self.referral[domain]:
                places[table] += reached * weight
        for domain in snapshot.breached:
            for table, weight in self.breached[domain]:
                places[table] += weight
        return places

    def _word(self, snapshot: Snapshot, still: list[int], day: int) -> int:
        places = still.copy()
        for (table, weight), marks in self.days:
            places[table] += bisect_right(marks, day) * weight
        offsets = self.plan.offsets
        for name, state in snapshot.facts.items():
            fact = self.facts[name]
            code = fact.codes.get(state.value, 0)
            until = state.until
            if not code or (until is not None and until <= day):
                continue
            for table, weight in fact.value:
                places[table] += code * weight
            if state.evidence:
                for table, weight in fact.evidence:
                    places[table] += weight
            if until is not None:
                ends = sum(until <= day + offset for offset in offsets)
                for table, weight in fact.ends:
                    places[table] += ends * weight
            for (table, weight), marks in fact.age:
                places[table] += bisect_right(marks, day - state.day) * weight
        word, width = 0, self.plan.width
        for place, (rows, bits, lane) in zip(places, self.tables, strict=True):
            at = (place + (word >> lane & ((1 << bits) - 1))) * width
            word |= int.from_bytes(rows[at : at + width], "little")
        return word

    def _next_change(self, snapshot: Snapshot, still: list[int], word: int) -> int | None:
        days = set(self.thresholds)
        for name, state in snapshot.facts.items():
            if state.until is not None:
                days.add(state.until)
            for age in self.ages.get(name, ()):
                days.add(state.day + age)
        today, said = snapshot.day, word & ~self.heard
        for day in sorted({day - offset for day in days for offset in self.plan.offsets}):
            if day > today and self._word(snapshot, still, day) & ~self.heard != said:
                return day
        return None

    def _decoded(self, edition: Edition, word: int, later: int | None) -> Judgement:
        low, middle = self.plan.points_bits, self.plan.risk_bits
        octets = {domain: word >> 8 * self.plan.result[domain] & 0xFF for domain in edition.domains}
        rules = word >> 8 * self.plan.rules_at
        return Judgement(
            points={domain: octet & ((1 << low) - 1) for domain, octet in octets.items()},
            risk={domain: octet >> low & ((1 << middle) - 1) for domain, octet in octets.items()},
            failures=tuple(domain for domain, octet in octets.items() if octet >> (low + middle)),
            rules=tuple(place for place in range(len(edition.rules)) if rules >> place & 1),
            next_change=later,
        )
