"""The coordinates of a cell: small numbers that are read off the columns of a register.

A *digit* is one such number with its radix: the value of a fact, whether it has evidence, how many thresholds of age it
has passed. A cell is a row of digits, its place in a table their mixed-radix number. `bits` says what a digit means to
the conditions of the interpreter, so that a table is filled by asking them, not by a second reading of the policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, groupby, product
from math import prod
from operator import mul

from oralu.core.axes import Axes, Axis
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN

Key = tuple[str | int, ...]


class LatticeError(ValueError):
    """An edition that does not fit into tables, or columns that do not fit the edition; the message says which."""


@dataclass(frozen=True, slots=True)
class Digit:
    """`key`: ("value" | "evidence" | "ends" | "age", fact), ("day",), ("sex",), ("minor_children",),
    ("referral" | "breached", domain). `marks`: the thresholds that it counts (days, ages), else empty.

    A value is 0 while unknown, then 1 + its place in the vocabulary; "ends" counts the look-aheads at which the fact no
    longer stands; a referral is 0 none, 1 sent, 2 served."""

    key: Key
    radix: int
    marks: tuple[int, ...] = ()


def strides(digits: Iterable[Digit]) -> tuple[int, ...]:
    """The weight of each digit in the place of a cell; the first digit is the least significant."""
    return tuple(accumulate((digit.radix for digit in digits), mul, initial=1))[:-1]


def size(digits: Iterable[Digit]) -> int:
    return prod(digit.radix for digit in digits)


def digits_for(edition: Edition, offsets: tuple[int, ...], axes: Iterable[Axis]) -> tuple[Digit, ...]:
    """The digits that settle the given axes at every offset, in a fixed order."""
    keys = {axis.key for axis in axes}
    found: list[Digit] = []
    for fact in edition.facts:
        found += _fact_digits(edition, fact.name, offsets, keys)
    days = {int(key[1]) - offset for key in keys if key[0] == "day" for offset in offsets}
    if days:
        found.append(Digit(("day",), len(days) + 1, tuple(sorted(days))))
    found += [Digit((kind,), 2) for kind in ("sex", "minor_children") if (kind,) in keys]
    for domain in edition.domains:
        if ("sent", domain) in keys or ("served", domain) in keys:
            found.append(Digit(("referral", domain), 3))
        if ("breached", domain) in keys:
            found.append(Digit(("breached", domain), 2))
    return tuple(found)


def _fact_digits(edition: Edition, name: str, offsets: tuple[int, ...], keys: set[Key]) -> list[Digit]:
    ages = {int(key[2]) - offset for key in keys if key[:2] == ("age", name) for offset in offsets}
    evidence = ("evidence", name) in keys
    if not ages and not evidence and ("fact", name) not in keys:
        return []
    found = [Digit(("value", name), len(edition.fact(name).codes) + 1)]
    if evidence:
        found.append(Digit(("evidence", name), 2))
    if len(offsets) > 1:
        found.append(Digit(("ends", name), len(offsets), offsets[1:]))
    if ages:
        found.append(Digit(("age", name), len(ages) + 1, tuple(sorted(ages))))
    return found


Bits = tuple[int, ...]


class Meaning:
    """What the digits of one table say to the conditions: bits of the state of the interpreter, by offset."""

    def __init__(self, axes: Axes, read: Iterable[Axis], digits: tuple[Digit, ...], offsets: tuple[int, ...]) -> None:
        self.axes, self.offsets, self.digits = axes, offsets, digits
        self.read = {axis.key: axis for axis in read}

    def parts(self) -> list[tuple[int, list[Bits]]]:
        """The sources in the order of the digits. Of each: the number of its cells, and for each cell the bits of the
        state at every offset. The digits of a fact stand together and are one source."""
        found = []
        for (fact, *key), group in groupby(self.digits, _source):
            digits = tuple(group)
            rows = [row[::-1] for row in product(*(range(digit.radix) for digit in reversed(digits)))]
            bits = [self._fact(str(key[0]), digits, row) if fact else self._other(digits[0], row[0]) for row in rows]
            found.append((len(rows), bits))
        return found

    def _fact(self, name: str, digits: tuple[Digit, ...], row: tuple[int, ...]) -> Bits:
        told = {digit.key[0]: value for digit, value in zip(digits, row, strict=True)}
        ages = next((digit.marks for digit in digits if digit.key[0] == "age"), ())
        known_at = [told["value"] > 0 and p < len(self.offsets) - told.get("ends", 0) for p in range(len(self.offsets))]
        axis, found = self.axes.axis("fact", name), []
        for offset, known in zip(self.offsets, known_at, strict=True):
            state = axis.bit(axis.values[told["value"] - 1] if known else UNKNOWN)
            for key, other in self.read.items():
                if key == ("evidence", name):
                    state |= other.bit("yes" if known and told["evidence"] else "no")
                elif key[:2] == ("age", name):
                    passed = ages.index(int(key[2]) - offset) < told["age"]
                    state |= other.bit("yes" if known and passed else "no")
            found.append(state)
        return tuple(found)

    def _other(self, digit: Digit, value: int) -> Bits:
        kind, found = digit.key[0], []
        for offset in self.offsets:
            state = 0
            for key, axis in self.read.items():
                if key == digit.key and kind != "day":
                    state |= 1 << (axis.shift + value)
                elif kind == "day" and key[0] == "day":
                    state |= axis.bit("yes" if digit.marks.index(int(key[1]) - offset) < value else "no")
                elif kind == "referral" and key[0] in ("sent", "served") and key[1] == digit.key[1]:
                    state |= axis.bit("yes" if value >= (2 if key[0] == "served" else 1) else "no")
            found.append(state)
        return tuple(found)


def _source(digit: Digit) -> tuple[str | int | bool, ...]:
    kind = digit.key[0]
    return (True, digit.key[1]) if kind in ("value", "evidence", "ends", "age") else (False, *digit.key)
