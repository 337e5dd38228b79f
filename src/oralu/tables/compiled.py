"""A register judged by compiled loops: the answers of `core.lattice.evaluate_codes`, for many millions of cases.

Needs the extra `fast` (numba). The tables are those of the edition; each keeps, in place of its words, the number of a
word in a palette, since few different words stand in a table: so all tables of an edition fit into the second cache of
a core. `loops` goes through them, told by `Orders` what to add up and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from oralu.core.lattice.answers import Answers
from oralu.core.lattice.asking import groups_of
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.codes import Codes, check, check_shape
from oralu.core.lattice.digits import Digit, LatticeError

Numbers = npt.NDArray[np.int64]
VALUE, DAY, AGE, ENDS = range(4)
TOGETHER = 3
SHARE = 1 << 15
"""Rows below which a second thread costs more than it brings."""


class Store(NamedTuple):
    """What the loops read of an edition alone. `cells`: of all tables, one after the other, the number of the word.

    `palette`: uint64 [pairs of parts of a word, tables, 2 × numbers]; `lane`: [tables, (part, bits, shift)] of the
    signals that a table hears; `base`: its first cell; `runs`: the first of the tables that are looked up together."""

    cells: npt.NDArray[Any]
    palette: npt.NDArray[np.uint64]
    lane: Numbers
    base: Numbers
    runs: Numbers


class Orders(NamedTuple):
    """What the loops do, for one edition and one set of columns.

    `small`, `long`: addresses of the columns of bytes and of days, the day first; `most`: the highest code that a byte
    may hold. `dated`: [(long, small or -1, far)] dates that must be nearer than far and, where the value is known, not
    after the day. `derived`: [(kind, column, column, mark, mark)] digits that are worked out first. `terms`:
    [(derived?, place, weight)], summed in groups of a byte; `weights` by group; `terms_of`, `groups_of`: where those of
    a group, of a table, begin. `result`: [domains, (part, shift)]; `rules`: part, shift; `before`: the column of
    failures before, or -1."""

    small: Numbers
    most: npt.NDArray[np.uint8]
    long: Numbers
    dated: Numbers
    far_day: int
    derived: Numbers
    marks: npt.NDArray[Any]
    terms: Numbers
    terms_of: Numbers
    weights: Numbers
    groups_of: Numbers
    cells: npt.NDArray[Any]
    palette: npt.NDArray[np.uint64]
    lane: Numbers
    base: Numbers
    runs: Numbers
    result: Numbers
    low: int
    middle: int
    rules: Numbers
    barred: Numbers
    before: int
    from_day: int
    index_from: int


class Out(NamedTuple):
    points: npt.NDArray[np.uint8]
    risk: npt.NDArray[np.uint8]
    failed: npt.NDArray[np.uint8]
    rules: npt.NDArray[Any]
    index: npt.NDArray[np.uint8]  # type: ignore[assignment]
    highest: npt.NDArray[np.uint8]
    success: npt.NDArray[np.int8]


def evaluate_compiled(lattice: Lattice, codes: Codes, *, threads: int = 1) -> Answers:
    """The answers of `evaluate_codes`, without the next change. Every code is checked in the loop. Raises
    `LatticeError` as it does, and `ImportError` without numba. The first use on a machine takes some ten seconds
    more: it compiles, and keeps the result."""
    from oralu.tables.loops import judge

    check_shape(lattice.edition, codes)
    size, edition = len(codes), lattice.edition
    columns = _Columns(codes)
    orders = _Writer(lattice, columns).orders()
    out = _room(len(edition.domains), lattice.plan.rules_bytes, size)
    if not _in_parts(size, threads, lambda start, stop: judge(start, stop, columns.none, orders, out)):
        check(edition, codes)
        raise LatticeError("the compiled loop refused codes that the check of the tables takes")
    return Answers(edition, *out)


def _room(domains: int, rules_bytes: int, size: int) -> Out:
    """All columns of the answers in one piece of memory: the system gives a large one in large pages."""
    room = np.empty((3 * domains + 3 + rules_bytes) * size, np.uint8)
    rules: Any = room[: rules_bytes * size].view(f"u{rules_bytes}")
    rest = room[rules_bytes * size :].reshape(3 * domains + 3, size)
    points, risk, failed = (rest[n * domains : (n + 1) * domains] for n in range(3))
    index, highest, success = rest[3 * domains :]
    return Out(points, risk, failed, rules, index, highest, success.view(np.int8))


def _in_parts(size: int, threads: int, do: Any) -> bool:
    """Shares the rows among threads; numba lets them run beside each other."""
    count = max(1, min(threads, size // SHARE))
    if count == 1:
        return bool(do(0, size))
    step = -(-size // count)
    with ThreadPoolExecutor(count) as pool:
        parts = [pool.submit(do, at, min(at + step, size)) for at in range(0, size, step)]
        done = [part.result() for part in parts]
    return all(done)


class _Columns:
    """The columns by name, each lying one value after the other, all days of one width."""

    def __init__(self, codes: Codes) -> None:
        self.small: dict[str, Any] = {"sex": codes.sex}
        for name, flags in (("minor_children", codes.minor_children), ("failed_before", codes.failed_before)):
            if flags is not None:
                self.small[name] = flags
        for kind, columns in (
            ("value", codes.values),
            ("evidence", codes.evidence),
            ("referral", codes.referrals),
            ("breached", codes.breached),
        ):
            self.small |= {f"{kind}.{name}": column for name, column in columns.items()}
        self.small = {name: np.ascontiguousarray(column) for name, column in self.small.items()}
        long = {f"age.{name}": column for name, column in codes.fact_days.items()}
        long |= {f"ends.{name}": column for name, column in codes.until.items()}
        width = np.result_type(np.int16, codes.day, *long.values())
        self.none = np.empty(0, width)
        self.long = {name: np.ascontiguousarray(column, width) for name, column in {"day": codes.day, **long}.items()}
        # Bounds are those of the columns as given, not of the width that they were brought to.
        self.far = {name: int(np.iinfo(column.dtype).max) // 2 for name, column in long.items()}
        self.far_day = int(np.iinfo(codes.day.dtype).max) // 2
        self.small_place = {name: place for place, name in enumerate(self.small)}
        self.long_place = {name: place for place, name in enumerate(self.long)}


def _addresses(columns: Iterable[Any]) -> Numbers:
    return np.array([column.__array_interface__["data"][0] for column in columns], np.int64)


@lru_cache(maxsize=8)
def _store(lattice: Lattice) -> Store:
    tables, parts = lattice.tables, lattice.plan.width // 8
    found = [_numbered(table.words) for table in tables]
    most = max(len(rows) for _, rows in found)
    if most > 1 << 16:
        raise LatticeError(f"{lattice.edition.id}: a table with {most:,} different words is not for the compiled loop")
    cells = np.concatenate([numbers for numbers, _ in found]).astype(np.uint8 if most <= 256 else np.uint16)
    palette = np.zeros((-(-parts // 2), len(tables), 2 * most), np.uint64)
    for place, (_, rows) in enumerate(found):
        for part in range(parts):
            palette[part // 2, place, part % 2 : 2 * len(rows) : 2] = rows[:, part]
    lane = np.array([[table.lane // 64, table.bits, table.lane % 64] for table in tables], np.int64)
    base = np.cumsum([0, *(len(table.words) for table in tables[:-1])])
    return Store(cells, palette, lane, base.astype(np.int64), _runs([table.bits > 0 for table in tables]))


def _runs(hears: list[bool]) -> Numbers:
    """Where those tables begin that are looked up together: a few that hear nothing, or one that hears."""
    runs = [0]
    for place, alone in enumerate(hears):
        if place and (alone or hears[place - 1] or place - runs[-1] == TOGETHER):
            runs.append(place)
    return np.array([*runs, len(hears)], np.int64)


def _numbered(words: npt.NDArray[np.uint64]) -> tuple[Numbers, npt.NDArray[np.uint64]]:
    """The different words, and for each cell the place of its own among them."""
    numbers = np.zeros(len(words), np.int64)
    for part in words.T:
        values, places = np.unique(part, return_inverse=True)
        numbers = np.unique(numbers * len(values) + places, return_inverse=True)[1]
    rows = np.empty((int(numbers.max()) + 1, words.shape[1]), np.uint64)
    rows[numbers] = words
    return numbers, rows


class _Writer:
    """Writes the orders: which columns there are decides what is added up."""

    def __init__(self, lattice: Lattice, columns: _Columns) -> None:
        self.lattice, self.plan, self.columns = lattice, lattice.plan, columns
        self.derived: dict[tuple[int, ...], int] = {}
        self.marks: list[int] = []
        self.mark_place: dict[tuple[int, ...], int] = {}

    def orders(self) -> Orders:
        edition, plan, columns = self.lattice.edition, self.plan, self.columns
        terms, terms_of, weights, groups = self._terms()
        kept = _store(self.lattice)
        asked = edition.success
        return Orders(
            small=_addresses(columns.small.values()),
            most=np.array([self._most(name) for name in columns.small], np.uint8),
            long=_addresses(columns.long.values()),
            dated=self._dated(),
            far_day=columns.far_day - edition.look_ahead,
            derived=np.array([*self.derived], np.int64).reshape(-1, 5),
            marks=np.array(self.marks, columns.none.dtype),
            terms=terms,
            terms_of=terms_of,
            weights=weights,
            groups_of=groups,
            **kept._asdict(),
            result=np.array([divmod(8 * plan.result[domain], 64) for domain in edition.domains], np.int64),
            low=plan.points_bits,
            middle=plan.risk_bits,
            rules=np.array(divmod(8 * plan.rules_at, 64), np.int64),
            barred=np.array([edition.risk_levels.index(level) for level in asked.no_risk], np.int64),
            before=columns.small_place.get("failed_before", -1) if edition.failure_scope == "ever" else -1,
            from_day=asked.from_day,
            index_from=asked.index_from,
        )

    def _most(self, name: str) -> int:
        kind, _, of = name.partition(".")
        return {"value": len(self.lattice.edition.fact(of).codes) if kind == "value" else 0, "referral": 2}.get(kind, 1)

    def _dated(self) -> Numbers:
        found = [
            (place, self.columns.small_place.get(f"value.{name.partition('.')[2]}", -1), self.columns.far[name])
            for name, place in self.columns.long_place.items()
            if name.startswith("age.")
        ]
        return np.array(found, np.int64).reshape(-1, 3)

    def _terms(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        terms: list[tuple[int, int, int]] = []
        terms_of, weights, groups = [0], [], [0]
        for table in self.lattice.tables:
            for group in groups_of(table.digits):
                found = [(*source, weight) for digit, weight in group.digits if (source := self._source(digit))]
                if found:
                    terms += found
                    terms_of.append(len(terms))
                    weights.append(group.stride << table.bits)
            groups.append(len(weights))
        return (
            np.array(terms, np.int64).reshape(-1, 3),
            np.array(terms_of, np.int64),
            np.array(weights, np.int64),
            np.array(groups, np.int64),
        )

    def _source(self, digit: Digit) -> tuple[int, int] | None:
        """Whether the digit is derived and its place; None where it is 0 in every row."""
        kind, name = str(digit.key[0]), str(digit.key[-1])
        long = self.columns.long_place
        if kind == "day":
            return self._derive(DAY, 0, 0, digit.marks)
        if kind == "age":
            return self._derive(AGE, long[f"age.{name}"], 0, digit.marks) if f"age.{name}" in long else None
        until = long.get(f"ends.{name}")
        if kind == "ends":
            return None if until is None else self._derive(ENDS, until, 0, self.plan.offsets[1:])
        place = self.columns.small_place.get(kind if len(digit.key) == 1 else f"{kind}.{name}")
        if place is None:
            return None
        return self._derive(VALUE, place, until, ()) if kind == "value" and until is not None else (0, place)

    def _derive(self, kind: int, first: int, second: int, marks: tuple[int, ...]) -> tuple[int, int]:
        start = self.mark_place.get(marks)
        if start is None:
            start = self.mark_place[marks] = len(self.marks)
            self.marks += marks
        order = (kind, first, second, start, start + len(marks))
        return 1, self.derived.setdefault(order, len(self.derived))
