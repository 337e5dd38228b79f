"""What each person of the small world reaches in each table, asked of PostgreSQL itself: as the role of the
application, with the settings that a request makes, and without any code of the application in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from oralu.apps.access.rowsecurity import COMMANDS
from oralu.apps.access.walls import APP

if TYPE_CHECKING:
    from oralu.apps.access.models import User

Reach = dict[tuple[str, str], frozenset[int]]
"""By table and command: the keys of the rows that the command may touch."""


@contextmanager
def speaking_as(admin: psycopg.Connection, user: User, held: Mapping[str, str] = {}) -> Iterator[None]:
    """Inside a transaction of the administrator: from here on this is a request of `user`."""
    agency = user.agency if user.agency_id else None
    settings = {
        "user": user.pk,
        "role": user.role,
        "agency": user.agency_id or "",
        "kind": agency.kind if agency else "",
        "region": agency.region_id if agency else "",
        **held,
    }
    with admin.transaction(force_rollback=True):
        for name, value in settings.items():
            admin.execute("select set_config(%s, %s, true)", [f"oralu.{name}", str(value)])
        admin.execute(sql.SQL("set local role {}").format(sql.Identifier(APP)))
        yield


def key_of(admin: psycopg.Connection, table: str) -> str:
    row = admin.execute(
        "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = %s::regclass and i.indisprimary",
        [table],
    ).fetchone()
    assert row is not None
    return str(row[0])


def every_key(admin: psycopg.Connection, table: str) -> frozenset[int]:
    """All rows, as the administrator sees them."""
    query = sql.SQL("select {} from {}").format(sql.Identifier(key_of(admin, table)), sql.Identifier(table))
    return frozenset(row[0] for row in admin.execute(query))


def reach(admin: psycopg.Connection, table: str, user: User, held: Mapping[str, str] = {}) -> Reach:
    """What a user reaches in one table by each command. A row counts as inserted if row security lets a copy of it
    through, whatever a constraint says afterwards."""
    key, rows = key_of(admin, table), _rows(admin, table)
    name, column = sql.Identifier(table), sql.Identifier(key)
    statements = {
        "select": sql.SQL("select {1} from {0}").format(name, column),
        "update": sql.SQL("update {0} set {1} = {1} returning {1}").format(name, column),
        "delete": sql.SQL("delete from {0} returning {1}").format(name, column),
    }
    found: Reach = {}
    with speaking_as(admin, user, held):
        for command in COMMANDS:
            if command == "insert":
                found[table, command] = frozenset(k for k, row in rows.items() if _inserts(admin, table, row))
                continue
            found[table, command] = _keys(admin, statements[command])
    return found


def reads(admin: psycopg.Connection, table: str, user: User) -> frozenset[int]:
    """What a user reads in one table, with empty hands."""
    query = sql.SQL("select {} from {}").format(sql.Identifier(key_of(admin, table)), sql.Identifier(table))
    with speaking_as(admin, user):
        return _keys(admin, query)


def _keys(admin: psycopg.Connection, statement: sql.Composed) -> frozenset[int]:
    try:
        with admin.transaction(force_rollback=True):
            return frozenset(row[0] for row in admin.execute(statement))
    except psycopg.errors.InsufficientPrivilege:
        return frozenset()


def _rows(admin: psycopg.Connection, table: str) -> dict[int, dict[str, Any]]:
    query = sql.SQL("select {}, to_jsonb(t) from {} t").format(
        sql.Identifier(key_of(admin, table)), sql.Identifier(table)
    )
    return dict(admin.execute(query).fetchall())


def _inserts(admin: psycopg.Connection, table: str, row: dict[str, Any]) -> bool:
    statement = sql.SQL(
        "insert into {0} overriding system value select * from jsonb_populate_record(null::{0}, %s::jsonb)"
    ).format(sql.Identifier(table))
    try:
        with admin.transaction(force_rollback=True):
            admin.execute(statement, [psycopg.types.json.Jsonb(row)])
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.errors.IntegrityError:
        return True
    return True
