"""Which numbers of a release may be told, so that no number of few persons can be worked out from the others.

A release is a list of counts with the sums that hold between them, over all its tables together. Small counts are
hidden, then an attacker who knows everything that is told, every sum and the rules of this module tries to narrow them
down by linear programmes; whatever he can narrow too far is covered by hiding more, until he cannot. The method is
that of complementary cell suppression with an audit of intervals (Fischetti and Salazar-González, 2001; Hundepool et
al., Statistical Disclosure Control, 2012, chapter 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

LEAST = 10
"""Persons from which on a number is told (spec/security, rule 14)."""
BASE = 5
"""Told numbers are rounded to the nearest multiple; odd, so that there is always one nearest."""
SLACK = 1e-6

Interval: TypeAlias = tuple[float, float]
Told: TypeAlias = Sequence[int | None]
"""Rounded numbers, None for a hidden one, in the order of the counts."""


@dataclass(frozen=True, slots=True)
class Sum:
    """That one count is the sum of others; all by their places in the list of counts."""

    whole: int
    parts: tuple[int, ...]


def rounded(count: int) -> int:
    return (count + BASE // 2) // BASE * BASE


def attack(told: Told, sums: Sequence[Sum], cells: Iterable[int]) -> dict[int, Interval]:
    """The least and the greatest count that each of these cells can have, by all that is told jointly; infinite where
    there is no end to it. Raises ValueError if the told numbers contradict the sums."""
    rows = [(number, place, 1.0) for number, one in enumerate(sums) for place in one.parts]
    rows += [(number, one.whole, -1.0) for number, one in enumerate(sums)]
    numbers, places, signs = zip(*rows, strict=True) if rows else ((), (), ())
    equal = csr_array((signs, (numbers, places)), shape=(len(sums), len(told))) if rows else None
    bounds = [(0.0, None) if number is None else _span(number) for number in told]
    found = {}
    for cell in cells:
        ends = []
        for sign in (1.0, -1.0):
            wanted = np.zeros(len(told))
            wanted[cell] = sign
            answer = linprog(wanted, A_eq=equal, b_eq=np.zeros(len(sums)) if rows else None, bounds=bounds)
            if answer.status == 2:
                raise ValueError("The told numbers contradict the sums: no counts can be behind them.")
            ends.append(sign * answer.fun if answer.status == 0 else np.inf)
        found[cell] = (ends[0], ends[1])
    return found


def protect(counts: Sequence[int], sums: Sequence[Sum]) -> list[int | None]:
    """The numbers that may be told. A count below `LEAST` is hidden, and so are as many others as it takes that no
    interval which the attacker finds for a small count is narrower than the numbers below `LEAST` are. Raises
    ValueError if a sum does not hold, and if hiding cannot help: the sum of nothing is nothing."""
    for one in sums:
        if counts[one.whole] != sum(counts[place] for place in one.parts):
            raise ValueError(f"The count at {one.whole} is not the sum of those at {one.parts}.")
    told: list[int | None] = [None if count < LEAST else rounded(count) for count in counts]
    open_still = [place for place, number in enumerate(told) if number is None]
    while open_still:
        # Hiding more can only widen an interval, so a cell once safe stays safe.
        found = attack(told, sums, open_still)
        open_still = [place for place, (low, high) in found.items() if high - low < LEAST - 1 - SLACK]
        for place in {_cover(place, counts, told, sums) for place in open_still}:
            told[place] = None
    return told


def _span(number: int) -> tuple[float, float]:
    """What can be behind a told number: a count from `LEAST` on that is rounded to it."""
    return max(LEAST, number - BASE // 2), number + BASE // 2


def _cover(place: int, counts: Sequence[int], told: Told, sums: Sequence[Sum]) -> int:
    """The smallest told number in the sum that narrows a hidden one down most; in sums that hide another too, the
    nearest told number by way of those."""
    left, reached = list(sums), {place}
    edge = [one for one in left if place in (one.whole, *one.parts)]
    while edge:
        near = [[cell for cell in (one.whole, *one.parts) if told[cell] is not None] for one in edge]
        if any(near):
            # Told numbers are all as vague: the fewer of a sum are hidden and the shorter it is, the more it tells.
            hidden = [len(one.parts) + 1 - len(cells) for one, cells in zip(edge, near, strict=True)]
            most = min(range(len(edge)), key=lambda n: (not near[n], hidden[n], len(near[n])))
            return min(near[most], key=lambda cell: (counts[cell], cell))
        reached |= {cell for one in edge for cell in (one.whole, *one.parts)}
        left = [one for one in left if one not in edge]
        edge = [one for one in left if reached & {one.whole, *one.parts}]
    raise ValueError(f"The count at {place} is known by the sums alone, whatever is hidden.")
