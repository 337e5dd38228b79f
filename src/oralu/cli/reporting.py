"""The report on a register, row by row: in words or as JSON lines, and as a table beside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

import click

from oralu.core.edition import Edition
from oralu.register import Problem, RegisterReading, RowEvaluation, RowResult
from oralu.register.messages import phrase
from oralu.register.report import CsvReport, RowFate, opening_lines, problem_json, problem_lines, row_json, row_lines
from oralu.register.summary import Summary


@dataclass(frozen=True, slots=True)
class Form:
    """How the report is wanted."""

    lang: str
    summary_only: bool
    as_json: bool


@dataclass(slots=True)
class Reporter:
    """Writes to `stream`, and to `table` as CSV if there is one. `title`: `title` or `title_import`."""

    reading: RegisterReading
    form: Form
    stream: TextIO
    table: TextIO | None
    title: str = "title"
    summary: Summary = field(default_factory=Summary)
    _csv: CsvReport | None = field(init=False, default=None)
    _started: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.table is not None:
            self._csv = CsvReport(self.table, self.reading.file, self.reading.edition, self.form.lang)
        if not self.form.as_json:
            write_lines(opening_lines(self.reading, self.form.lang, self.title), self.stream)

    def add(self, result: RowResult, judged: RowEvaluation | None, fate: RowFate | None = None) -> None:
        """One row, with what an import made of it."""
        edition, lang = self.reading.edition, self.form.lang
        already = fate is not None and fate.already
        self.summary.add(result, judged, already=already)
        if self._csv is not None:
            self._csv.add(result, judged, fate)
        if self.form.as_json:
            write_json(row_json(result, judged, self.reading.file, edition, lang, fate=fate), self.stream)
        elif not self.form.summary_only or (result.problems and not already):
            write_lines(row_lines(result, judged, edition, lang, fate), self.stream)

    def progress(self, code: str, count: int) -> None:
        """How far it is, beside the report."""
        rate = round(count / max(time.monotonic() - self._started, 0.001))
        click.echo(phrase(code, self.form.lang, count=count, rate=rate), err=True)

    def close(self, last: str) -> None:
        """The summary, and the last word."""
        edition, lang, skipped = self.reading.edition, self.form.lang, self.reading.skipped
        if self.form.as_json:
            notes = [problem_json(note, edition, lang) for note in self.reading.notes]
            extra = {"left_out": dict(skipped), "notes": notes}
            write_json({"summary": self.summary.as_json() | extra}, self.stream)
        else:
            write_lines(["", *self.summary.lines(edition, lang, skipped), "", last], self.stream)


def write_refusal(problems: Iterable[Problem], edition: Edition, form: Form, *, out: TextIO, err: TextIO) -> None:
    """Why a file cannot be read as a whole."""
    for problem in problems:
        if form.as_json:
            write_json({"problem": problem_json(problem, edition, form.lang)}, out)
        else:
            write_lines(problem_lines(problem, edition, form.lang), err)


def write_lines(lines: Iterable[str], stream: TextIO) -> None:
    stream.writelines(f"{line}\n" for line in lines)


def write_json(item: dict[str, object], stream: TextIO) -> None:
    stream.write(json.dumps(item, ensure_ascii=False) + "\n")
