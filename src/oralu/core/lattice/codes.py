"""A register as columns of small numbers: what the tables are asked with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from oralu.core.edition import Edition
from oralu.core.evaluation import Snapshot
from oralu.core.lattice.digits import LatticeError

Bytes = npt.NDArray[np.uint8]
Days = npt.NDArray[Any]
FAR = 1 << 60


@dataclass(frozen=True)
class Codes:
    """Columns of equal length, one row for each case.

    `day`: signed integers. `sex`: 0 female, 1 male. `values`: by fact, 0 while unknown or answered without a value,
    then 1 + the place of the value in the vocabulary. `fact_days`: read only for facts whose age matters. `until`: the
    day from which the fact no longer stands, the greatest number of its type where it has none. `referrals`: by domain,
    0 none, 1 sent, 2 served, the furthest. `evidence`, `breached`, `minor_children`, `failed_before`: 0 or 1. A column
    that is not given is 0 everywhere, a column of `until` that is not given never ends."""

    day: Days
    sex: Bytes
    values: Mapping[str, Bytes] = field(default_factory=dict)
    evidence: Mapping[str, Bytes] = field(default_factory=dict)
    fact_days: Mapping[str, Days] = field(default_factory=dict)
    until: Mapping[str, Days] = field(default_factory=dict)
    referrals: Mapping[str, Bytes] = field(default_factory=dict)
    breached: Mapping[str, Bytes] = field(default_factory=dict)
    minor_children: Bytes | None = None
    failed_before: Bytes | None = None

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, chosen: Any, day: Days | None = None) -> Codes:
        """Some rows (a slice, places or a mask), on another day if `day` is given (by row of the result)."""

        def each(columns: Mapping[str, Any]) -> dict[str, Any]:
            return {name: column[chosen] for name, column in columns.items()}

        return Codes(
            self.day[chosen] if day is None else day,
            self.sex[chosen],
            values=each(self.values),
            evidence=each(self.evidence),
            fact_days=each(self.fact_days),
            until=each(self.until),
            referrals=each(self.referrals),
            breached=each(self.breached),
            minor_children=None if self.minor_children is None else self.minor_children[chosen],
            failed_before=None if self.failed_before is None else self.failed_before[chosen],
        )

    def on(self, day: Days) -> Codes:
        """The same facts on another day."""
        return replace(self, day=day)


def check(edition: Edition, codes: Codes) -> None:
    """Raises `LatticeError` on a column or a code that the edition does not know, on a day too far away to add to, and
    on a fact dated after the day."""
    check_shape(edition, codes)
    for name, column, most in _small(edition, codes):
        if len(codes) and int(column.max()) > most:
            raise LatticeError(f"{name}: the code {int(column.max())} is not known; the highest is {most}")
    _near("day", codes.day, edition.look_ahead)
    for name, column in codes.fact_days.items():
        _near(f"{name}_day", column, 0)
        late = column > codes.day
        if name in codes.values and late.any() and (late & (codes.values[name] != 0)).any():
            row = int(np.flatnonzero(late & (codes.values[name] != 0))[0])
            raise LatticeError(f"{name}_day: row {row} is dated {column[row]}, after its day {codes.day[row]}")


def check_shape(edition: Edition, codes: Codes) -> None:
    """The part of `check` that looks at no row: names, types and lengths. Raises `LatticeError`."""
    size = len(codes)
    for name, column, _ in _small(edition, codes):
        if column.dtype != np.uint8 or column.shape != (size,):
            raise LatticeError(f"{name}: {column.dtype} of the shape {column.shape}, expected {size} of uint8")
    days = {"day": codes.day}
    for ending, columns in (("day", codes.fact_days), ("until", codes.until)):
        days |= {f"{_fact(edition, name).name}_{ending}": column for name, column in columns.items()}
    for name, column in days.items():
        if column.dtype.kind != "i" or column.shape != (size,):
            raise LatticeError(f"{name}: {column.dtype} of the shape {column.shape}, expected {size} signed integers")


def _small(edition: Edition, codes: Codes) -> Iterator[tuple[str, Bytes, int]]:
    """Every column of bytes: its name, and the highest code that it may hold. Raises `LatticeError` on a name."""
    yield "sex", codes.sex, 1
    for name, column in codes.values.items():
        yield name, column, len(_fact(edition, name).codes)
    for name, column in codes.evidence.items():
        yield f"{_fact(edition, name).name}_evidence", column, 1
    for kind, columns, most in (("referral", codes.referrals, 2), ("breached", codes.breached, 1)):
        for domain, column in columns.items():
            if domain not in edition.domains:
                raise LatticeError(f"{domain!r} is not a domain of {edition.id}")
            yield f"{domain}_{kind}", column, most
    for label, flags in (("minor_children", codes.minor_children), ("failed_before", codes.failed_before)):
        if flags is not None:
            yield label, flags, 1


def _fact(edition: Edition, name: str) -> Any:
    if name not in edition.fact_by_name:
        raise LatticeError(f"{name!r} is not a fact of {edition.id}")
    return edition.fact(name)


def _near(name: str, column: Days, ahead: int) -> None:
    far = np.iinfo(column.dtype).max // 2 - ahead
    if len(column) and not -far <= int(column.min()) <= int(column.max()) <= far:
        worst = max(int(column.min()), int(column.max()), key=abs)
        raise LatticeError(f"{name}: {worst} is too far away to reckon with in {column.dtype}; use a wider type")


def pack(edition: Edition, snapshots: Sequence[Snapshot]) -> Codes:
    """Snapshots as columns. Raises `LatticeError` on a day beyond 60 bits; snapshots are taken to be valid."""
    facts = [fact.name for fact in edition.facts]
    codes = {fact.name: {value: place for place, value in enumerate(fact.codes, 1)} for fact in edition.facts}
    held = {name: [s.facts.get(name) for s in snapshots] for name in facts}

    def days(given: Iterable[int]) -> Days:
        found = list(given)
        if any(abs(day) > FAR for day in found):
            raise LatticeError(f"the day {max(found, key=abs)} is too far away for a table")
        return np.array(found, dtype=np.int64)

    def flags(given: Iterable[object]) -> Bytes:
        return np.fromiter((1 if one else 0 for one in given), dtype=np.uint8, count=len(snapshots))

    never = np.iinfo(np.int64).max
    untils = {
        name: np.array([never if f is None or f.until is None else min(f.until, never) for f in held[name]], np.int64)
        for name in facts
        if any(f is not None and f.until is not None for f in held[name])
    }
    return Codes(
        day=days(s.day for s in snapshots),
        sex=flags(s.sex == "male" for s in snapshots),
        values={
            name: np.array([0 if f is None else codes[name].get(f.value, 0) for f in held[name]], np.uint8)
            for name in facts
        },
        evidence={name: flags(f is not None and f.evidence for f in held[name]) for name in facts},
        fact_days={name: days(0 if f is None else max(f.day, -FAR) for f in held[name]) for name in facts},
        until=untils,
        referrals={domain: _furthest(edition, snapshots, domain) for domain in edition.domains},
        breached={domain: flags(domain in s.breached for s in snapshots) for domain in edition.domains},
        minor_children=flags(s.minor_children for s in snapshots),
        failed_before=flags(s.failed_before for s in snapshots),
    )


def _furthest(edition: Edition, snapshots: Sequence[Snapshot], domain: str) -> Bytes:
    return np.array(
        [
            max((2 if r.state in edition.served_states else 1 for r in s.referrals if r.domain == domain), default=0)
            for s in snapshots
        ],
        dtype=np.uint8,
    )
