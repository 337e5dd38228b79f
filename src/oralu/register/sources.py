"""Files as rows of cells. A table yields `(row number, cells)`, the number as a spreadsheet counts it, and can be read
again from the start; it never holds more than the current row."""

from __future__ import annotations

import csv
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from oralu.register.model import Problem, RegisterError
from oralu.register.text import clean

CellValue = str | int | float | bool | date | None
Row = tuple[int, list[CellValue]]

SEPARATORS = (";", ",", "\t", "|")
# KZ-1048 is CP1251 with Kazakh letters where CP1251 has Serbian and Ukrainian ones, so it reads both.
LEGACY_ENCODINGS = ("kz1048", "cp866")
MAX_UNPACKED = 4 * 1024**3
MAX_LINES_IN_CELL = 10
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Table(Protocol):
    """One sheet, or the only table of a CSV file (`sheet` None). Texts of cells come without odd spaces."""

    @property
    def sheet(self) -> str | None: ...

    def rows(self) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A sheet of an Excel workbook, streamed."""

    path: Path
    sheet: str
    source: Any

    def rows(self) -> Iterator[Row]:
        self.source.reset_dimensions()  # exporters write a wrong size of the sheet
        rows = self.source.iter_rows(values_only=True)
        for number in count(1):
            try:
                cells = next(rows, None)
            except Exception as error:  # a damaged sheet fails where it is read, with whatever its parser raises
                detail = f"{self.sheet}, {number}: {error}"
                raise RegisterError(_file_problem(self.path, "file_unreadable", detail=detail)) from error
            if cells is None:
                return
            yield number, [_plain(cell) for cell in cells]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A text file with one record a line; a quoted cell may hold line breaks."""

    path: Path
    encoding: str
    separator: str
    sheet: str | None = None

    def rows(self) -> Iterator[Row]:
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as stream:
            for number, record in enumerate(_records(stream, self.separator), start=1):
                yield number, self._cells(record)

    @staticmethod
    def is_cut_short(cells: Sequence[CellValue]) -> bool:
        """True for a record whose quote is never closed: its values cannot be told apart for certain."""
        return any(isinstance(cell, _Broken) for cell in cells)

    def _cells(self, record: str) -> list[CellValue]:
        if _is_open(record, self.separator):
            return [_Broken(clean(cell)) for cell in record.split(self.separator)]
        try:
            return [clean(cell) for cell in next(csv.reader([record], delimiter=self.separator), [])]
        except csv.Error:
            return [_Broken(clean(cell)) for cell in record.split(self.separator)]


class _Broken(str):
    """A cell of a record whose quoting is damaged."""

    __slots__ = ()


def open_tables(
    path: Path, *, encoding: str | None, recognises: Callable[[Table], int], sheet: str | None = None
) -> list[Table]:
    """The tables of a file. Of the encodings and separators that can read a CSV, the one in which `recognises` (how
    many known headers a table has) finds most is taken. Raises RegisterError for a file that cannot be read."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise RegisterError(_file_problem(path, "file_unreadable", detail=error.strerror or str(error))) from error
    if not start.strip():
        raise RegisterError(_file_problem(path, "file_empty"))
    if start.startswith(b"PK\x03\x04"):
        return _workbook_tables(path, sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise RegisterError(_file_problem(path, "file_old_excel"))
    return [_csv_table(path, start, encoding, recognises)]


def _workbook_tables(path: Path, sheet: str | None) -> list[Table]:
    from openpyxl import load_workbook  # slow to import, and a CSV does not need it

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise RegisterError(_file_problem(path, "file_too_large", size=unpacked // 1024**2))
        workbook = load_workbook(path, read_only=True, data_only=True)
    except RegisterError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise on a damaged file
        raise RegisterError(
            _file_problem(path, "file_unreadable", detail=str(error) or type(error).__name__)
        ) from error
    names = [worksheet.title for worksheet in workbook.worksheets]
    if sheet is not None and sheet not in names:
        raise RegisterError(_file_problem(path, "sheet_missing", sheet_name=sheet, known=", ".join(names)))
    return [SheetTable(path, ws.title, ws) for ws in workbook.worksheets if sheet in (None, ws.title)]


def _csv_table(path: Path, start: bytes, encoding: str | None, recognises: Callable[[Table], int]) -> CsvTable:
    encodings = (encoding,) if encoding else _encodings(path, start)
    try:
        candidates = [CsvTable(path, name, separator) for name in encodings for separator in SEPARATORS]
        return max(candidates, key=recognises)
    except LookupError as error:
        raise RegisterError(_file_problem(path, "encoding_unknown", encoding=encoding)) from error
    except UnicodeError as error:
        raise RegisterError(_file_problem(path, "file_unreadable", detail=str(error))) from error


def _encodings(path: Path, start: bytes) -> tuple[str, ...]:
    for mark, name in _BOMS:
        if start.startswith(mark):
            return (name,)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return LEGACY_ENCODINGS
    return ("utf-8",)


def _records(lines: Iterator[str], separator: str) -> Iterator[str]:
    """Joins the lines of one record. A quote that is never closed would swallow the rest of the file: after
    MAX_LINES_IN_CELL lines its line is taken alone, quote and all, and reading goes on with the next line."""
    pending: deque[str] = deque()

    def following() -> str | None:
        line = pending.popleft() if pending else next(lines, None)
        return None if line is None else line.replace("\0", "")

    while (line := following()) is not None:
        taken = [line]
        while is_open := _is_open("".join(taken), separator):
            if len(taken) > MAX_LINES_IN_CELL or (line := following()) is None:
                break
            taken.append(line)
        if is_open:
            pending.extendleft(reversed(taken[1:]))
            taken = taken[:1]
        yield "".join(taken)


def _is_open(text: str, separator: str) -> bool:
    """True where a quoted cell does not end in the text. A quote opens a cell only as its first character; one inside
    (ТОО "Мысал") is a letter like others."""
    if text.count('"') % 2 == 0:
        return False
    inside = closing = False
    at_start = True
    for character in text:
        if inside:
            inside, closing = character != '"', character == '"'
        elif character == '"' and (at_start or closing):
            inside, closing, at_start = True, False, False
        else:
            closing, at_start = False, character == separator
    return inside


def _plain(cell: object) -> CellValue:
    if isinstance(cell, datetime):
        return cell.date()
    if cell is None or isinstance(cell, bool | int | float | date):
        return cell
    return clean(cell)


def _file_problem(path: Path, code: str, **params: object) -> Problem:
    return Problem(code=code, level="error", file=path.name, params=params)
