"""The manifest of a backup: what it is, how to recognise the register in it, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from oralu.server.errors import CannotStartError

NAME = "manifest.json"
FORMAT = 1
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """`kind` is `physical` (a private server: any later moment of its log can be restored) or `dump`.

    `tables` are fingerprints at `taken_at`; `exact` says whether they are the state of the very point that is restored.
    `log` names the segments of the database's log: `first`, `last`, the restore point.
    """

    kind: str
    taken_at: str
    oralu: str
    postgresql: str
    major: int
    system: str
    data_folder: str
    exact: bool
    tables: dict[str, dict[str, int | str]]
    migrations: list[str]
    editions: dict[str, str]
    journal: dict[str, Any]
    demo: str
    log: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, int | str]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.taken_at)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, manifest: Manifest) -> str:
    """Hash every file of the backup, write the manifest, return the manifest's own hash."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            known: dict[str, int | str] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            manifest.files[path.relative_to(folder).as_posix()] = known
    target = folder / NAME
    target.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    target.chmod(0o600)
    return sha256_of(target)


def read(folder: Path) -> Manifest:
    """The manifest of an unpacked backup; raises CannotStartError when the folder is none."""
    try:
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise CannotStartError(
                f"{folder} is a backup of format {values['format']}, and this Oralu reads {FORMAT}: "
                "restore it with the version that made it."
            )
        return Manifest(**values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotStartError(
            f"{folder} is no backup of Oralu: its {NAME} cannot be read ({type(error).__name__})."
        ) from error


def verify(folder: Path, manifest: Manifest) -> int:
    """Compare every file with its hash; returns the bytes read. Raises CannotStartError naming one that differs."""
    total = 0
    for name, known in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise CannotStartError(f"The backup {folder} lacks {name}: take another one; nothing was restored.")
        if path.stat().st_size != known["bytes"] or sha256_of(path) != known["sha256"]:
            raise CannotStartError(
                f"{name} in the backup {folder} is not what was saved: take another one; nothing was restored."
            )
        total += int(known["bytes"])
    return total
