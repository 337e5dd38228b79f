"""How many cases of a register a change of policy touches."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oralu.core.lattice.answers import evaluate_codes
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.difference import Difference, Outcome
from oralu.tables.columns import codes_of
from oralu.tables.parquet import ROWS, open_register

Change = tuple[str, str, Outcome | bool | None, Outcome | bool | None]


def cases_touched(old: Lattice, new: Lattice, register: Path) -> tuple[Counter[Change], int, int]:
    """By change (kind, code, before, after; see `Difference`) the cases that it touches; how many any touches; all.

    The columns must be those of both editions. Raises `TableError`."""
    found: Counter[Change] = Counter()
    touched = rows = 0
    open_register(new.edition, register)
    for batch in open_register(old.edition, register).iter_batches(batch_size=ROWS):
        codes = codes_of(old.edition, pa.Table.from_batches([batch]), rows + 1)
        one, other = evaluate_codes(old, codes, checked=False), evaluate_codes(new, codes, checked=False)
        rows += len(codes)
        any_change = np.zeros(len(codes), np.bool_)
        for place, domain in enumerate(old.edition.domains):
            before, after = (
                a.points[place].astype(np.int64) << 16 | a.risk[place].astype(np.int64) << 8 | a.failed[place]
                for a in (one, other)
            )
            differ = before != after
            any_change |= differ
            pairs, counts = np.unique(np.stack((before[differ], after[differ])), axis=1, return_counts=True)
            for column, count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
                found["domain", domain, _outcome(column[0]), _outcome(column[1])] += count
        for code in {r.code for e in (old.edition, new.edition) for r in e.rules}:
            was, is_now = (_holds(a.rules, lattice, code) for a, lattice in ((one, old), (other, new)))
            any_change |= was != is_now
            found["rule", code, True, False] += int((was & ~is_now).sum())
            found["rule", code, False, True] += int((is_now & ~was).sum())
        touched += int(any_change.sum())
    return +found, touched, rows


def cases_of(difference: Difference, touched: Counter[Change]) -> int:
    """The cases of one difference; those of a rule that only one edition has, too."""
    if difference.kind == "rule" and None in (difference.before, difference.after):
        change: Change = ("rule", difference.code, difference.before is not None, difference.after is not None)
    else:
        change = (difference.kind, difference.code, difference.before, difference.after)
    return touched[change]


def _outcome(code: int) -> Outcome:
    return code >> 16, code >> 8 & 0xFF, bool(code & 0xFF)


def _holds(rules: npt.NDArray[np.unsignedinteger], lattice: Lattice, code: str) -> npt.NDArray[np.bool_]:
    place = next((n for n, rule in enumerate(lattice.edition.rules) if rule.code == code), None)
    if place is None:
        return np.zeros(len(rules), np.bool_)
    held: npt.NDArray[np.bool_] = np.not_equal(np.bitwise_and(rules, rules.dtype.type(1 << place)), 0)
    return held
