"""Multiplies the world that a database holds. Rows are made inside the database (INSERT … SELECT, nothing is sent) with
the secondary indexes down, so that ten million clocks with all that belongs to them take minutes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import psycopg
from django.db.models import Model
from psycopg import sql

from oralu.apps.people.naming import fold
from oralu.load.columns import IIN, OF_A_TOWN, columns_of, models_copied

Progress = Callable[[str], None]
ROWS_AT_ONCE = 500_000
ADOPT = """
insert into routing_adoption (edition, digest, from_date, adopted_at, adopted_by_id, region_id)
select a.edition, a.digest, a.from_date, a.adopted_at, a.adopted_by_id, r.code
from (select * from routing_adoption order by from_date desc limit 1) a, unnest(%s::text[]) r(code)
where not exists (select 1 from routing_adoption b where b.region_id = r.code)"""
"""The edition in force in the world is in force wherever a copy of it stands."""
COPIES = """
from generate_series(%(first)s::bigint, %(last)s) g
cross join lateral (select (g - 1) / %(region_count)s as place, cardinality(%(towns)s::int[]) as many) p
cross join lateral (select case when many = 0 then g else
    (place - mod(place, many) + (%(towns)s::int[])[1 + mod(place, many)]) * %(region_count)s
    + mod(g - 1, %(region_count)s) + 1 end as home) h"""
"""The numbers of the copies, with that of the copy whose agencies each shares; both stand in one region."""


def towns(sizes: Sequence[int]) -> list[int]:
    """For each copy of a region, counted from 0, which of them is the first of its town; anew after the last.

    Args:
        sizes: copies in each town of a region, `[64, 1]` for a large town and a small one."""
    return [start for start, size in zip(accumulate([0, *sizes]), sizes, strict=False) for _ in range(size)]


class Multiplier:
    """Remembers the world as it stands when this is made, and adds copies of it: cases with people, facts, needs,
    clocks and referrals, and the agencies and staff around them, spread over regions.

    Args:
        connection: in autocommit, of the database's owner; of a superuser to be quick (pointers are then not checked).
        regions: codes of the regions; copy n goes to the region at n modulo their number.
        single: kinds of agencies of which a region has one, however many copies go to it: the leaderships.
        history: whether journal, messages and records of evaluations are copied too.
        sizes: copies in each town of a region: those of a town share its agencies and bring their cases, staff and
            places, so that agencies are as unlike in size as they are in life. Each copy is a town without it.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        *,
        regions: Sequence[str],
        single: Sequence[str] = (),
        history: bool = False,
        sizes: Sequence[int] = (),
    ) -> None:
        self.connection, self.regions, self.single = connection, list(regions), list(single)
        self.towns = towns(sizes)
        self.strides = {model: self._highest(model) for model in models_copied(history=history)}
        self._names = self._surnames()
        connection.execute(IIN)

    def add(self, copies: int, progress: Progress = lambda text: None) -> None:
        """Add so many copies of the world. Ends with fresh statistics and sequences past the new rows."""
        # Rows that were written since the last copies may not be run over.
        spans = {model: stride for model in self.strides if (stride := self._stride(model))}
        first = 1 + max((self._highest(model) - 1) // span for model, span in spans.items())
        last = first + copies - 1
        with self._unchecked(), self._without_indexes():
            for model in self.strides:
                progress(model._meta.db_table)
                self._copy(model, first, last)
        self.connection.execute(ADOPT, [self.regions])
        for model in self.strides:
            table = sql.Identifier(model._meta.db_table)
            self.connection.execute(sql.SQL("analyze {}").format(table))
            if model._meta.pk.column == "id":
                self.connection.execute(
                    "select setval(pg_get_serial_sequence(%s, 'id'), %s)",
                    [model._meta.db_table, max(1, self.strides[model] * (last + 1), self._highest(model))],
                )

    def _copy(self, model: type[Model], first: int, last: int) -> None:
        rows, key = self._rows(model), model._meta.pk.column
        if not rows:
            return
        into, values = columns_of(model, self.strides)
        table, step = model._meta.db_table, max(1, ROWS_AT_ONCE // rows)
        # The text is made of names of columns and of constants of this package alone.
        statement = (
            f'insert into "{table}" ({", ".join(into)}) overriding system value select {", ".join(values)} '
            f'{COPIES} cross join "{table}" t '
            f'where t."{key}" <= %(stride)s and (home = g or not %(once)s) order by g, t."{key}"'
        )
        for start in range(first, last + 1, step):
            parameters = {"first": start, "last": min(last, start + step - 1), "stride": self._stride(model)}
            parameters |= {"towns": self.towns, "once": model._meta.label_lower in OF_A_TOWN}
            self.connection.execute(statement, parameters | self._names)  # type: ignore[arg-type]

    def _stride(self, model: type[Model]) -> int:
        """The highest key of the original rows."""
        field = model._meta.pk
        return self.strides[field.related_model if field.remote_field else model]

    def _rows(self, model: type[Model]) -> int:
        key, table = sql.Identifier(model._meta.pk.column), sql.Identifier(model._meta.db_table)
        return self._one(sql.SQL("select count(*) from {} where {} <= %s").format(table, key), [self._stride(model)])

    def _highest(self, model: type[Model]) -> int:
        key, table = sql.Identifier(model._meta.pk.column), sql.Identifier(model._meta.db_table)
        return self._one(sql.SQL("select coalesce(max({}), 0) from {}").format(key, table), [])

    def _one(self, query: sql.Composed, parameters: Sequence[Any]) -> int:
        row = self.connection.execute(query, parameters).fetchone()
        assert row is not None
        return int(row[0])

    def _surnames(self) -> dict[str, Any]:
        names: dict[str, list[str]] = {"female": ["Серикова"], "male": ["Сериков"]}
        for surname, sex in self.connection.execute("select distinct surname, sex from people_person order by 1"):
            names[sex].append(surname)
        return {
            "names": json.dumps(names),
            "folded": json.dumps({sex: [fold(name) for name in group] for sex, group in names.items()}),
            "name_counts": json.dumps({sex: len(group) for sex, group in names.items()}),
            "regions": self.regions,
            "region_count": len(self.regions),
            "single": self.single,
        }

    @contextmanager
    def _unchecked(self) -> Iterator[None]:
        row = self.connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
        is_super = bool(row and row[0])
        if is_super:
            self.connection.execute("set session_replication_role = replica")
        try:
            yield
        finally:
            if is_super:
                self.connection.execute("reset session_replication_role")

    @contextmanager
    def _without_indexes(self) -> Iterator[None]:
        """Secondary indexes are dropped and made again from the whole table; keys and constraints stay."""
        found = self.connection.execute(
            "select i.indexname, i.indexdef from pg_indexes i where i.schemaname = 'public' and i.tablename = any(%s)"
            " and not exists (select 1 from pg_constraint c where c.conname = i.indexname)",
            [[model._meta.db_table for model in self.strides]],
        ).fetchall()
        for name, _ in found:
            self.connection.execute(sql.SQL("drop index {}").format(sql.Identifier("public", name)))
        try:
            yield
        finally:
            self.connection.execute("set maintenance_work_mem = '512MB'")
            for _, definition in found:
                self.connection.execute(definition)
            self.connection.execute("reset maintenance_work_mem")
