"""A register of generated cases for the benchmark: skewed as a real one, seeded, nobody in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from oralu.core.edition import Edition
from oralu.core.lattice.codes import Codes

ENDING = ("residence_registration", "housing")
"""Facts that end in practice: a temporary registration, a place in a shelter. The others have no column `until`."""
NEVER = 32_767


def register(edition: Edition, size: int, seed: int = 2026) -> Codes:
    """Columns of int16 days and uint8 codes. Half of the facts are known, two thirds of those with evidence."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 240, size).astype(np.int16)
    values, evidence, fact_days, until = {}, {}, {}, {}
    for fact in edition.facts:
        weights = rng.dirichlet(np.ones(len(fact.codes) + 1) * 2)
        values[fact.name] = rng.choice(len(fact.codes) + 1, size, p=weights).astype(np.uint8)
        evidence[fact.name] = (rng.random(size) < 0.66).astype(np.uint8)
    for name in ("medical_need", "psychological_need"):
        fact_days[name] = (day - rng.integers(0, 60, size)).astype(np.int16)
        del evidence[name]
    for name in ENDING:
        ends = rng.random(size) < 0.2
        until[name] = np.where(ends, day + rng.integers(-10, 60, size), NEVER).astype(np.int16)
    for name in ("violence_threat", "exploitation_risk", "family_contact"):
        del evidence[name]
    return Codes(
        day=day,
        sex=(rng.random(size) < 0.7).astype(np.uint8),
        values=values,
        evidence=evidence,
        fact_days=fact_days,
        until=until,
        referrals={d: rng.choice(3, size, p=[0.5, 0.3, 0.2]).astype(np.uint8) for d in edition.domains},
        breached={d: (rng.random(size) < 0.05).astype(np.uint8) for d in edition.domains},
        minor_children=(rng.random(size) < 0.3).astype(np.uint8),
    )


def columns_of(codes: Codes) -> dict[str, Any]:
    """The same columns flat, by the names that the peers use."""
    found = {"day": codes.day, "sex": codes.sex, "minor_children": codes.minor_children, **codes.values}
    for ending, columns in (
        ("evidence", codes.evidence),
        ("day", codes.fact_days),
        ("until", codes.until),
        ("referral", codes.referrals),
        ("breached", codes.breached),
    ):
        found |= {f"{name}_{ending}": column for name, column in columns.items()}
    return found


def bytes_of(codes: Codes) -> int:
    return sum(column.nbytes for column in columns_of(codes).values())


def table_of(edition: Edition, codes: Codes) -> pa.Table:
    """The register as a table of words, as it comes in a Parquet file."""
    columns: dict[str, Any] = {"id": [str(n) for n in range(len(codes))], "day": codes.day}
    columns["sex"] = pa.array(np.array(["female", "male"])[codes.sex])
    for fact in edition.facts:
        words = np.array(["", *fact.codes])[codes.values[fact.name]]
        columns[fact.name] = pa.array(words, mask=codes.values[fact.name] == 0)
        columns[f"{fact.name}_day"] = codes.fact_days.get(fact.name, codes.day)
        if fact.name in codes.evidence:
            columns[f"{fact.name}_evidence"] = codes.evidence[fact.name].astype(bool)
    return pa.table(columns)
