"""Where the header of a table stands and which column is which field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from oralu.register.model import Problem
from oralu.register.sources import CellValue, Row, Table
from oralu.register.text import column_letter, key, nearest
from oralu.register.vocabulary import IGNORE, Vocabulary

How = Literal["known", "mapped", "guessed", "ignored", "unknown"]

SEARCH_ROWS = 50
FEWEST_FIELDS = 3
REPEATABLE = ("phone", "address")
GUESS_CUTOFF = 0.87
_PARTS = re.compile(r"[/\n|\\]|\s[-–—]\s")
_BRACKETS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column with a header. `field` is None where nothing is read from it."""

    index: int
    header: str
    field: str | None
    how: How

    @property
    def letter(self) -> str:
        return column_letter(self.index)


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of one table: its last row, and the columns in their order."""

    sheet: str | None
    row: int
    columns: tuple[Column, ...]

    def of(self, field: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.field == field)

    def has(self, *fields: str) -> bool:
        return all(self.of(field) for field in fields)

    def is_repeated_by(self, cells: Sequence[CellValue]) -> bool:
        """True for the header printed again in the middle of the list."""
        if not any(self._repeats(column, cells) for column in self.columns[:FEWEST_FIELDS]):
            return False
        filled = sum(1 for cell in cells if clean_cell(cell))
        same = sum(self._repeats(column, cells) for column in self.columns)
        return same >= FEWEST_FIELDS and same * 2 >= filled

    @staticmethod
    def _repeats(column: Column, cells: Sequence[CellValue]) -> bool:
        return column.index < len(cells) and key(clean_cell(cells[column.index])) == key(column.header)


def clean_cell(cell: CellValue) -> str:
    """The text of a cell (tables yield it clean); whole numbers without the `.0` that Excel gives them."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell)


def recognised(table: Table, vocabulary: Vocabulary) -> int:
    """How many fields the best row of the first rows names: by this encodings and separators are chosen."""
    return max((len(_fields(cells, vocabulary)) for _, cells in islice(table.rows(), SEARCH_ROWS)), default=0)


def find_layout(table: Table, vocabulary: Vocabulary) -> Layout | None:
    """The layout of a table, or None where no row looks like the header of a register.

    The header may take two rows: what the first leaves open, the row below it (under merged cells) may name."""
    top = list(islice(table.rows(), SEARCH_ROWS))
    best = max(range(len(top)), key=lambda i: len(_fields(top[i][1], vocabulary)), default=None)
    if best is None or len(_fields(top[best][1], vocabulary)) < FEWEST_FIELDS:
        return None
    number, cells = top[best]
    headers = [clean_cell(cell) for cell in cells]
    for neighbour in (best + 1, best - 1):
        if 0 <= neighbour < len(top) and _completes(headers, top[neighbour], vocabulary):
            headers = _merged(headers, top[neighbour][1], vocabulary)
            number = max(number, top[neighbour][0])
            break
    return Layout(table.sheet, number, _columns(headers, vocabulary))


def layout_problems(layout: Layout, file: str) -> list[Problem]:
    """Columns read twice and columns that are needed and missing: errors of the whole table."""
    problems = []
    seen: dict[str, Column] = {}
    for column in layout.columns:
        if column.field in (None, IGNORE, *REPEATABLE):
            continue
        assert column.field is not None
        if (first := seen.setdefault(column.field, column)) is not column:
            problems.append(
                Problem(
                    "column_twice",
                    "error",
                    file,
                    layout.sheet,
                    layout.row,
                    column.letter,
                    column.header,
                    params={"field": column.field, "other": first.letter, "other_header": first.header},
                )
            )
    if layout.has("full_name") and (layout.of("surname") or layout.of("given_name")):
        column = layout.of("full_name")[0]
        params = {"field": "full_name", "other": "", "other_header": "surname"}
        other = (layout.of("surname") or layout.of("given_name"))[0]
        params |= {"other": other.letter, "other_header": other.header}
        problems.append(
            Problem(
                "column_twice", "error", file, layout.sheet, layout.row, column.letter, column.header, params=params
            )
        )
    needed = {
        "full_name": layout.has("full_name") or layout.has("surname", "given_name"),
        "birth_date": layout.has("birth_date") or layout.has("iin"),
        "sex": layout.has("sex") or layout.has("iin"),
        "enrolled_on": layout.has("enrolled_on"),
    }
    for field, found in needed.items():
        if not found:
            problems.append(Problem("column_missing", "error", file, layout.sheet, layout.row, params={"field": field}))
    return problems


def _fields(cells: Iterable[CellValue], vocabulary: Vocabulary) -> set[str]:
    found = {_known(clean_cell(cell), vocabulary) for cell in cells if isinstance(cell, str)}
    return {field for field in found if field not in (None, IGNORE)}


def _known(header: str, vocabulary: Vocabulary) -> str | None:
    """The field of a header: as it stands, without its brackets, or by one of its languages."""
    if not header:
        return None
    bare = _BRACKETS.sub(" ", header)
    for text in (header, bare, *_PARTS.split(bare)):
        if (word := key(text)) and word in vocabulary.headers:
            return vocabulary.headers[word]
    return None


def _columns(headers: Sequence[str], vocabulary: Vocabulary) -> tuple[Column, ...]:
    columns = []
    for index, header in enumerate(headers):
        mapped = vocabulary.letters.get(column_letter(index))
        if not header and mapped is None:
            continue
        field = mapped or _known(header, vocabulary)
        how: How = "mapped" if mapped else "known" if field else "unknown"
        columns.append(Column(index, header, field if field != IGNORE else None, "ignored" if field == IGNORE else how))
    taken = {column.field for column in columns}
    return tuple(_guess(column, vocabulary, taken) if column.how == "unknown" else column for column in columns)


def _guess(column: Column, vocabulary: Vocabulary, taken: set[str | None]) -> Column:
    """A header with a slip of the pen is read as the field it is nearest to, unless another column is that field."""
    near = nearest(key(_BRACKETS.sub(" ", column.header)), vocabulary.headers, GUESS_CUTOFF)
    field = vocabulary.headers[near] if near else None
    if field is None or field == IGNORE or field in taken:
        return column
    taken.add(field)
    return Column(column.index, column.header, field, "guessed")


def _completes(headers: Sequence[str], neighbour: Row, vocabulary: Vocabulary) -> bool:
    """True where a neighbouring row holds words only and names fields in columns that the header leaves open."""
    cells = neighbour[1]
    if any(cell is not None and not isinstance(cell, str) for cell in cells):
        return False
    words = [clean_cell(cell) for cell in cells]
    if any(any(character.isdigit() for character in word.replace("18", "")) for word in words):
        return False
    named = {_known(header, vocabulary) for header in headers}
    added = [
        field
        for index, word in enumerate(words)
        if (field := _known(word, vocabulary)) is not None
        and field not in named
        and (index >= len(headers) or _known(headers[index], vocabulary) in (None, IGNORE) or field.count("."))
    ]
    return bool(added)


def _merged(headers: Sequence[str], cells: Sequence[CellValue], vocabulary: Vocabulary) -> list[str]:
    words = [clean_cell(cell) for cell in cells]
    width = max(len(headers), len(words))
    upper = [*headers, *[""] * (width - len(headers))]
    lower = [*words, *[""] * (width - len(words))]
    return [
        below if _known(below, vocabulary) and not _known(above, vocabulary) else above or below
        for above, below in zip(upper, lower, strict=True)
    ]
