"""The data folder: writable, with room, and used by one Oralu at a time."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import IO

from oralu.server.binaries import SHELTER
from oralu.server.errors import AlreadyRunningError, CannotStartError, disk_full
from oralu.server.processes import can_enter

LEAST_FREE = 256 * 1024 * 1024
"""Bytes that must be free before the server is started: its log segments alone take 16 MB each."""
LONGEST_SOCKET_FOLDER = 85
"""Bytes: a socket's address holds 107, and PostgreSQL adds the name of the socket and of its lock."""


def claim(folder: Path) -> IO[str]:
    """Make the folder if need be and hold it until the returned file is closed or the process dies.

    Raises:
        CannotStartError: it cannot be written, or its disk is full.
        AlreadyRunningError: another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "oralu.lock").open("a+", encoding="ascii")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(folder) from error
        raise CannotStartError(
            f"The data folder {folder} cannot be written ({os.strerror(error.errno or 0)}): "
            "choose another by DATA=…, or ask for the right to write there."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if shutil.disk_usage(folder).free < LEAST_FREE:
            raise disk_full(folder)
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunningError(
            f"Oralu already runs on the data folder {folder} (process {holder}): "
            "stop it first, or choose another folder by DATA=…."
        ) from error
    except BaseException:
        lock.close()
        raise
    return lock


def database_home(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """`postgres` in the data folder; where the ordinary account cannot go there, a link to where it can."""
    home = folder / "postgres"
    if home.exists() or account is None or can_enter(folder, account):
        return home.resolve()
    shelter = SHELTER / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
    home.unlink(missing_ok=True)
    home.symlink_to(shelter)
    return shelter


def socket_folder(home: Path, account: pwd.struct_passwd | None) -> Path:
    """Where the server's socket stands: a short path that only PostgreSQL's account may change."""
    uid = account.pw_uid if account else os.geteuid()
    folder = home / "socket"
    if len(str(folder).encode()) > LONGEST_SOCKET_FOLDER:
        tag = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"oralu-{uid}-{tag}"
    made = not folder.exists()
    folder.mkdir(mode=0o711, exist_ok=True)
    if made and account is not None:
        os.chown(folder, uid, -1)
    if folder.is_symlink() or folder.stat().st_uid != uid:
        raise CannotStartError(f"{folder} belongs to another account: remove it.")
    return folder
