"""No number of few persons can be worked out from a release, also with whole numbers and all tables at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from oralu.core.disclosure import BASE, LEAST, Sum, attack, protect, rounded

RELEASES = 12


def release(seed: int) -> tuple[list[int], list[Sum]]:
    """Two tables of the same regions with all their margins, as the ministry is shown: by a column of four and by one
    of eleven, skewed so that many numbers are small."""
    dice = random.Random(seed)
    regions, columns = dice.randint(2, 6), (dice.randint(2, 4), dice.randint(3, 6))
    counts: list[int] = []
    sums: list[Sum] = []

    def add(count: int) -> int:
        counts.append(count)
        return len(counts) - 1

    totals, tables = [], ([], [])  # type: tuple[list[int], tuple[list[list[int]], list[list[int]]]]
    for _ in range(regions):
        people = int(dice.lognormvariate(4, 1.5))
        totals.append(add(people))
        for table, width in zip(tables, columns, strict=True):
            cuts = sorted(dice.randint(0, people) for _ in range(width - 1))
            row = [add(b - a) for a, b in zip([0, *cuts], [*cuts, people], strict=True)]
            table.append(row)
            sums.append(Sum(totals[-1], tuple(row)))
    country = add(sum(counts[place] for place in totals))
    sums.append(Sum(country, tuple(totals)))
    for table in tables:
        margins = []
        for column in zip(*table, strict=True):
            margins.append(add(sum(counts[place] for place in column)))
            sums.append(Sum(margins[-1], column))
        sums.append(Sum(country, tuple(margins)))
    return counts, sums


def narrowest(told: Sequence[int | None], sums: Sequence[Sum], cell: int) -> tuple[float, float]:
    """An attacker apart from ours: whole numbers only, by branch and bound."""
    matrix = np.zeros((len(sums), len(told)))
    for number, one in enumerate(sums):
        matrix[number, list(one.parts)] = 1
        matrix[number, one.whole] = -1
    low = [0 if n is None else max(LEAST, n - BASE // 2) for n in told]
    high = [10_000 if n is None else n + BASE // 2 for n in told]
    ends = []
    for sign in (1, -1):
        wanted = np.zeros(len(told))
        wanted[cell] = sign
        answer = milp(
            wanted, integrality=np.ones(len(told)), bounds=Bounds(low, high), constraints=LinearConstraint(matrix, 0, 0)
        )
        assert answer.success
        ends.append(sign * answer.fun)
    return ends[0], ends[1]


def test_an_attacker_recovers_no_small_number() -> None:
    attacked = exposed_before = 0
    for seed in range(RELEASES):
        counts, sums = release(seed)
        told = protect(counts, sums)
        only_small_hidden = [None if count < LEAST else rounded(count) for count in counts]
        for cell, count in enumerate(counts):
            assert told[cell] in (None, rounded(count))
            if count >= LEAST:
                continue
            assert told[cell] is None
            low, high = narrowest(told, sums, cell)
            assert low <= count <= high
            assert high - low >= LEAST - 1, (seed, cell)
            low, high = narrowest(only_small_hidden, sums, cell)
            exposed_before += high - low < LEAST - 1
            attacked += 1
    assert attacked > 80
    assert exposed_before > attacked / 10, "else the attacker is too weak to prove anything"


def test_what_is_large_and_needs_to_cover_nothing_is_told() -> None:
    counts, sums = [100, 200, 300, 600], [Sum(3, (0, 1, 2))]
    assert protect(counts, sums) == counts
    assert protect([3, 200, 397, 600], sums) == [None, 200, 395, 600], "the rounding of three others covers it"
    assert protect([9, 100, 109], [Sum(2, (0, 1))]) == [None, None, 110]
    assert protect([0, 0, 0, 0], sums) == [None] * 4
    assert protect([], []) == []


def test_a_shown_ten_is_known_to_be_no_nine() -> None:
    assert attack([10, None], [], [0, 1]) == {0: (10, 12), 1: (0, float("inf"))}


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        protect([1, 2, 4], [Sum(2, (0, 1))])
    with pytest.raises(ValueError, match="by the sums alone"):
        protect([0, 20], [Sum(0, ())])
    with pytest.raises(ValueError, match="contradict"):
        attack([10, 10, 100, None], [Sum(2, (0, 1))], [3])
