"""The archive of the database's log: each finished segment, compressed, for moments between backups.

Nothing is archived before the first backup, since a log without the backup that it follows restores nothing; and the
archive is bounded, in days and in bytes, so that it cannot fill the disk on which people work."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from oralu.config.environment import number

SEGMENT = re.compile(r"[0-9A-F]{24}")
"""A segment of the log: eight hexadecimal digits each for the timeline and the two halves of the position."""
MARK = "archiving"
"""The file in the archive that turns archiving on: written by the first backup."""
PATIENCE = 120.0


@dataclass(frozen=True)
class Bounds:
    """How much of the log is kept. `days` and `bytes` both hold: whichever is reached first."""

    days: int
    bytes: int


def bounds() -> Bounds:
    """ORALU_ARCHIVE_DAYS (14) and ORALU_ARCHIVE_GB (20)."""
    return Bounds(
        number("ORALU_ARCHIVE_DAYS", default=14, least=1), number("ORALU_ARCHIVE_GB", default=20, least=1) * 1024**3
    )


def archive_folder(home: Path) -> Path:
    """Where the log of the database in `home` goes: ORALU_ARCHIVE, which may stand on another disk, else beside it."""
    chosen = os.environ.get("ORALU_ARCHIVE")
    return Path(chosen).absolute() if chosen else home.with_name(f"{home.name}-archive")


def prepare(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make the folder, for the account that runs PostgreSQL only: the log holds every row that was written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.pw_uid:
        os.chown(folder, account.pw_uid, account.pw_gid)


def settings(folder: Path) -> dict[str, str]:
    """What the server is started with. A segment that is half written is closed after ORALU_ARCHIVE_SECONDS (300), so
    that no more than that is lost with the disk of the database."""
    return {
        "archive_mode": "on",
        "archive_timeout": str(number("ORALU_ARCHIVE_SECONDS", default=300, least=10)),
        "archive_command": _command(folder),
    }


def _command(folder: Path) -> str:
    """A segment that is there already is taken for done only if it is the same; none is ever overwritten."""
    place = shlex.quote(str(folder)).replace("%", "%%")
    kept, draft = f"{place}/%f.gz", f"{place}/%f.gz.part"
    return (
        f"test -e {place}/{MARK} || exit 0; gzip -1nc %p > {draft} && "
        f"if test -e {kept}; then cmp -s {draft} {kept}; else sync {draft} && mv {draft} {kept}; fi"
    )


def turn_on(folder: Path) -> None:
    """From now on segments are kept."""
    (folder / MARK).touch(mode=0o600)


def wait_for(folder: Path, segment: str, admin: psycopg.Connection, seconds: float = PATIENCE) -> None:
    """Wait until a segment has been archived; raises TimeoutError with the server's own account of why it has not."""
    end = time.monotonic() + seconds
    while not (folder / f"{segment}.gz").exists():
        if time.monotonic() > end:
            row = admin.execute("select failed_count, last_failed_wal from pg_stat_archiver").fetchone()
            raise TimeoutError(f"segment {segment} of the log was not archived in {folder} (failures: {row})")
        time.sleep(0.05)


def archived(folder: Path, first: str, last: str | None = None) -> Iterator[Path]:
    """The archived files from segment `first` to `last`, and every history of timelines, in their order.

    A segment is compared by its position: a later timeline takes the place of an earlier one from where it branched.
    """
    for path in sorted(folder.glob("*.gz")):
        name = path.name.removesuffix(".gz")
        if name.endswith(".history") or (
            SEGMENT.fullmatch(name) and name[8:] >= first[8:] and (last is None or name[8:] <= last[8:])
        ):
            yield path


def prune(folder: Path, limit: Bounds, now: float) -> int:
    """Remove the oldest segments beyond the bounds; returns how many. What is left is without gaps."""
    entries = []
    for path in folder.glob("*.gz"):
        if SEGMENT.fullmatch(path.name[:24]):
            status = path.stat()
            entries.append((status.st_mtime, path.name, status.st_size, path))
    total, removed = sum(entry[2] for entry in entries), 0
    for written, _, size, path in sorted(entries):
        if written >= now - limit.days * 86400 and total <= limit.bytes:
            break
        path.unlink(missing_ok=True)
        total -= size
        removed += 1
    return removed


def copy_all(paths: Iterator[Path], target: Path) -> int:
    """Copy files into a folder; returns how many."""
    count = 0
    for path in paths:
        shutil.copyfile(path, target / path.name)
        count += 1
    return count
