"""PostgreSQL's own recovery, driven: the copied cluster is put in place, the log is handed to it up to the goal."""

from __future__ import annotations

import gzip
import os
import pwd
import shlex
import shutil
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oralu.server.backup import archive
from oralu.server.backup.manifest import Manifest
from oralu.server.datafolder import database_home
from oralu.server.errors import CannotStartError
from oralu.server.postgres import Server
from oralu.server.processes import ordinary_account

PATIENCE = 6 * 3600.0
"""Seconds that the replay of a long log may take."""


@dataclass(frozen=True)
class Goal:
    """Where the replay stops: at a named point, at a moment, or, with neither, where the log ends."""

    point: str | None
    to: datetime | None


class Recovering(Server):
    """A server that first replays the log. Once it serves, nothing of the recovery is left in its folder."""

    def __init__(self, folder: Path, goal: Goal, log: Path) -> None:
        super().__init__(folder, patience=PATIENCE)
        self._goal, self._log_folder = goal, log

    def _start(self) -> None:
        own = self.home / "postgresql.auto.conf"
        before = own.read_text(encoding="utf-8")
        _write_as_owner(own, before + _settings(self._goal, self._log_folder))
        _write_as_owner(self.home / "recovery.signal", "")
        try:
            super()._start()
        except CannotStartError as error:
            if "before configured recovery target" in str(error):
                raise CannotStartError(
                    "The log that was found ends before that moment: give an earlier one, the lost data folder by "
                    "--old, the archive by --log, or `--to latest` for everything that there is."
                ) from error
            raise
        _write_as_owner(own, before)
        shutil.rmtree(self._log_folder)


def recover(folder: Path, data: Path, found: Manifest, goal: Goal, logs: list[Path]) -> Recovering:
    """Put the cluster of a backup into the empty `data` folder; entering what is returned replays the log."""
    account = ordinary_account()
    home = database_home(data, account)
    log = home.with_name(f"{home.name}-restore")
    for path in (home, log):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
    with tarfile.open(folder / "database" / "base.tar.gz") as tar:
        tar.extractall(home, filter="data")
    (home / "pg_wal").mkdir(mode=0o700, exist_ok=True)
    # The lock of a socket names the server that was copied, which may be running beside this one.
    shutil.rmtree(home / "socket", ignore_errors=True)
    (home / "server.log").unlink(missing_ok=True)
    archive.copy_all(archive.archived(folder / "log", found.log["first"]), log)
    for source in logs:
        _collect(source, log, found.log["first"])
    for path in (home, log):
        _own(path, account)
    return Recovering(data, goal, log)


def _collect(source: Path, log: Path, first: str) -> None:
    """Add segments that are not there yet; those of a lost server are not compressed, and the last is half written."""
    for path in archive.archived(source, first):
        if not (log / path.name).exists():
            shutil.copyfile(path, log / path.name)
    for path in sorted(source.iterdir()):
        if archive.SEGMENT.fullmatch(path.name) and path.name[8:] >= first[8:] and path.is_file():
            target = log / f"{path.name}.gz"
            if not target.exists():
                with path.open("rb") as plain, gzip.open(target, "wb", compresslevel=1) as packed:
                    shutil.copyfileobj(plain, packed)


def _settings(goal: Goal, log: Path) -> str:
    """Nobody may look in before the goal is reached: a standby that answers would be taken for the register."""
    place = shlex.quote(str(log)).replace("%", "%%")
    lines = {
        "restore_command": f"test -e {place}/%f.gz && gzip -dc {place}/%f.gz > %p",
        "recovery_target_action": "promote",
        "recovery_target_timeline": "latest",
        "hot_standby": "off",
    }
    if goal.point is not None:
        lines["recovery_target_name"] = goal.point
    if goal.to is not None:
        lines["recovery_target_time"] = goal.to.isoformat(sep=" ")
    return "".join("{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in lines.items())


def _write_as_owner(path: Path, text: str) -> None:
    """Keep the owner of the folder, which PostgreSQL insists on."""
    path.write_text(text, encoding="utf-8")
    status = path.parent.stat()
    if status.st_uid != os.geteuid():
        os.chown(path, status.st_uid, status.st_gid)
    path.chmod(0o600)


def _own(folder: Path, account: pwd.struct_passwd | None) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
