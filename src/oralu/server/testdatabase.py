"""The tests' database: migrated by the owner, used as the plain roles of the application, emptied behind its back.

Tests that ran as a superuser would pass over missing grants and would never meet row security.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from oralu.config.environment import parse_database_url
from oralu.server.postgres import Server


@contextmanager
def migrated_server(folder: Path) -> Iterator[Server]:
    """A server of its own in `folder`, migrated by the owner. `default` then speaks as the worker, so that a test may
    set its scene; a request steps down to the application's role by itself (`access.walls`)."""
    from django.core.management import call_command
    from django.db import connections

    with Server(folder, durable=False) as server:
        default = connections["default"]
        speak_to(server.owner_url)
        call_command("migrate", verbosity=0, interactive=False)
        with server.connect_admin() as admin:
            _keep_baseline(admin)
        speak_to(server.worker_url)
        # On the class: a browser's event loop gives the same thread a second connection, with operations of its own.
        type(default.ops).execute_sql_flush = lambda _ops, _statements: restore_baseline(server)
        try:
            yield server
        finally:
            connections.close_all()


def speak_to(url: str) -> None:
    """From now on Django's `default` is this database, and so is `journal`, its second connection."""
    from django.db import connections

    values = {name: value for name, value in parse_database_url(url).items() if name != "OPTIONS"}
    for alias in ("default", "journal"):
        connections[alias].close()
        # In place: connections of other threads (the live server's) are made from this very dictionary.
        connections[alias].settings_dict.update(values)


def _tables(admin: psycopg.Connection) -> list[str]:
    rows = admin.execute(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> 'django_migrations'"
    )
    return sorted(row[0] for row in rows)


def _keep_baseline(admin: psycopg.Connection) -> None:
    """Copy what the migrations themselves inserted (content types, roles, …) where no test reaches it."""
    admin.execute("create schema baseline")
    for table in _tables(admin):
        admin.execute(
            sql.SQL("create table baseline.{0} as table public.{0}").format(sql.Identifier(table)),
        )


def restore_baseline(server: Server) -> None:
    """Put every table back to what it held after the migrations.

    Stands in for Django's flush after a test with real transactions: TRUNCATE is not the application role's to do, and
    rows from migrations must survive. Deletion with triggers off is quicker than TRUNCATE on a hundred small tables.
    """
    with server.connect_admin() as admin, admin.transaction():
        admin.execute("set local session_replication_role = replica")
        for table in _tables(admin):
            admin.execute(sql.SQL("delete from public.{}").format(sql.Identifier(table)))
            generated = admin.execute(
                "select 1 from information_schema.columns where table_schema = 'public' and table_name = %s"
                " and (identity_generation is not null or is_generated = 'ALWAYS') limit 1",
                [table],
            ).fetchone()
            admin.execute(
                sql.SQL("insert into public.{0} {1} table baseline.{0}").format(
                    sql.Identifier(table), sql.SQL("overriding system value" if generated else "")
                )
            )
