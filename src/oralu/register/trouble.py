"""Collects what is wrong with one row, each with its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oralu.register.layout import Column, Layout, clean_cell
from oralu.register.model import Level, Problem
from oralu.register.sources import CellValue

# Where a field has no column of its own, the cell in which its lack is to be mended.
_STANDS_FOR = {
    "surname": ("full_name",),
    "given_name": ("full_name",),
    "full_name": ("surname",),
    "sex": ("iin",),
    "birth_date": ("iin",),
    "iin": ("full_name", "surname"),
}


@dataclass(slots=True)
class RowTrouble:
    """The problems of the row `number` under `layout`; `refused` once there is an error."""

    file: str
    layout: Layout
    number: int
    cells: Sequence[CellValue]
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False

    def error(self, code: str, about: str, **params: object) -> None:
        """Refuses the row because of the column of the field `about`."""
        self.refused = True
        self._add(code, "error", about, params)

    def warn(self, code: str, about: str, **params: object) -> None:
        self._add(code, "warning", about, params)

    def at_index(self, code: str, index: int) -> None:
        """Refuses the row because of a cell that stands under no header."""
        self.refused = True
        column = Column(index, "", None, "unknown")
        self.problems.append(self._at(code, "error", column, {}))

    def _add(self, code: str, level: Level, about: str, params: dict[str, object]) -> None:
        self.problems.append(self.problem(code, level, about, params))

    def problem(self, code: str, level: Level, about: str, params: dict[str, object]) -> Problem:
        """The problem at the column of the field `about`, or at that in which its lack is to be mended."""
        names = (about, about.partition(".")[0], *_STANDS_FOR.get(about, ()))
        column = next((found[0] for name in names if (found := self.layout.of(name))), self.layout.columns[0])
        return self._at(code, level, column, params)

    def _at(self, code: str, level: Level, column: Column, params: dict[str, object]) -> Problem:
        value = clean_cell(self.cells[column.index]) if column.index < len(self.cells) else ""
        return Problem(
            code,
            level,
            self.file,
            self.layout.sheet,
            self.number,
            column.letter,
            column.header,
            value[:200],
            params,
        )
