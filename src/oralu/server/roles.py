"""The roles of every Oralu database, and the mark that tells a demo from a register of real people.

`oralu_owner` migrates and owns the schema; `oralu_app` serves requests and is subject to every grant and to row
security (spec/security.md, rules 9 and 10); `oralu_worker` has the same grants, meets no wall of rows and serves no
request. A fourth, the server's administrator, exists in the private server only.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg
from psycopg import sql

OWNER, APP, WORKER, DATABASE = "oralu_owner", "oralu_app", "oralu_worker", "oralu"
ALL = (OWNER, APP, WORKER)

_PLAIN: LiteralString = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION"


def ensure_roles(admin: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Make the roles exist, plain, with these passwords. `admin` is an autocommit connection of the administrator.

    The worker belongs to the application's role: what the migrations grant to that role or take from it holds for
    both."""
    for role in ALL:
        known = admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        statement = sql.SQL("{} ROLE {} {} PASSWORD {}")
        admin.execute(statement.format(verb, sql.Identifier(role), sql.SQL(_PLAIN), sql.Literal(passwords[role])))
    admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(WORKER)))


def create_database(admin: psycopg.Connection, name: str) -> bool:
    """Create the database, owned by the owner role, unless it exists; True when it was created."""
    if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return False
    database = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, sql.Identifier(OWNER)))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))
    return True


def grant(admin: psycopg.Connection) -> None:
    """Give the application role what it needs in the connected database; migrations take away what it must not do."""
    owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
    admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
    admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
    for what in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
        statement = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} TO {}")
        admin.execute(statement.format(owner, sql.SQL(what), app))


def drop_database(admin: psycopg.Connection, name: str) -> None:
    """Remove a database with everything in it, sessions included."""
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def demo_mark(database: psycopg.Connection) -> str:
    """'' (never decided), 'loading', 'yes' or 'no', as kept in the connected database's own settings."""
    row = database.execute("select current_setting('oralu.demo', true)").fetchone()
    return str(row[0] or "") if row else ""


def set_demo_mark(admin: psycopg.Connection, name: str, mark: str) -> None:
    """Remember in the database itself whether it holds the demo; seen by connections made afterwards."""
    admin.execute(sql.SQL("ALTER DATABASE {} SET oralu.demo = {}").format(sql.Identifier(name), sql.Literal(mark)))


def has_cases(admin: psycopg.Connection) -> bool:
    """Whether the connected database holds any case; `admin` because row security hides cases from other roles."""
    known = admin.execute("select to_regclass('public.cases_case')").fetchone()
    if known is None or known[0] is None:
        return False
    row = admin.execute("select exists(select 1 from public.cases_case)").fetchone()
    return bool(row and row[0])
