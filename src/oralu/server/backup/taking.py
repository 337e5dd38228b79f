"""Taking a backup: the database at a named moment, then the files that its rows name, then the manifest."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from oralu.config.environment import private_connection
from oralu.policyfiles import POLICY_DIR
from oralu.server import binaries, roles
from oralu.server.backup import archive, manifest, packing
from oralu.server.backup.counting import Moment, fingerprints, frozen, tables
from oralu.server.backup.manifest import Manifest
from oralu.server.datafolder import database_home
from oralu.server.errors import AlreadyRunningError, CannotStartError, disk_full
from oralu.server.postgres import Server
from oralu.server.processes import ordinary_account

DERIVED = ("postgres", "static", "oralu.lock", "limits.sqlite3", "backups.jsonl", "backup.draft")
"""What stands in a data folder and is not copied: the database itself, and what is made anew by itself."""
TAKEN = "backups.jsonl"
"""In the data folder: one line for each backup that was taken, for the doctor."""


@dataclass(frozen=True)
class Taken:
    """A finished backup. `fingerprint` is the hash of its manifest: kept elsewhere, it proves that none was put in its
    place."""

    path: Path
    manifest: Manifest
    fingerprint: str
    bytes: int
    seconds: float


def take(data: Path, target: Path, recipients: list[str], environment: dict[str, str]) -> Taken:
    """Back up the register of a data folder, running or not, or of DATABASE_URL together with the data folder.

    Args:
        target: a folder, in which a folder or an encrypted file with the time in its name is made; or a file that ends
            in `.tar` or `.tar.age`.
        recipients: public keys of age; with any, the backup is one encrypted file, and nothing else leaves the data
            folder.

    Raises:
        CannotStartError: with one sentence; nothing is left at the target.
    """
    began = time.monotonic()
    keys = packing.recipients_of(recipients)
    as_file = bool(keys) or target.suffix in {".tar", ".age"}
    stamp = datetime.now(UTC).strftime("oralu-%Y-%m-%dT%H%M%SZ")
    final = target if target.suffix in {".tar", ".age"} else target / (stamp + (".tar.age" if keys else ""))
    packing.check_name(final, encrypted=bool(keys))
    if final.is_relative_to(data):
        raise CannotStartError(f"{final} is in the data folder, with which it would be lost: give another place.")
    if final.exists():
        raise CannotStartError(f"{final} exists: nothing is written over a backup. Give another name.")
    draft = data / "backup.draft" if as_file else final.with_name(f".{final.name}.part")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        done = _fill(data, draft, environment)
        fingerprint = manifest.write(draft, done)
        if as_file:
            packing.pack(draft, final, keys)
        else:
            os.sync()
            draft.rename(final)
    except OSError as error:
        if error.errno == 28:
            raise disk_full(draft) from error
        raise CannotStartError(f"The backup could not be written: {error}.") from error
    except psycopg.Error as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = " Give ORALU_ADMIN_DATABASE_URL, the address of a role that sees every row."
        raise CannotStartError(
            f"The backup was given up: {words}.{hint if 'DATABASE_URL' in environment else ''}"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    size = final.stat().st_size if final.is_file() else sum(p.stat().st_size for p in final.rglob("*") if p.is_file())
    _remember(data, final, done, size)
    return Taken(final, done, fingerprint, size, time.monotonic() - began)


def _fill(data: Path, draft: Path, environment: dict[str, str]) -> Manifest:
    url = environment.get("DATABASE_URL")
    if url is None:
        return _physical(data, draft)
    from oralu.server.backup.dumping import dump

    admin = environment.get("ORALU_ADMIN_DATABASE_URL") or environment.get("ORALU_OWNER_DATABASE_URL") or url
    with frozen(admin, None) as (reader, moment):
        dump(admin, moment.snapshot, draft / "database.dump")
        found = _describe("dump", reader, moment, data, _version(reader))
    copy_data(data, draft / "data")
    copy_editions(found.editions, draft / "policy")
    return found


def _physical(data: Path, draft: Path) -> Manifest:
    """A base backup, a named moment after it, and the log from the one to the other."""
    with ExitStack() as stack:
        try:
            if not (data / "postgres").exists():
                raise CannotStartError(f"{data} holds no register: give the folder by --data or ORALU_DATA.")
            admin_url = stack.enter_context(Server(data)).admin_url
        except AlreadyRunningError:
            admin_url = private_connection(data)["admin"]
        admin = stack.enter_context(psycopg.connect(admin_url, autocommit=True))
        if not tables(admin):
            raise CannotStartError(f"The database in {data} is empty: there is nothing to back up.")
        mode = admin.execute("select current_setting('archive_mode')").fetchone()
        if mode != ("on",):
            raise CannotStartError(
                "This Oralu was started before backups were known to it: stop it and start it again."
            )
        account = ordinary_account()
        log = archive.archive_folder(database_home(data, account))
        archive.prepare(log, account)
        archive.turn_on(log)
        _base_backup(admin_url, draft / "database")
        first = _first_segment(draft / "database", admin)
        point = f"oralu-{time.time_ns():x}"
        with frozen(admin_url, point) as (reader, moment):
            segments = admin.execute("select pg_walfile_name(%s::pg_lsn)", [moment.lsn]).fetchone()
            assert segments is not None
            admin.execute("select pg_switch_wal()")
            found = _describe("physical", reader, moment, data, _version(reader))
        try:
            archive.wait_for(log, segments[0], admin)
        except TimeoutError as error:
            raise CannotStartError(f"The backup was given up: {error}.") from error
        (draft / "log").mkdir()
        archive.copy_all(archive.archived(log, first, segments[0]), draft / "log")
        found.log.update(first=first, last=segments[0], point=point, archive=str(log))
        copy_data(data, draft / "data")
        copy_editions(found.editions, draft / "policy")
        archive.prune(log, archive.bounds(), time.time())
        return found


def _base_backup(admin_url: str, target: Path) -> None:
    known = conninfo_to_dict(admin_url)
    programs = binaries.find()
    command = [programs.program("pg_basebackup"), "-D", str(target), "-h", str(known["host"]), "-U", str(known["user"])]
    command += ["-Ft", "--compress=client-gzip:1", "-X", "none", "--checkpoint=fast", "--no-password"]
    done = subprocess.run(
        command,
        env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": str(known["password"])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise (
            disk_full(target)
            if "No space left" in done.stderr
            else CannotStartError(f"The database could not be copied: {reason}")
        )


def _first_segment(database: Path, admin: psycopg.Connection) -> str:
    """The segment at which the base backup begins, as its own manifest says."""
    ranges = json.loads((database / "backup_manifest").read_text(encoding="utf-8"))["WAL-Ranges"]
    name = admin.execute("select pg_walfile_name(%s::pg_lsn)", [ranges[-1]["Start-LSN"]]).fetchone()
    assert name is not None
    return str(name[0])


def _version(connection: psycopg.Connection) -> str:
    row = connection.execute("select current_setting('server_version')").fetchone()
    return str(row[0]).split()[0] if row else ""


def _describe(kind: str, reader: psycopg.Connection, moment: Moment, data: Path, server: str) -> Manifest:
    """What the manifest says of the database, all of it in the snapshot of one moment."""
    system = reader.execute("select system_identifier::text from pg_control_system()").fetchone()
    migrations = reader.execute("select app || '.' || name from django_migrations order by 1").fetchall()
    editions = reader.execute("select distinct edition, digest from routing_adoption order by 1, 2").fetchall()
    return Manifest(
        kind=kind,
        taken_at=moment.at.astimezone(UTC).isoformat(),
        oralu=version("oralu"),
        postgresql=server,
        major=int(server.split(".", maxsplit=1)[0]),
        system=str(system[0]) if system else "",
        data_folder=str(data),
        exact=moment.exact,
        tables=fingerprints(reader),
        migrations=[row[0] for row in migrations],
        editions={row[0]: row[1] for row in editions},
        journal=_journal_head(reader),
        demo=roles.demo_mark(reader),
    )


def _journal_head(reader: psycopg.Connection) -> dict[str, Any]:
    """Where the journal ends, so that a journal that is shorter after a restore is known to be so, and why."""
    row = reader.execute("select count(*), max(id), max(at)::text from journal_entry").fetchone()
    assert row is not None
    return {"entries": row[0], "last": row[1], "at": row[2], "host": platform.node()}


def copy_data(data: Path, target: Path) -> None:
    """Copy what stands in the data folder besides the database: evidence, the secret key, the connection.

    To be called after the moment of the database is fixed: files have random names and never change, so whatever a row
    of that moment names is there, and a few files more. What is still incoming is copied first, since a file may move
    from there to its place, and never back.
    """
    target.mkdir(mode=0o700)
    entries = [path for path in sorted(data.iterdir()) if not path.name.startswith(DERIVED)]
    for path in entries:
        if path.is_file():
            shutil.copy2(path, target / path.name)
    for folder in [path for path in entries if path.is_dir()]:
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in sorted(files, key=lambda p: "incoming" not in p.parts) + [
            path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
        ]:
            place = target / path.relative_to(data)
            if place.exists():
                continue
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy2(path, place)


def copy_editions(editions: dict[str, str], target: Path) -> None:
    """Copy the editions of the policy that regions have adopted: without them no old evaluation can be explained."""
    for name in editions:
        if (POLICY_DIR / name).is_dir():
            shutil.copytree(POLICY_DIR / name, target / name)


def _remember(data: Path, final: Path, done: Manifest, size: int) -> None:
    line = {"at": done.taken_at, "path": str(final), "bytes": size, "kind": done.kind, "rows": _rows(done)}
    with (data / TAKEN).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _rows(done: Manifest) -> int:
    return sum(int(table["rows"]) for table in done.tables.values())
