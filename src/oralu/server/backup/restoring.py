"""Restoring: an empty folder becomes the register again, as it was at the backup, or at any later moment of the log.

Nothing is written before the backup has been found whole, and a restore that fails leaves the folder empty."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from oralu.config.environment import CONNECTION_FILE, private_connection
from oralu.server import roles
from oralu.server.backup import archive, manifest, packing
from oralu.server.backup.counting import fingerprints_now, tables
from oralu.server.backup.dumping import load
from oralu.server.backup.manifest import Manifest
from oralu.server.backup.recovery import Goal, recover
from oralu.server.datafolder import claim
from oralu.server.errors import CannotStartError
from oralu.server.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADS = "journal-heads.jsonl"
"""What was said of the journal outside the database is not turned back with it: a restore must remain visible."""
SESSIONS = ("access_session", "django_session")
"""Emptied after a restore: a session that was ended since the backup must not come back to life."""


@dataclass(frozen=True)
class Wish:
    """What the operator asked for.

    Args:
        backup: a folder or a file made by `oralu backup`.
        data: the folder that becomes the data folder; empty or not there yet.
        to: a moment after the backup; None with `latest` unset: the moment of the backup itself.
        latest: everything that the log reaches.
        old: the data folder that was lost, if anything of it is left: its log and its newer files are used.
        log: the archive of the log, if it stood elsewhere.
    """

    backup: Path
    data: Path
    to: datetime | None = None
    latest: bool = False
    old: Path | None = None
    log: Path | None = None
    identity: Path | None = None


@dataclass
class Restored:
    """What was done. `differing` names tables that are not as the manifest says; `missing` are files that a row names
    and that are nowhere."""

    manifest: Manifest
    fingerprint: str
    reached: datetime | None
    tables: dict[str, dict[str, int | str]]
    differing: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    sessions: int = 0
    bytes: int = 0
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return sum(int(table["rows"]) for table in self.tables.values())


def restore(wish: Wish, environment: dict[str, str], say: Callable[[str], None]) -> Restored:
    """Restore into an empty folder (and, for a dump under DATABASE_URL, into an empty database).

    Raises:
        CannotStartError: with one sentence; the target is as it was before.
    """
    began = time.monotonic()
    _refuse_unless_empty(wish.data)
    with _unpacked(wish) as folder:
        found = manifest.read(folder)
        _check_moment(wish, found)
        say(f"Checking {len(found.files)} files of the backup of {found.taken_at}…")
        size = manifest.verify(folder, found)
        fingerprint = manifest.sha256_of(folder / manifest.NAME)
        existed = wish.data.exists()
        try:
            done = _restore(wish, folder, found, environment, say)
        except BaseException:
            _empty(wish.data, keep=existed)
            raise
    done.fingerprint, done.bytes, done.seconds = fingerprint, size, time.monotonic() - began
    return done


def _restore(
    wish: Wish, folder: Path, found: Manifest, environment: dict[str, str], say: Callable[[str], None]
) -> Restored:
    wish.data.mkdir(parents=True, exist_ok=True)
    copy_files(folder / "data", wish.data)
    if wish.old is not None and (wish.to or wish.latest):
        copy_files(wish.old / "evidence", wish.data / "evidence")
    if wish.old is not None and (wish.old / HEADS).is_file():
        shutil.copy2(wish.old / HEADS, wish.data / HEADS)
    if found.kind == "physical":
        goal = Goal(point=None if wish.to or wish.latest else found.log["point"], to=wish.to)
        say("Replaying the log of the database…")
        recovering = recover(folder, wish.data, found, goal, _logs(wish, found))
        with recovering, recovering.connect_admin() as admin:
            return _finish(wish, found, recovering.admin_url, admin, wish.data)
    url = environment.get("ORALU_ADMIN_DATABASE_URL") or environment.get("ORALU_OWNER_DATABASE_URL")
    if "DATABASE_URL" in environment:
        if url is None:
            raise CannotStartError("Give ORALU_ADMIN_DATABASE_URL: only an administrator may restore into a database.")
        with psycopg.connect(url, autocommit=True) as admin:
            if tables(admin):
                raise CannotStartError("The database is not empty: nothing was restored. Make an empty one first.")
            load(url, folder / "database.dump")
            return _finish(wish, found, url, admin, wish.data)
    (wish.data / CONNECTION_FILE).unlink(missing_ok=True)
    with Server(wish.data) as server, server.connect_admin() as admin:
        load(server.admin_url, folder / "database.dump")
        roles.set_demo_mark(admin, server.database, found.demo or "no")
        return _finish(wish, found, server.admin_url, admin, wish.data)


def _finish(wish: Wish, found: Manifest, url: str, admin: psycopg.Connection, data: Path) -> Restored:
    """Compare with the manifest, look for missing files, and end every session of the time before."""
    now = fingerprints_now(url)
    exact = wish.to is None and not wish.latest
    differing = [name for name in sorted(now.keys() | found.tables.keys()) if now.get(name) != found.tables.get(name)]
    row = admin.execute("select max(at) from journal_entry").fetchone()
    files = admin.execute("select file from cases_evidence where file <> ''").fetchall()
    there = {path.name for path in (data / "evidence").rglob("*") if path.is_file()}
    sessions = [sql.Identifier(name) for name in SESSIONS if name in now]
    ended = sum(admin.execute(sql.SQL("delete from {}").format(name)).rowcount for name in sessions)
    return Restored(
        manifest=found,
        fingerprint="",
        reached=row[0] if row else None,
        tables=now,
        differing=differing if exact else [],
        missing=sorted(str(row[0]) for row in files if row[0] not in there),
        sessions=ended,
    )


def _logs(wish: Wish, found: Manifest) -> list[Path]:
    """Where else there may be log after the backup: the archive, and what the lost server had not archived yet."""
    if not (wish.to or wish.latest):
        return []
    folders = [wish.log or Path(found.log["archive"])]
    if wish.old is not None:
        folders += [archive.archive_folder((wish.old / "postgres").resolve()), wish.old / "postgres" / "pg_wal"]
    return [folder for folder in folders if folder.is_dir()]


def _check_moment(wish: Wish, found: Manifest) -> None:
    if (wish.to or wish.latest) and found.kind != "physical":
        raise CannotStartError(
            "This backup is a dump, which is restored as it is: for another moment, use the archive of that server."
        )
    if wish.to is not None and wish.to < found.moment:
        raise CannotStartError(
            f"The backup is of {found.taken_at}, later than {wish.to.isoformat()}: take one from before that moment."
        )
    if wish.old is not None and private_connection(wish.old).get("admin_password") != _password_of(wish, found):
        raise CannotStartError(f"{wish.old} is not the folder that this backup was taken of.")


def _password_of(wish: Wish, found: Manifest) -> str | None:
    folder = wish.backup if wish.backup.is_dir() else None
    if folder is None:
        return private_connection(wish.old).get("admin_password") if wish.old else None
    return private_connection(folder / "data").get("admin_password")


def _refuse_unless_empty(data: Path) -> None:
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise CannotStartError(f"{data} is not empty: a restore writes into a new folder only. Give another by --data.")


@contextmanager
def _unpacked(wish: Wish) -> Iterator[Path]:
    """The backup as a folder; what is in one file is unpacked beside the target, and removed afterwards."""
    if wish.backup.is_dir():
        yield wish.backup
        return
    if not wish.backup.is_file():
        raise CannotStartError(f"There is no backup {wish.backup}.")
    identities = packing.identities_of(wish.identity) if wish.identity else []
    wish.data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".oralu-restore-", dir=wish.data.parent) as place:
        packing.unpack(wish.backup, Path(place), identities)
        yield Path(place)


def copy_files(source: Path, target: Path) -> None:
    """Copy a tree; what stands at the target already is left."""
    for path in sorted(source.rglob("*")) if source.is_dir() else []:
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(path, place)


def _empty(data: Path, *, keep: bool) -> None:
    """Undo: the folder is empty again, or gone if it was not there."""
    if not data.exists():
        return
    claim(data).close()
    home = (data / "postgres").resolve()
    shutil.rmtree(home, ignore_errors=True)
    for suffix in ("-archive", "-restore"):
        shutil.rmtree(home.with_name(f"{home.name}{suffix}"), ignore_errors=True)
    for path in data.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not keep:
        data.rmdir()
