"""Small registers written to a temporary folder and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from oralu.core.edition import Edition
from oralu.policyfiles import load_edition
from oralu.register import RegisterReading, RowResult, read_register
from register.small_list import GO_LIVE, HEADER, PERSON

Read = Callable[..., RegisterReading]


@pytest.fixture(scope="session")
def edition() -> Edition:
    return load_edition("kz-pilot-2026")


@pytest.fixture
def read(tmp_path: Path, edition: Edition) -> Read:
    """Writes rows as CSV (header first) and opens the register."""

    def read(
        *rows: Sequence[object],
        encoding: str = "utf-8",
        separator: str = ";",
        mapping: str | None = None,
        **options: Any,
    ) -> RegisterReading:
        path = tmp_path / "list.csv"
        lines = (separator.join("" if cell is None else str(cell) for cell in row) for row in rows)
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
        if mapping is not None:
            options["mapping"] = tmp_path / "map.yaml"
            options["mapping"].write_text(mapping, encoding="utf-8")
        return read_register(path, edition=edition, **({"go_live": GO_LIVE} | options))

    return read


@pytest.fixture
def one(read: Read) -> Callable[..., RowResult]:
    """The one row of a register in which some columns differ from the usual ones: `one(Жильё="нет")`."""

    def one(mapping: str | None = None, **columns: object) -> RowResult:
        named = dict(zip(HEADER, PERSON, strict=True)) | {
            name.replace("_", " "): value for name, value in columns.items()
        }
        (result,) = read(list(named), list(named.values()), mapping=mapping)
        return result

    return one
