"""The addresses and passwords of a private database: one file in the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from oralu.config.environment import CONNECTION_FILE, private_connection
from oralu.server import roles
from oralu.server.errors import CannotStartError

ADMIN = "oralu_admin"
"""The administrator of the private server: makes roles and databases, and never serves a request."""


def new_passwords() -> dict[str, str]:
    """Fresh passwords, by the names that the file uses."""
    return {f"{who}_password": secrets.token_urlsafe(24) for who in ("admin", "owner", "worker", "app")}


def read(folder: Path, home: Path) -> dict[str, str]:
    """What the file says; raises CannotStartError when it was lost, for then nobody can enter the database."""
    known = private_connection(folder)
    if "admin_password" not in known:
        raise CannotStartError(
            f"{folder / CONNECTION_FILE}, with the passwords of the database in {home}, is missing: "
            "put it back from a backup."
        )
    # A folder made before there was a role for the worker.
    known.setdefault("worker_password", secrets.token_urlsafe(24))
    return known


def with_addresses(known: dict[str, str], socket: Path, database: str) -> dict[str, str]:
    """Add the address of `database` for each role: `admin`, `owner`, `worker`, `app`."""

    def url(role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@/{quote(database)}?host={quote(str(socket))}"

    return known | {
        "admin": url(ADMIN, known["admin_password"]),
        "owner": url(roles.OWNER, known["owner_password"]),
        "worker": url(roles.WORKER, known["worker_password"]),
        "app": url(roles.APP, known["app_password"]),
    }


def write(folder: Path, known: dict[str, str]) -> None:
    """Keep the file, whole or not at all."""
    path = folder / CONNECTION_FILE
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("".join(f"{name}={value}\n" for name, value in sorted(known.items())))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
