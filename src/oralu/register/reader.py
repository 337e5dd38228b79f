"""A whole register: finds the tables, leaves out what is no person, yields one result a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from oralu.core.edition import Edition
from oralu.register.layout import Column, Layout, clean_cell, find_layout, layout_problems, recognised
from oralu.register.model import IntakeRow, Level, Problem, RegisterError, RowResult
from oralu.register.rows import RowReader
from oralu.register.sources import CellValue, CsvTable, Table, open_tables
from oralu.register.standing import standing_notes
from oralu.register.text import key
from oralu.register.trouble import RowTrouble
from oralu.register.vocabulary import Vocabulary, load_vocabulary

_MARKS = ("iin", "birth_date", "enrolled_on")


@dataclass(slots=True)
class RegisterReading:
    """An open register: `layouts` are known at once, the rows are read as they are asked for, each pass anew.

    `skipped` counts what was left out in the last pass: blank, header, numbers, total, section, footer."""

    file: str
    edition: Edition
    vocabulary: Vocabulary
    go_live: date
    tables: tuple[tuple[Table, Layout], ...]
    unread_sheets: tuple[str, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What is taken for every row of a table, since it has no column for it."""
        return tuple(note for layout in self.layouts for note in standing_notes(layout, self.file, self.vocabulary))

    def problem_at(self, result: RowResult, code: str, level: Level, about: str, **params: object) -> Problem:
        """A problem of a row that was read well, found by whoever works with it; placed at the column of a field."""
        layout = next(layout for layout in self.layouts if layout.sheet == result.sheet)
        return RowTrouble(self.file, layout, result.row, ()).problem(code, level, about, params)

    @property
    def layouts(self) -> tuple[Layout, ...]:
        return tuple(layout for _, layout in self.tables)

    def __iter__(self) -> Iterator[RowResult]:
        self.skipped.clear()
        seen = _Seen(self.file, tuple(layout.sheet for layout in self.layouts))
        for table, layout in self.tables:
            reader = RowReader(self.file, layout, self.vocabulary, self.edition, self.go_live)
            for number, cells in table.rows():
                if number <= layout.row:
                    continue
                if (kind := no_person(cells, layout, self.vocabulary)) is not None:
                    self.skipped[kind] += 1
                    continue
                cut_short = isinstance(table, CsvTable) and table.is_cut_short(cells)
                yield seen.check(reader.read(number, cells, cut_short=cut_short), layout)


def read_register(
    path: Path,
    *,
    edition: Edition,
    go_live: date,
    mapping: Path | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> RegisterReading:
    """Opens a register in CSV or Excel. `mapping`: a unit's own YAML of headers and words.

    Raises RegisterError, with every problem found, where the file cannot be read as a whole: unreadable, no header, a
    column read twice, a needed column missing, a bad mapping file."""
    vocabulary = load_vocabulary(edition, mapping)
    tables = open_tables(path, encoding=encoding, recognises=lambda table: recognised(table, vocabulary), sheet=sheet)
    found = [(table, find_layout(table, vocabulary)) for table in tables]
    readable = tuple((table, layout) for table, layout in found if layout is not None)
    if not readable:
        raise RegisterError(Problem("no_header", "error", path.name))
    problems = [problem for _, layout in readable for problem in layout_problems(layout, path.name)]
    if problems:
        raise RegisterError(*problems)
    unread = tuple(table.sheet for table, layout in found if layout is None and table.sheet is not None)
    return RegisterReading(path.name, edition, vocabulary, go_live, readable, unread)


def no_person(cells: list[CellValue], layout: Layout, vocabulary: Vocabulary) -> str | None:
    """Why a row is not a person: blank, header, numbers, total, section, footer; None for a person (or for one so
    damaged that the unit must see it)."""
    filled = {index: text for index, cell in enumerate(cells) if (text := clean_cell(cell))}
    named = {column.index for column in layout.columns if column.field is not None}
    if not filled or (len(filled) == 1 and next(iter(filled.values())).isdigit() and not named & set(filled)):
        return "blank"
    if layout.is_repeated_by(cells):
        return "header"
    if _is_numbering(filled):
        return "numbers"
    if any(column.index in filled for mark in _MARKS for column in layout.of(mark)) and len(filled) > 2:
        return None
    first = key(next(iter(filled.values())))
    for kind in ("total", "footer"):
        if any(first == word or first.startswith(f"{word} ") for word in vocabulary.rows[kind]):
            return kind
    if len(filled) == 1:
        if not named & set(filled):
            return "footer"
        if vocabulary.rows["section"] & set(first.split()):
            return "section"
    return None


def _is_numbering(filled: dict[int, str]) -> bool:
    """The row 1, 2, 3, … under the header of an official form."""
    numbers = [int(text) if text.isdigit() else -1 for text in filled.values()]
    return len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))


@dataclass(slots=True)
class _Seen:
    """Whom the file has named already. By IIN a second row is refused; by name and birth alone it is pointed out.

    The one thing that grows with the file, so a place is one number: the row, then the table."""

    file: str
    sheets: tuple[str | None, ...]
    iins: dict[int, int] = field(default_factory=dict)
    names: dict[int, int] = field(default_factory=dict)

    def check(self, result: RowResult, layout: Layout) -> RowResult:
        intake = result.intake
        if intake is None:
            return result
        here = result.row * len(self.sheets) + self.sheets.index(result.sheet)
        if intake.iin is not None and (first := self.iins.setdefault(int(intake.iin), here)) != here:
            problem = self._problem("iin_twice", result, layout.of("iin")[0], first, intake.iin)
            return replace(result, intake=None, problems=(*result.problems, problem))
        first = self.names.setdefault(_person_hash(intake), here)
        if first != here and intake.iin is None:
            column = (layout.of("full_name") or layout.of("surname"))[0]
            problem = self._problem("person_twice", result, column, first, intake.short_name)
            return replace(result, problems=(*result.problems, problem))
        return result

    def _problem(self, code: str, result: RowResult, column: Column, first: int, value: str) -> Problem:
        row, sheet = divmod(first, len(self.sheets))
        return Problem(
            code=code,
            level="error" if code == "iin_twice" else "warning",
            file=self.file,
            sheet=result.sheet,
            row=result.row,
            column=column.letter,
            header=column.header,
            value=value,
            params={"first_row": row, "first_sheet": self.sheets[sheet] or ""},
        )


def _person_hash(intake: IntakeRow) -> int:
    return hash((key(intake.surname), key(intake.given_name), intake.birth_date))
