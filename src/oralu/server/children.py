"""Processes that the supervisor starts: ended with it, started again when they die, given up when they keep dying."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oralu.config.environment import PROJECT_FOLDER
from oralu.server.errors import CannotStartError, disk_full
from oralu.server.processes import preexec_dying

RESTARTS = 5
"""A child that stops more often than this within WINDOW seconds has a reason that restarting does not cure."""
WINDOW = 60.0
GRACE = 20.0


@dataclass
class Child:
    """A process that is started again when it dies."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))

    def start(self) -> None:
        self.process = spawn(self.command, self.environment)

    def revive(self) -> None:
        """Start it again if it died; raises CannotStartError when it keeps dying."""
        if self.process is None or self.process.poll() is None:
            return
        note_death(self.name, self.process.returncode, self.deaths)
        self.start()

    def stop(self, seconds: float = GRACE) -> None:
        if self.process is not None:
            end_process(self.process, seconds)


def note_death(name: str, code: int, deaths: deque[float]) -> None:
    """Report a death and count it; raises CannotStartError when there were too many within WINDOW."""
    now = time.monotonic()
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
    if len(deaths) == deaths.maxlen and now - deaths[0] < WINDOW:
        raise CannotStartError(
            f"The {name} stopped {len(deaths) + 1} times within a minute (last with {how}), so Oralu stops too: "
            "the reason stands in the lines above."
        )
    deaths.append(now)
    print(f"The {name} stopped ({how}) and is started again.", file=sys.stderr, flush=True)


def run_step(module: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
    """Run one preparing process to its end; if it fails, its last line on stderr is the reason that is shown."""
    process = spawn([sys.executable, "-m", module, *arguments], environment, stderr=subprocess.PIPE)
    try:
        _, words = process.communicate()
    except BaseException:
        end_process(process, 5)
        raise
    lines = words.decode(errors="replace").strip().splitlines()
    if b"No space left on device" in words:
        raise disk_full(Path(environment["ORALU_DATA"]))
    if process.returncode != 0:
        reason = lines[-1] if lines else f"{module} ended with code {process.returncode}"
        if len(lines) > 1:
            print("\n".join(lines[:-1]), file=sys.stderr)
        raise CannotStartError(reason)
    if lines:
        print("\n".join(lines), file=sys.stderr)


def spawn(command: Sequence[str], environment: dict[str, str], stderr: int | None = None) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own (Ctrl-C reaches only us) that the kernel ends if we are killed."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=PROJECT_FOLDER,
        stdin=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=preexec_dying(signal.SIGTERM),  # noqa: PLW1509
    )


def end_process(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask a child to stop; insist when it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
