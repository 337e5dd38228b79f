"""The compiled loops give the answers of the tables, for any edition, whichever columns there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from oralu.core.edition import Edition
from oralu.core.lattice.answers import Answers, evaluate_codes
from oralu.core.lattice.codes import Codes, pack
from oralu.core.lattice.digits import LatticeError
from oralu.core.records import read_record
from oralu.policyfiles import load_edition
from oralu.tables import compiled
from oralu.tables.cache import load_lattice
from oralu.tables.compiled import evaluate_compiled
from policy.plain import random_snapshot
from policy.random_cases import random_records

pytest.importorskip("numba", reason="the extra `fast` is not installed (pip install oralu[fast])")
KZ = load_edition()
VILLAGE = load_edition(Path(__file__).parent.parent / "policy" / "editions" / "village-2030")
CASES = 9_000


@lru_cache
def codes_of(edition: Edition) -> Codes:
    """More rows than two blocks hold."""
    if edition is KZ:
        return pack(edition, [read_record(edition, record)[1] for record in random_records(61, CASES)])
    rng = Random(62)
    days, ages = [-27, -8, -7, 10, 49, 80, 95, 99, 100], [0, 2, 3, 10, 29, 30, 345, 365]
    return pack(edition, [random_snapshot(edition, rng, days, ages) for _ in range(CASES)])


def narrow(codes: Codes) -> Codes:
    """Days of 16 bits; what never ends stays so."""

    def short(columns: Any) -> dict[str, Any]:
        return {name: np.clip(column, -30_000, 32_767).astype(np.int16) for name, column in columns.items()}

    return replace(codes, day=codes.day.astype(np.int16), fact_days=short(codes.fact_days), until=short(codes.until))


def bare(codes: Codes) -> Codes:
    return replace(codes, until={}, evidence={}, breached={}, minor_children=None, failed_before=None)


def mixed(codes: Codes) -> Codes:
    """Each column of another width, every second row, so that they do not lie together."""
    found = codes.rows(slice(None, None, 2))
    names = sorted(found.fact_days)
    return replace(
        found,
        fact_days={n: found.fact_days[n].astype(np.int32 if place % 2 else np.int64) for place, n in enumerate(names)},
    )


def same(ours: Answers, theirs: Answers) -> None:
    for column in fields(ours):
        if column.name not in ("edition", "next_change", "changes"):
            assert np.array_equal(getattr(ours, column.name), getattr(theirs, column.name)), column.name


@pytest.mark.parametrize("edition", [KZ, VILLAGE], ids=lambda edition: edition.id)
@pytest.mark.parametrize("shape", [lambda codes: codes, bare, mixed, narrow], ids=["whole", "bare", "mixed", "narrow"])
def test_the_same_answers(edition: Edition, shape: Callable[[Codes], Codes]) -> None:
    codes, lattice = shape(codes_of(edition)), load_lattice(edition)
    same(evaluate_compiled(lattice, codes), evaluate_codes(lattice, codes))


@pytest.mark.parametrize("rows", [0, 1, 4096, 4097])
def test_pieces_of_any_size(rows: int) -> None:
    codes = codes_of(KZ).rows(slice(0, rows))
    same(evaluate_compiled(load_lattice(KZ), codes), evaluate_codes(load_lattice(KZ), codes))


def test_threads_share_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "SHARE", 1_000)
    lattice, codes = load_lattice(KZ), codes_of(KZ)
    same(evaluate_compiled(lattice, codes, threads=3), evaluate_codes(lattice, codes))


def test_codes_that_no_edition_knows_are_refused_in_the_same_words() -> None:
    lattice, size = load_lattice(KZ), 5_000
    day, none = np.zeros(size, np.int16), np.zeros(size, np.uint8)
    last, far = none.copy(), day.copy()
    last[-1], far[-1] = 1, 20_000
    one = {"medical_need": none + 1}
    for codes in (
        Codes(day, none, {"housing": none + last * 7}),
        Codes(day, none + last * 2),
        Codes(day, none, evidence={"housing": last * 2}),
        Codes(day, none, referrals={"legal": last * 3}),
        Codes(day, none, breached={"legal": last * 2}),
        Codes(day, none, minor_children=last * 2),
        Codes(far, none),
        Codes(-far, none),
        Codes(day, none, one, fact_days={"medical_need": (day - far).astype(np.int16)}),
        Codes(day, none, one, fact_days={"medical_need": day + last}),
        Codes(day, none, {"castle": none}),
        Codes(day, none, fact_days={"castle": day}),
        Codes(day, none[:1]),
        Codes(day.astype(np.float64), none),
        Codes(day, none, until={"housing": day[:1]}),
    ):
        with pytest.raises(LatticeError) as ours:
            evaluate_compiled(lattice, codes)
        with pytest.raises(LatticeError) as theirs:
            evaluate_codes(lattice, codes)
        assert str(ours.value) == str(theirs.value)
    late = Codes(day, none, {"medical_need": none}, fact_days={"medical_need": day + last})
    same(evaluate_compiled(lattice, late), evaluate_codes(lattice, late))
