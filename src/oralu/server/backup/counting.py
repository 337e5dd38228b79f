"""A moment of the database that can be named, counted and recognised: the proof that what is restored is the same."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors, sql

LOCK_MS = 500
"""Half of PostgreSQL's deadlock_timeout: whoever waits for us is let go before anybody looks for a deadlock, so that a
backup never makes the work of a person fail."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Moment:
    """A moment held open by a snapshot. `exact`: no transaction was writing, so the log's point and the snapshot are
    the same state; else writers were at work for a minute on end, and the counts may differ by what they wrote."""

    at: datetime
    point: str
    lsn: str
    snapshot: str
    exact: bool


@contextmanager
def frozen(url: str, point: str | None) -> Iterator[tuple[psycopg.Connection, Moment]]:
    """Hold one moment: a connection whose snapshot it is, and, if `point` is given, a restore point of that name in the
    log, for which writers wait for at most half a second. A snapshot alone stops nobody.

    `url` is an administrator's, whom row security does not hide rows from."""
    with psycopg.connect(url, autocommit=True) as locker, psycopg.connect(url, autocommit=True) as reader:
        _speak_plainly(reader)
        reader.execute("begin isolation level repeatable read, read only")
        exact = point is None or _stop_writers(locker)
        row = reader.execute("select clock_timestamp(), pg_export_snapshot()").fetchone()
        assert row is not None
        where = "pg_create_restore_point(%s)" if point else "pg_current_wal_insert_lsn()"
        lsn = locker.execute(f"select {where}::text", [point] if point else None).fetchone()
        assert lsn is not None
        locker.execute("rollback")
        yield reader, Moment(row[0], point or "", str(lsn[0]), str(row[1]), exact)
        reader.execute("rollback")


def _stop_writers(locker: psycopg.Connection) -> bool:
    """Lock every table against writing; False when somebody writes without pause, and then nothing is locked."""
    every = sql.SQL(", ").join(sql.Identifier("public", name) for name in tables(locker))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        locker.execute("begin")
        locker.execute(sql.SQL("set local statement_timeout = {}").format(sql.Literal(LOCK_MS)))
        try:
            locker.execute(sql.SQL("lock table {} in share mode").format(every))
        except (errors.QueryCanceled, errors.DeadlockDetected):
            locker.execute("rollback")
            time.sleep(random.uniform(0.2, 1.5))
        else:
            return True
    locker.execute("begin")
    return False


def tables(connection: psycopg.Connection) -> list[str]:
    """Every table of the register, in the order of their names."""
    rows = connection.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
    return [str(row[0]) for row in rows]


def fingerprints(connection: psycopg.Connection) -> dict[str, dict[str, int | str]]:
    """For each table: its rows, and a sum over the hashes of the rows, which does not depend on their order."""
    found: dict[str, dict[str, int | str]] = {}
    for name in tables(connection):
        statement = sql.SQL(
            "select count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0)::text from {} t"
        )
        row = connection.execute(statement.format(sql.Identifier("public", name))).fetchone()
        assert row is not None
        found[name] = {"rows": int(row[0]), "digest": str(row[1])}
    return found


def fingerprints_now(url: str) -> dict[str, dict[str, int | str]]:
    """The fingerprints of a database in which nobody is at work."""
    with psycopg.connect(url, autocommit=True) as connection:
        _speak_plainly(connection)
        connection.execute("begin isolation level repeatable read, read only")
        return fingerprints(connection)


def _speak_plainly(connection: psycopg.Connection) -> None:
    """Rows are hashed as text, so that the text must not depend on the settings of a server or a session."""
    for name, value in (("timezone", "UTC"), ("datestyle", "ISO, YMD"), ("intervalstyle", "postgres"),
                        ("extra_float_digits", "1"), ("bytea_output", "hex"), ("row_security", "off")):  # fmt: skip
        connection.execute(sql.SQL("set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
