"""The columns of a register: how they are named, what they may hold, and how they become codes.

Reading is as strict as that of JSON lines (`core.records`): a column that is silently ignored is a fact that silently
does not count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oralu.core.edition import Edition
from oralu.core.facts import ANSWERS_WITHOUT_VALUE
from oralu.core.grammar import SEXES
from oralu.core.lattice.codes import Bytes, Codes, Days

REFERRED = ("sent", "served")
_FAR = 1 << 29


class TableError(ValueError):
    """A table that cannot be taken; the message names the column, the row from 1 and what is allowed."""


def columns_of(edition: Edition) -> dict[str, str]:
    """Every column that may stand in a register of this edition, with its kind: text, days, flag."""
    found = {"id": "text", "day": "days", "sex": "text", "minor_children": "flag"}
    if edition.failure_scope == "ever":
        found["failed_before"] = "flag"
    for fact in edition.facts:
        found |= {fact.name: "text", f"{fact.name}_day": "days", f"{fact.name}_until": "days"}
        found[f"{fact.name}_evidence"] = "flag"
    for domain in edition.domains:
        found |= {f"{domain}_referral": "text", f"{domain}_breached": "flag"}
    return found


def check_schema(edition: Edition, schema: pa.Schema) -> None:
    """Raises `TableError` on a column that is not known, stands twice, is missing or is of another kind."""
    known = columns_of(edition)
    for name in schema.names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise TableError(
                f"the column {name!r} is not known to {edition.id}"
                + (f"; is {near[0]!r} meant?" if near else f"; known are id, day, sex, {', '.join(known)[:200]} …")
            )
        if schema.names.count(name) > 1:
            raise TableError(f"the column {name!r} stands twice")
        _check_kind(name, schema.field(name).type, known[name])
    for name in ("id", "day", "sex"):
        if name not in schema.names:
            raise TableError(f"the column {name!r} is missing")
    for fact in edition.facts:
        if fact.name in schema.names and f"{fact.name}_day" not in schema.names:
            raise TableError(f"the column '{fact.name}_day' is missing: each fact needs its effective day")
        for ending in ("day", "until", "evidence"):
            if f"{fact.name}_{ending}" in schema.names and fact.name not in schema.names:
                raise TableError(f"the column '{fact.name}_{ending}' stands without the column {fact.name!r}")


def _check_kind(name: str, kind: pa.DataType, wanted: str) -> None:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_null(plain):
        return
    fits = {
        "text": pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain),
        "days": pa.types.is_integer(kind),
        "flag": pa.types.is_boolean(kind),
    }[wanted]
    if not fits:
        words = {"text": "text", "days": "whole numbers of days", "flag": "true or false"}[wanted]
        raise TableError(f"the column {name!r} is of the type {kind}; it must hold {words}")


def codes_of(edition: Edition, table: pa.Table, first_row: int = 1) -> Codes:
    """The rows as codes; the schema has been checked. Raises `TableError`; `first_row` is the number of the first."""
    return _Reader(edition, table, first_row).codes()


class _Reader:
    def __init__(self, edition: Edition, table: pa.Table, first_row: int) -> None:
        self.edition, self.table, self.first = edition, table, first_row
        self.names = set(table.column_names)

    def codes(self) -> Codes:
        if "id" in self.names:
            self._none_missing("id")
        day = self._required_days("day")
        facts = [fact.name for fact in self.edition.facts if fact.name in self.names]
        values: dict[str, Bytes] = {}
        fact_days: dict[str, Days] = {}
        until: dict[str, Days] = {}
        for name in facts:
            values[name] = self._fact(name, day, fact_days, until)
        domains = self.edition.domains
        return Codes(
            day=day,
            sex=self._sex(),
            values=values,
            evidence={name: f for name in facts if (f := self._flag(f"{name}_evidence")) is not None},
            fact_days=fact_days,
            until=until,
            referrals={d: self._text(f"{d}_referral", REFERRED) for d in domains if f"{d}_referral" in self.names},
            breached={d: flags for d in domains if (flags := self._flag(f"{d}_breached")) is not None},
            minor_children=self._flag("minor_children"),
            failed_before=self._flag("failed_before"),
        )

    def _fact(self, name: str, day: Days, fact_days: dict[str, Days], until: dict[str, Days]) -> Bytes:
        codes = self.edition.fact(name).codes
        answers = sorted(ANSWERS_WITHOUT_VALUE)
        read = self._text(name, (*codes, *answers))
        told = read > 0
        own, gaps = self._days(f"{name}_day")
        self._refuse(told & gaps, f"{name}_day", lambda row: f"is missing, but {name} is recorded")
        own = np.where(gaps, day, own)
        self._refuse(told & (own > day), f"{name}_day", lambda row: f"{own[row]} is after the day {day[row]}")
        fact_days[name] = own
        if f"{name}_until" in self.names:
            ends, open_ended = self._days(f"{name}_until")
            early = told & ~open_ended & (ends <= own)
            self._refuse(early, f"{name}_until", lambda row: f"{ends[row]} is not after the fact's own day {own[row]}")
            if not open_ended.all():
                until[name] = np.where(open_ended, np.iinfo(ends.dtype).max, ends)
        return np.where(read > len(codes), np.uint8(0), read)

    def _sex(self) -> Bytes:
        self._none_missing("sex")
        return self._text("sex", SEXES) - np.uint8(1)

    def _text(self, name: str, allowed: tuple[str, ...]) -> Bytes:
        """0 for null, else 1 + the place among the allowed."""
        column = self.table.column(name).combine_chunks()
        if pa.types.is_null(column.type):
            return np.zeros(len(column), np.uint8)
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], pa.string())
        encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        words = encoded.dictionary.to_pylist()
        place = {word: number for number, word in enumerate(allowed, 1)}
        table = np.array([0 if word is None else place.get(word, 255) for word in words] + [0], dtype=np.uint8)
        found: Bytes = table[encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)]
        self._refuse(
            found == 255,
            name,
            lambda row: f"{str(column[row].as_py())[:60]!r} is not known; allowed: {', '.join(allowed)}, or null",
        )
        return found

    def _flag(self, name: str) -> Bytes | None:
        if name not in self.names:
            return None
        column = self.table.column(name)
        if pa.types.is_null(column.type):
            return None
        flags: Bytes = column.fill_null(False).to_numpy().astype(np.uint8)
        return flags

    def _required_days(self, name: str) -> Days:
        self._none_missing(name)
        return self._days(name)[0]

    def _days(self, name: str) -> tuple[Days, npt.NDArray[np.bool_]]:
        """The days and where there is none; 64 bits wide, or 32 where no day is far away."""
        column = self.table.column(name)
        if pa.types.is_null(column.type):
            return np.zeros(len(column), np.int32), np.ones(len(column), np.bool_)
        gaps = column.is_null().to_numpy()
        try:
            days = column.fill_null(0).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            raise TableError(f"the column {name!r} holds a number of days that no table can reckon with") from None
        far = np.abs(days) > 1 << 60
        self._refuse(far, name, lambda row: f"{days[row]} is too far away to reckon with")
        near = len(days) == 0 or bool(np.abs(days).max() < _FAR)
        return (days.astype(np.int32) if near and not self._any_far() else days), gaps

    def _any_far(self) -> bool:
        """Whether some column of this piece needs 64 bits; then all have them, so that they can be compared."""
        if not hasattr(self, "_far"):
            self._far = any(_beyond(self.table.column(n)) for n in self.names if columns_of(self.edition)[n] == "days")
        return self._far

    def _none_missing(self, name: str) -> None:
        if self.table.column(name).null_count:
            self._refuse(self.table.column(name).is_null().to_numpy(), name, lambda row: "is missing")

    def _refuse(self, wrong: npt.NDArray[np.bool_], column: str, why: Callable[[int], str]) -> None:
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise TableError(f"{column}, row {self.first + row:,}: {why(row)}")


def _beyond(column: pa.ChunkedArray) -> bool:
    if pa.types.is_null(column.type) or len(column) == column.null_count:
        return False
    bounds = pc.min_max(column).as_py()
    return bool(max(abs(bounds["min"]), abs(bounds["max"])) >= _FAR)


def listed(codes: Iterable[str]) -> pa.Array:
    return pa.array(list(codes), pa.string())


def lists(bits: npt.NDArray[Any], codes: tuple[str, ...]) -> pa.ListArray:
    """Lists of codes from a matrix of flags, rows by codes."""
    rows, columns = np.nonzero(bits)
    counts = np.bincount(rows, minlength=len(bits))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    chosen = pa.DictionaryArray.from_arrays(pa.array(columns.astype(np.int8)), listed(codes))
    return pa.ListArray.from_arrays(pa.array(offsets), chosen)
