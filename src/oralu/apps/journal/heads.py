"""The heads of the journal, outside the database: one line of JSON for each seal, in a file that is only ever added to.
Whoever holds the database alone cannot make this file forget.

A head is written after its seal has been committed, so that a crash never names a seal that does not exist. If the
process dies in between, the next turn writes what is missing, after checking that it is a signed continuation of the
last head written."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from oralu.apps.journal.models import Seal

TAIL = 4096
"""Bytes read from the end of the file to find its last line, which is far shorter."""


@dataclass(frozen=True, slots=True)
class Head:
    """One line. `entry` and `access`: the highest ids that the seal covers, 0 if none. `after` stands only on the line
    by which an operator acknowledges that a backup was put back: seals past this number, named above the line, are
    gone; `reason` says why."""

    number: int
    hash: str
    previous: str
    count: int
    entry: int
    access: int
    at: str
    key: str
    signature: str
    after: int | None = None
    reason: str = ""


def head_of(seal: Seal) -> Head:
    """The head of a seal."""
    return Head(
        number=seal.number,
        hash=bytes(seal.hash).hex(),
        previous=bytes(seal.previous).hex(),
        count=seal.count,
        entry=max((run.upper - 1 for run in seal.entries), default=0),
        access=max((run.upper - 1 for run in seal.accesses), default=0),
        at=seal.sealed_at.isoformat(timespec="seconds"),
        key=seal.key,
        signature=bytes(seal.signature).hex(),
    )


def heads_read(path: Path) -> Iterator[tuple[int, Head | None]]:
    """The lines of a file with their numbers from 1; None for what is no head: a write cut short. Raises OSError."""
    with path.open("r", encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            yield number, _head(line)


class HeadsFile:
    """The file, held against other processes of this machine until it is left. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> HeadsFile:
        is_new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file: IO[bytes] = os.fdopen(handle, "r+b", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        if is_new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def last(self) -> Head | None:
        """The last whole line, None for an empty file."""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size - TAIL))
        for line in reversed(self._file.read().decode("utf-8", "replace").splitlines()):
            if head := _head(line):
                return head
        return None

    def add(self, heads: list[Head]) -> None:
        """Write lines, and return when they stand on the disk. After a line that was cut short a new one is begun."""
        text = "".join(json.dumps(_written(head), ensure_ascii=False) + "\n" for head in heads).encode()
        size = self._file.seek(0, os.SEEK_END)
        if size:
            self._file.seek(size - 1)
            text = text if self._file.read(1) == b"\n" else b"\n" + text
        while text:
            text = text[self._file.write(text) :]
        os.fsync(self._file.fileno())


def _written(head: Head) -> dict[str, object]:
    return {name: value for name, value in asdict(head).items() if value not in (None, "")}


def _head(line: str) -> Head | None:
    try:
        return Head(**json.loads(line))
    except (ValueError, TypeError):
        return None
