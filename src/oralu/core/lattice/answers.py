"""What the tables say of a register, as columns; and the first later day on which they say something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oralu.core.edition import Edition
from oralu.core.lattice.asking import Scratch, Words, ask, in_pieces
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.codes import Bytes, Codes, check
from oralu.core.lattice.plan import Plan


@dataclass(frozen=True)
class Answers:
    """Columns, one row for each case. `points`, `risk`, `failed`: by domain, in the order of the edition (a risk is the
    place of its level); `rules`: bit n is set if the n-th rule of the edition holds; `index`: sum of the points;
    `highest`: highest risk; `success`: 1, 0 or -1 while it is not known; `next_change`: the day, 0 where `changes` is
    false (both None unless asked for)."""

    edition: Edition
    points: npt.NDArray[np.uint8]
    risk: npt.NDArray[np.uint8]
    failed: npt.NDArray[np.uint8]
    rules: npt.NDArray[np.unsignedinteger]
    index: Bytes
    highest: Bytes
    success: npt.NDArray[np.int8]
    next_change: npt.NDArray[np.int64] | None = None
    changes: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.index)


def evaluate_codes(
    lattice: Lattice, codes: Codes, *, next_change: bool = False, threads: int = 1, checked: bool = True
) -> Answers:
    """Evaluates every row; the same answers as `evaluate` gives case by case.

    Raises `LatticeError` on codes that the edition does not know. `checked=False` spares that look at every column, for
    codes that `pack` or a checked file has made; with other codes the answers would be wrong without a word.
    `threads`: as many as there are cores is quickest."""
    if checked:
        check(lattice.edition, codes)
    plan, size = lattice.plan, len(codes)
    domains = len(lattice.edition.domains)
    points, risk, failed = (np.empty((domains, size), dtype=np.uint8) for _ in range(3))
    rules = np.empty(size, dtype=f"<u{plan.rules_bytes}")
    index, highest = np.empty(size, dtype=np.uint8), np.empty(size, dtype=np.uint8)
    success = np.empty(size, dtype=np.int8)
    after = np.zeros(size, dtype=np.int64) if next_change else None
    changes = np.zeros(size, dtype=np.bool_) if next_change else None
    answers = Answers(lattice.edition, points, risk, failed, rules, index, highest, success, after, changes)

    def piece(rows: slice, scratch: Scratch) -> None:
        words = scratch.words[: rows.stop - rows.start]
        ask(lattice, codes, rows, words, scratch)
        _decode(plan, words, codes, rows, answers)
        if after is not None and changes is not None:
            after[rows], changes[rows] = _next_change(lattice, codes.rows(rows), words)

    in_pieces(size, lambda: Scratch(plan.width), piece, threads=threads)
    return answers


def _decode(plan: Plan, words: Words, codes: Codes, rows: slice, into: Answers) -> None:
    edition, octets = plan.edition, words.view(np.uint8)
    low, middle = 1 << plan.points_bits, 1 << plan.risk_bits
    for place, domain in enumerate(edition.domains):
        octet = octets[:, plan.result[domain]].copy()
        np.bitwise_and(octet, np.uint8(low - 1), out=into.points[place, rows])
        np.floor_divide(octet, np.uint8(low), out=octet)
        np.bitwise_and(octet, np.uint8(middle - 1), out=into.risk[place, rows])
        np.greater_equal(octet, np.uint8(middle), out=into.failed[place, rows].view(np.bool_))
    into.rules[rows] = words.view(into.rules.dtype)[:, plan.rules_at // plan.rules_bytes]
    np.add.reduce(into.points[:, rows], axis=0, dtype=np.uint8, out=into.index[rows])
    np.maximum.reduce(into.risk[:, rows], axis=0, out=into.highest[rows])
    _success(edition, codes, rows, into)


def _success(edition: Edition, codes: Codes, rows: slice, into: Answers) -> None:
    asked, out = edition.success, into.success[rows]
    early = codes.day[rows] < asked.from_day
    reached = into.index[rows] >= asked.index_from
    reached &= np.bitwise_or.reduce(into.failed[:, rows], axis=0) == 0
    barred = [edition.risk_levels.index(level) for level in asked.no_risk]
    if barred and sorted(barred) == list(range(min(barred), len(edition.risk_levels))):
        reached &= into.highest[rows] < min(barred)
    else:
        for level in barred:
            reached &= (into.risk[:, rows] != level).all(axis=0)
    if edition.failure_scope == "ever" and codes.failed_before is not None:
        reached &= codes.failed_before[rows] == 0
    reached &= ~early
    np.subtract(reached.view(np.int8), early.view(np.int8), out=out)


def _next_change(lattice: Lattice, codes: Codes, now: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The first later day on which the answers differ: tried are the days on which a threshold of the day or of the age
    of a fact is passed or a fact ends, and the same days less each look-ahead; nothing changes between them."""
    said = _said(lattice.plan, now)
    never = np.iinfo(np.int64).max
    best = np.full(len(codes), never, dtype=np.int64)
    scratch = Scratch(lattice.plan.width, len(codes))
    for candidate in _candidates(lattice, codes):
        for offset in lattice.plan.offsets:
            day = candidate - offset
            places = np.flatnonzero((day > codes.day) & (day < best))
            if len(places) == 0:
                continue
            later = codes.rows(places, day[places])
            words = np.empty((len(places), now.shape[1]), dtype=np.uint64)
            ask(lattice, later, slice(0, len(places)), words, scratch)
            differs = (_said(lattice.plan, words) != said[places]).any(axis=1)
            best[places[differs]] = day[places[differs]]
    changes = best != never
    return np.where(changes, best, 0), changes


def _said(plan: Plan, words: Words) -> npt.NDArray[np.uint8]:
    """The bytes of a word that are results; the others are what the tables told each other."""
    start = min(plan.result.values())
    return words.view(np.uint8)[:, start : plan.rules_at + plan.rules_bytes]


def _candidates(lattice: Lattice, codes: Codes) -> list[npt.NDArray[np.int64]]:
    """Days on which the state of the facts can change; long ago stands for never."""
    size, never = len(codes), np.iinfo(np.int64).min // 2
    axes = lattice.plan.axes
    days = sorted({int(axis.key[1]) for axis in axes.of_kind("day")})
    found = [np.full(size, day, dtype=np.int64) for day in days]
    for axis in axes.of_kind("age"):
        name = str(axis.key[1])
        if name in codes.values and name in codes.fact_days:
            passed = codes.fact_days[name].astype(np.int64) + int(axis.key[2])
            found.append(np.where(codes.values[name] > 0, passed, never))
    for name, column in codes.until.items():
        if name in codes.values:
            ends = (codes.values[name] > 0) & (column != np.iinfo(column.dtype).max)
            found.append(np.where(ends, column.astype(np.int64), never))
    return found
