"""A real `oralu run` in a folder of its own, looked at from outside as an operator would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ports import free_port

PATIENCE = 240.0
"""Seconds. On a busy machine one start takes half a minute."""


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait for a condition; fail with its name."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def processes_of(folder: Path) -> dict[int, str]:
    """Every process that works for this data folder or one inside: PostgreSQL names it in its command, the others in
    ORALU_DATA."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        data = next((line[11:] for line in environment.split("\0") if line.startswith("ORALU_DATA=")), "")
        ours = data == str(folder) or data.startswith(f"{folder}/")
        if command and (ours or str(folder) in command):
            found[int(entry.name)] = command
    return found


class Oralu:
    """One `oralu run`."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str] | None = None) -> None:
        self.folder, self.port = folder, port
        self.output = folder.parent / "output.txt"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name != "DATABASE_URL" and not name.startswith("ORALU_")
        }
        self.environment |= {"DJANGO_SETTINGS_MODULE": "oralu.config.settings"} | (environment or {})
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        options = ["--port", str(self.port), "--data", str(self.folder), "--no-demo", "--web-workers", "1"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "oralu", "run", *options],
                env=self.environment,
                stdout=output,
                stderr=output,
                # A shell's background job ignores Ctrl-C, and so would what the tests start there.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )
        return self.process

    def open(self) -> float:
        """Start, wait for the invitation, return the seconds that it took."""
        began = time.monotonic()
        process = self.start()
        until(lambda: "Oralu is open" in self.said() or process.poll() is not None, "open")
        assert process.poll() is None, self.said()
        return time.monotonic() - began

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.read() == b"ok\n")
        except OSError:
            return False

    def stop(self, word: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(word)
        return self.process.wait(PATIENCE)

    def refused(self) -> str:
        """Start, expect a refusal: exit code 1 and one sentence, which is returned."""
        assert self.start().wait(PATIENCE) == 1, self.said()
        lines = self.said().strip().splitlines()
        assert len(lines) == 1, self.said()
        assert "Traceback" not in lines[0]
        return lines[0]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach; what still runs in it afterwards is ended."""
    folder = Path(tempfile.mkdtemp(prefix="oralu-run-"))
    folder.chmod(0o711)
    yield folder
    end_all(folder)
    # PostgreSQL's own parts bear other names; they end a moment after the one that started them, and write until then.
    until(lambda: removed(folder), "the folder is gone")


def end_all(folder: Path) -> None:
    """End whatever still works for a folder, and wait until it has ended."""
    for pid in processes_of(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not processes_of(folder), "everything ended")


def removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def oralu(place: Path, port: int) -> Oralu:
    return Oralu(place / "data", port)
