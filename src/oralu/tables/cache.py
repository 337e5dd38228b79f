"""The one place that keeps compiled tables on disk.

Filling the tables of an edition takes seconds, reading them milliseconds. A kept table stands under the digest of the
edition and of the code that fills it, and carries its own checksum: one that is damaged, or made by other code, is not
used but made anew, since a wrong cell would be a wrong decision."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

import oralu.core
from oralu.core.edition import Edition
from oralu.core.lattice.cells import Lattice, Words, assembled, compile_lattice
from oralu.core.lattice.digits import LatticeError
from oralu.core.lattice.plan import plan_of

KEPT = 16
_FILLING = ("axes.py", "edition.py", "grammar.py", "facts.py", "lattice/*.py")


def cache_folder() -> Path:
    """`ORALU_CACHE`, else the folder of the platform for what can be made anew."""
    if given := os.environ.get("ORALU_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oralu"


def load_lattice(edition: Edition, folder: Path | None = None) -> Lattice:
    """The tables of an edition: from this process, from disk, or compiled and kept. A folder that cannot be written is
    no error. Raises `LatticeError` if the edition does not fit into tables."""
    return _load(edition, folder or cache_folder())


@lru_cache(maxsize=8)
def _load(edition: Edition, folder: Path) -> Lattice:
    path = folder / f"{edition.id}-{edition.digest[:24]}-{_code_digest()[:12]}.cells"
    kept = _read(path)
    if kept is not None:
        try:
            return assembled(plan_of(edition), kept)
        except (LatticeError, ValueError):
            pass
    lattice = compile_lattice(edition)
    _write(path, [table.words for table in lattice.tables])
    return lattice


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """SHA-256 of the modules that decide what a table holds."""
    folder = Path(oralu.core.__file__).parent
    found = hashlib.sha256(np.__version__.split(".")[0].encode())
    for pattern in _FILLING:
        for path in sorted(folder.glob(pattern)):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _read(path: Path) -> list[Words] | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    checksum, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != checksum:
        return None
    with np.load(io.BytesIO(body), allow_pickle=False) as kept:
        return [kept[f"arr_{place}"] for place in range(len(kept.files))]


def _write(path: Path, tables: list[Words]) -> None:
    """Whole or not at all: readers in other processes never see a part."""
    body = io.BytesIO()
    np.savez(body, *tables)
    content = body.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(file.name, path)
        for old in sorted(path.parent.glob("*.cells"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
