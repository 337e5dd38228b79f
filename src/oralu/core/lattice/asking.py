"""A million cases at once: columns in, one word of answers for each case out.

The work goes through the columns in pieces that stay in the cache of a core. In each piece the digits of a table are
put together in bytes, the cell of every case is fetched, and the words are joined with a bitwise or."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from oralu.core.lattice.cells import Lattice, Table
from oralu.core.lattice.codes import Bytes, Codes, Days
from oralu.core.lattice.digits import Digit

Room = TypeVar("Room")
PIECE = 1 << 15
Words = npt.NDArray[np.uint64]


class Scratch:
    """Room for one piece, taken once for each thread: memory that is asked for anew costs more than the work in it."""

    def __init__(self, width: int, size: int = PIECE) -> None:
        self.words = np.empty((size, width // 8), dtype=np.uint64)
        self.found = np.empty((size, width // 8), dtype=np.uint64)
        self.cell = np.empty(size, dtype=np.intp)


def words_of(lattice: Lattice, codes: Codes, *, threads: int = 1) -> Words:
    """The word of every case, uint64 [rows, width / 8]."""
    out = np.empty((len(codes), lattice.plan.width // 8), dtype=np.uint64)
    in_pieces(
        len(codes),
        lambda: Scratch(lattice.plan.width),
        lambda rows, scratch: ask(lattice, codes, rows, out[rows], scratch),
        threads=threads,
    )
    return out


def in_pieces(size: int, room: Callable[[], Room], do: Callable[[slice, Room], None], *, threads: int = 1) -> None:
    """Does each piece of `size` rows. Each thread makes its own room; numpy lets threads run beside each other, so as
    many as there are cores pay."""
    left = [slice(at, min(at + PIECE, size)) for at in range(0, size, PIECE)]

    def work() -> None:
        own = room()
        while left:
            try:
                rows = left.pop()
            except IndexError:
                return
            do(rows, own)

    if min(threads, len(left)) <= 1:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()


def ask(lattice: Lattice, codes: Codes, rows: slice, out: Words, scratch: Scratch) -> None:
    """The words of some rows, at most as many as the scratch has room for, into `out`."""
    piece = _Piece(lattice.plan.offsets, codes, rows)
    lanes = out.view("<u2")
    found, cell = scratch.found[: len(out)], scratch.cell[: len(out)]
    for number, table in enumerate(lattice.tables):
        np.copyto(cell, _cells(piece, table, lanes))
        # The mode only spares a check of bounds: `check` has made sure of every code.
        np.take(table.words, cell, axis=0, out=found if number else out, mode="wrap")
        if number:
            np.bitwise_or(out, found, out=out)


def _cells(piece: _Piece, table: Table, lanes: npt.NDArray[np.uint16]) -> npt.NDArray[Any]:
    """The place of every case in a table."""
    wide = np.uint16 if len(table.words) <= 1 << 16 else np.uint32
    total: npt.NDArray[Any] | None = lanes[:, table.lane // 16] if table.bits else None
    for group in groups_of(table.digits):
        part = piece.sum(group)
        if part is None:
            continue
        weight = group.stride << table.bits
        grown = part if weight == 1 else np.multiply(part, wide(weight), dtype=wide)
        total = grown if total is None else np.add(total, grown, dtype=wide)
    return np.zeros(piece.size, np.intp) if total is None else total


@dataclass(frozen=True)
class Group:
    """Digits that make at most 256 cells together, so that their sum fits into a byte; `stride`: its weight."""

    digits: tuple[tuple[Digit, int], ...]
    stride: int


@lru_cache(maxsize=64)
def groups_of(digits: tuple[Digit, ...]) -> tuple[Group, ...]:
    groups: list[Group] = []
    held: list[tuple[Digit, int]] = []
    cells, stride = 1, 1
    for digit in digits:
        if cells * digit.radix > 256:
            groups.append(Group(tuple(held), stride))
            stride, cells, held = stride * cells, 1, []
        held.append((digit, cells))
        cells *= digit.radix
    groups.append(Group(tuple(held), stride))
    return tuple(groups)


class _Piece:
    """The digits of one piece of a register; what several tables read is worked out once."""

    def __init__(self, offsets: tuple[int, ...], codes: Codes, rows: slice) -> None:
        self.offsets, self.codes, self.rows = offsets, codes, rows
        self.day: Days = codes.day[rows]
        self.size = len(self.day)
        self.passed: dict[int, npt.NDArray[np.bool_]] = {}

    def sum(self, group: Group) -> Bytes | None:
        """The digits of a group by their weights; None if it is 0 everywhere."""
        total: Bytes | None = None
        for digit, weight in group.digits:
            column = self.digit(digit)
            if column is None:
                continue
            grown = column if weight == 1 else np.multiply(column, np.uint8(weight))
            total = grown if total is None else np.add(total, grown)
        return total

    def digit(self, digit: Digit) -> Bytes | None:
        codes, name = self.codes, str(digit.key[-1])
        match digit.key[0]:
            case "value":
                return self._value(name)
            case "evidence":
                column = codes.evidence.get(name)
            case "ends":
                return self._ends(name)
            case "age":
                if name not in codes.fact_days:
                    return None
                age = self.day - codes.fact_days[name][self.rows]
                return _total(age >= mark for mark in digit.marks)
            case "day":
                return _total(self._from(mark) for mark in digit.marks)
            case "sex":
                column = codes.sex
            case "minor_children":
                column = codes.minor_children
            case "referral":
                column = codes.referrals.get(name)
            case _:
                column = codes.breached.get(name)
        return None if column is None else column[self.rows]

    def _value(self, name: str) -> Bytes | None:
        column, until = self.codes.values.get(name), self.codes.until.get(name)
        if column is None or until is None:
            return None if column is None else column[self.rows]
        return np.multiply(column[self.rows], until[self.rows] > self.day, dtype=np.uint8)

    def _ends(self, name: str) -> Bytes | None:
        until = self.codes.until.get(name)
        if until is None:
            return None
        return _total(until[self.rows] <= self.day + offset for offset in self.offsets[1:])

    def _from(self, mark: int) -> npt.NDArray[np.bool_]:
        found = self.passed.get(mark)
        if found is None:
            found = self.passed[mark] = self.day >= mark
        return found


def _total(flags: Iterable[npt.NDArray[np.bool_]]) -> Bytes:
    """How many of the flags are up."""
    total: Bytes | None = None
    for flag in flags:
        total = flag.view(np.uint8) if total is None else np.add(total, flag.view(np.uint8))
    assert total is not None
    return total
