"""A database that somebody else looks after: dumped and restored by PostgreSQL's own programs.

A moment between two dumps is that server's matter (its own archive of the log); here there are only whole dumps."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from oralu.server import binaries
from oralu.server.errors import CannotStartError


def dump(url: str, snapshot: str, target: Path) -> None:
    """Write the database, as one snapshot sees it, into a file of pg_dump's custom format.

    The role must see every row: an administrator, or one with BYPASSRLS. pg_dump refuses, rather than leave rows out.
    """
    command = [_program("pg_dump"), "-Fc", f"--snapshot={snapshot}", "-f", str(target)]
    _run(command, url, "The database could not be dumped")


def load(url: str, source: Path) -> None:
    """Restore a dump into an empty database, in one transaction: all of it or nothing."""
    command = [_program("pg_restore"), "--exit-on-error", "--single-transaction", str(source)]
    _run(command, url, "The dump could not be restored")


def _program(name: str) -> str:
    """The newest there is: pg_dump reads servers of its own version and older ones."""
    folders = [binaries.find().folder, *binaries.system_folders()]
    found = [folder / name for folder in folders if (folder / name).is_file()]
    if not found:
        raise CannotStartError(f"{name} was not found: install PostgreSQL's client programs.")
    return str(found[0])


def _run(command: list[str], url: str, what: str) -> None:
    """The password goes by the environment: a command line can be read by everybody on the machine."""
    known = conninfo_to_dict(url)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": str(known.pop("password", None) or "")}
    command = [
        *command,
        "--no-password",
        "--dbname",
        make_conninfo("", **{name: str(value) for name, value in known.items()}),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if "error:" in line] or ["no reason was given"]
    hint = ""
    if "row-level security" in done.stderr:
        hint = " Give ORALU_ADMIN_DATABASE_URL, the address of a role that sees every row."
    raise CannotStartError(f"{what}: {lines[0].partition('error: ')[2] or lines[0]}.{hint}")
