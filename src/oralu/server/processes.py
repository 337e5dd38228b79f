"""Child processes that cannot outlive their parent, and what /proc knows about strangers."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(word: signal.Signals = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel to signal this process when its parent dies, by whatever death.

    Call it in the child, after privileges are dropped: a change of user clears the request. The request is tied to
    the THREAD that forked, so start children from the main thread only. With `parent` given, a parent that died
    before the request was made is noticed too.
    """
    if _libc.prctl(PR_SET_PDEATHSIG, int(word), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), word)


def preexec_dying(word: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` for subprocess that runs `die_with_parent` between fork and exec."""
    parent = os.getpid()
    return lambda: die_with_parent(word, parent)


def alive(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def command_of(pid: int) -> list[str]:
    """The command line of a process; empty when there is none or it may not be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait for a process that is not our child; False when it is still there."""
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def ordinary_account() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs as when we are root (it refuses root): ORALU_PG_USER, postgres or nobody.

    None when we are not root, so that it runs as ourselves.
    """
    if os.geteuid() != 0:
        return None
    for name in filter(None, [os.environ.get("ORALU_PG_USER"), "postgres", "nobody"]):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether `account` may pass through every folder on the way to, and into, `folder`."""
    for step in [folder, *folder.parents]:
        try:
            status = step.stat()
        except FileNotFoundError:
            continue
        mine = 0o100 if status.st_uid == account.pw_uid else 0o010 if status.st_gid == account.pw_gid else 0o001
        if not status.st_mode & mine:
            return False
    return True
