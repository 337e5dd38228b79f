"""A register judged where it lies: one ibis expression for DuckDB, Spark and whatever else ibis speaks.

It says nothing of the policy itself. Each table of cells is joined on the number of the cell, the signals of the tables
are put together with a bitwise or, just as `core.lattice.asking` does it in memory; so the answers are the same.

Needs the extra `duckdb` or `spark`. The columns are those of `oralu policy evaluate --table`."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from oralu.core.facts import ANSWERS_WITHOUT_VALUE
from oralu.core.grammar import SEXES
from oralu.core.lattice.cells import Lattice, Table
from oralu.core.lattice.digits import Digit
from oralu.tables.columns import REFERRED

Expression = Any
_CELL, _RULES, _LANE = "_cell", "_rules", "_lane"


def evaluated(lattice: Lattice, register: Expression, *, next_change: bool = False) -> Expression:
    """The answers for a register as a table expression: id, index, risk, success, failures, points and risk of each
    domain, actions, and next_change if asked for (some twenty times the work; the ids must then be unique).

    A row with a value, a sex or a state of a referral that the edition does not know has null for an answer, never a
    guess; a column that is not known at all is not read, so check names and types with `columns.check_schema`."""
    return _Register(lattice, register).answers(next_change=next_change)


def cell_tables(lattice: Lattice) -> dict[str, pa.Table]:
    """The tables of cells as columns, to be stored in a database: the number of the cell, and what it says as small
    numbers."""
    return {table.name: _cells(lattice, table) for table in lattice.tables}


def _cells(lattice: Lattice, table: Table) -> pa.Table:
    plan = lattice.plan
    octets, lanes = table.words.view(np.uint8), table.words.view("<u2")
    columns: dict[str, Any] = {_CELL: np.arange(len(octets), dtype=np.int32)}
    for hearer in lattice.tables:
        if hearer.bits and (lane := lanes[:, hearer.lane // 16]).any():
            columns[f"{_LANE}{hearer.lane}"] = lane.astype(np.int32)
    for domain, at in plan.result.items():
        if domain == table.name:
            columns[f"_{domain}"] = octets[:, at].astype(np.int32)
    rules = table.words.view(f"<u{plan.rules_bytes}")[:, plan.rules_at // plan.rules_bytes]
    if rules.any():
        columns[_RULES] = rules.astype(np.int64)
    return pa.table(columns)


class _Register:
    def __init__(self, lattice: Lattice, register: Expression) -> None:
        self.lattice, self.edition, self.plan = lattice, lattice.edition, lattice.plan
        self.register = register
        self.names = set(register.columns)
        self.cells = {name: ibis.memtable(table) for name, table in cell_tables(lattice).items()}
        self.results = [f"_{domain}" for domain in self.edition.domains] + [_RULES]

    def answers(self, *, next_change: bool) -> Expression:
        now = self._judged(self.register.mutate(day=self.register.day.cast("int64")))
        if next_change:
            now = self._with_next_change(now)
        return now.select(*self._columns(now), **({"next_change": now.next_change} if next_change else {}))

    def _with_next_change(self, now: Expression) -> Expression:
        """Each row on every later day on which something passes a threshold; of the days that differ the first."""
        was = now.rename({f"_was{name}": name for name in self.results})
        days = ibis.array(self._candidates(was)).filter(lambda day: day > was.day).unique()
        later = self._judged(was.mutate(day=days.unnest()))
        differs = reduce(or_, (later[name] != later[f"_was{name}"] for name in self.results))
        first = later.filter(differs).group_by("id").aggregate(next_change=later.day.min())
        return now.left_join(first, "id").drop("id_right")

    def _candidates(self, table: Expression) -> list[Expression]:
        axes, offsets = self.plan.axes, self.plan.offsets
        found = [ibis.literal(int(axis.key[1]), "int64") for axis in axes.of_kind("day")]
        for axis in axes.of_kind("age"):
            if f"{axis.key[1]}_day" in self.names:
                found.append(table[f"{axis.key[1]}_day"].cast("int64") + int(axis.key[2]))
        for fact in self.edition.facts:
            if f"{fact.name}_until" in self.names:
                found.append(table[f"{fact.name}_until"].cast("int64"))
        return [day - offset for day in found for offset in offsets]

    # From the columns to the cells

    def _judged(self, table: Expression) -> Expression:
        """The table with the results of every domain and the bits of the rules."""
        heard: dict[str, list[str]] = {}
        kept = list(table.columns)
        for cells in self.lattice.tables:
            said = self.cells[cells.name]
            fresh = {column: f"_{cells.name.replace('.', '_')}{column}" for column in said.columns}
            place = self._place(table, cells, heard)
            table = table.mutate(_place=place).left_join(
                said.rename({f: c for c, f in fresh.items()}), [("_place", fresh[_CELL])]
            )
            table = table.drop("_place", fresh[_CELL])
            for column, name in fresh.items():
                heard.setdefault(column, []).append(name)
        # Null in one table is null in all: the greatest of some risks would pass for the risk of the case.
        known = reduce(and_, (table[name].notnull() for column in self.results for name in heard[column]))
        joined = {column: known.ifelse(self._joined(table, heard[column]), ibis.null()) for column in self.results}
        return table.select(*kept, **joined)

    @staticmethod
    def _joined(table: Expression, names: list[str]) -> Expression:
        return reduce(lambda one, other: one | other, (table[name] for name in names))

    def _place(self, table: Expression, cells: Table, heard: dict[str, list[str]]) -> Expression:
        place = ibis.literal(0, "int32")
        for digit, stride in zip(cells.digits, cells.strides, strict=True):
            value = self._digit(table, digit)
            if value is not None:
                place = place + value.cast("int32") * (stride << cells.bits)
        if cells.bits:
            place = place + self._joined(table, heard[f"{_LANE}{cells.lane}"])
        return place

    def _digit(self, table: Expression, digit: Digit) -> Expression | None:
        """The digit of each row, None if it is 0 everywhere; null for a word that is not known."""
        kind, name = digit.key[0], str(digit.key[-1])
        if kind == "value":
            return self._value(table, name)
        if kind == "ends":
            return self._ends(table, name)
        if kind == "age":
            if f"{name}_day" not in self.names:
                return None
            age = (table.day - table[f"{name}_day"]).fill_null(0)
            return _sum((age >= mark).cast("int32") for mark in digit.marks)
        if kind == "day":
            return _sum((table.day >= mark).cast("int32") for mark in digit.marks)
        if kind == "sex":
            return _number(table.sex, SEXES) - 1
        if kind == "referral":
            column = f"{name}_referral"
            return _number(table[column], REFERRED, empty=0) if column in self.names else None
        column = {"evidence": f"{name}_evidence", "breached": f"{name}_breached"}.get(str(kind), str(kind))
        return table[column].fill_null(False).cast("int32") if column in self.names else None

    def _value(self, table: Expression, name: str) -> Expression | None:
        if name not in self.names:
            return None
        codes = self.edition.fact(name).codes
        value = _number(table[name], codes, empty=0, silent=tuple(sorted(ANSWERS_WITHOUT_VALUE)))
        if f"{name}_until" not in self.names:
            return value
        return value * (table[f"{name}_until"] > table.day).fill_null(True).cast("int32")

    def _ends(self, table: Expression, name: str) -> Expression | None:
        until = f"{name}_until"
        if name not in self.names or until not in self.names:
            return None
        return _sum(
            (table[until] <= table.day + offset).fill_null(False).cast("int32") for offset in self.plan.offsets[1:]
        )

    # From the results to the columns of the contract

    def _columns(self, table: Expression) -> list[Expression]:
        edition, domains = self.edition, self.edition.domains
        points = {d: table[f"_{d}"] & ((1 << self.plan.points_bits) - 1) for d in domains}
        level = {d: (table[f"_{d}"] >> self.plan.points_bits) & ((1 << self.plan.risk_bits) - 1) for d in domains}
        failed = {d: (table[f"_{d}"] >> (self.plan.points_bits + self.plan.risk_bits)) == 1 for d in domains}
        index = reduce(lambda one, other: one + other, points.values())
        highest = ibis.greatest(*level.values())
        rules = {r.code: (table[_RULES] & (1 << place)) != 0 for place, r in enumerate(edition.rules)}
        found = [table.id, index.name("index"), _word(highest, edition.risk_levels).name("risk")]
        found += [self._success(table, index, level, failed).name("success"), _listed(failed).name("failures")]
        for domain in domains:
            found.append(points[domain].name(f"{domain}_points"))
            found.append(_word(level[domain], edition.risk_levels).name(f"{domain}_risk"))
        return [*found, _listed(rules).name("actions")]

    def _success(
        self, table: Expression, index: Expression, level: dict[str, Expression], failed: dict[str, Expression]
    ) -> Expression:
        asked = self.edition.success
        barred = [self.edition.risk_levels.index(risk) for risk in asked.no_risk]
        good = index >= asked.index_from
        for domain in self.edition.domains:
            good &= ~failed[domain]
            for risk in barred:
                good &= level[domain] != risk
        if self.edition.failure_scope == "ever" and "failed_before" in self.names:
            good &= ~table.failed_before.fill_null(False)
        return (table.day >= asked.from_day).ifelse(good, ibis.null("boolean"))


def _sum(parts: Any) -> Expression:
    return reduce(lambda one, other: one + other, parts)


def _number(
    column: Expression, words: tuple[str, ...], *, empty: int | None = None, silent: tuple[str, ...] = ()
) -> Expression:
    """1 + the place of a word; `empty` for null, 0 for the silent words, null for any other."""
    text = column.cast("string")
    found = text.cases(*((word, place) for place, word in enumerate(words, 1)), *((word, 0) for word in silent))
    return found if empty is None else text.isnull().ifelse(empty, found)


def _word(number: Expression, words: tuple[str, ...]) -> Expression:
    return number.cases(*enumerate(words))


def _listed(flags: dict[str, Expression]) -> Expression:
    """The words whose flag is up, in their order; null where a flag is null."""
    words = [flag.ifelse(word, ibis.null("string")) for word, flag in flags.items()]
    known = next(iter(flags.values())).notnull()
    return known.ifelse(ibis.array(words).filter(lambda word: word.notnull()), ibis.null("array<string>"))
