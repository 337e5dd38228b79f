"""`oralu cases import`: a register of cases, as the unit exports it. The dry run needs no Django and no database."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition
from oralu.core.worktime import Calendar, CalendarError
from oralu.policyfiles import DEFAULT_EDITION, EditionError, load_edition
from oralu.register import (
    Problem,
    RegisterError,
    RegisterReading,
    RowEvaluation,
    RowResult,
    evaluate_row,
    read_register,
)
from oralu.register.messages import phrase
from oralu.register.report import CsvReport, opening_lines, problem_json, problem_lines, row_json, row_lines
from oralu.register.summary import Summary

PROGRESS_EVERY = 5000


@click.group(name="cases")
def command() -> None:
    """Import a register of cases."""


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read, judge and report; write nothing.")
@click.option(
    "--go-live", "go_live", metavar="DATE", help="The day on which the needs start, as 2026-12-01 (today if not given)."
)
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML: headers → fields, words → values.")
@click.option("--sheet", metavar="NAME", help="Read only this sheet of a workbook.")
@click.option("--encoding", metavar="NAME", help="Encoding of a CSV (found by itself if not given).")
@click.option("--edition", "edition_name", default=DEFAULT_EDITION, show_default=True, help="Edition of the policy.")
@click.option("--lang", type=click.Choice(["ru", "kk", "en"]), default="ru", show_default=True)
@click.option("--summary-only", is_flag=True, help="Of the rows, print only those with something wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: one for each row, the summary last.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as CSV.")
def import_command(
    *,
    file: Path,
    dry_run: bool,
    go_live: str | None,
    mapping: Path | None,
    sheet: str | None,
    encoding: str | None,
    edition_name: str,
    lang: str,
    summary_only: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Read a register in CSV or Excel, and say row by row what the policy finds and what would be opened.

    Exit status: 0 if every row was taken, 1 if any was refused or the file cannot be read."""
    calendar = load_calendar()
    day = _go_live(go_live, calendar)
    if not dry_run:
        raise click.UsageError(phrase("dry_run_only", lang))
    try:
        edition = load_edition(edition_name)
    except EditionError as error:
        raise click.ClickException(str(error)) from None
    try:
        reading = read_register(file, edition=edition, go_live=day, mapping=mapping, sheet=sheet, encoding=encoding)
        refused = _report(reading, calendar, lang, summary_only=summary_only, as_json=as_json, out=out)
    except RegisterError as error:
        _print_refusal(error.problems, edition, lang, as_json)
        raise SystemExit(1) from None
    raise SystemExit(1 if refused else 0)


def _go_live(text: str | None, calendar: Calendar) -> date:
    if text is None:
        return datetime.now(calendar.zone).date()
    try:
        day = date.fromisoformat(text)
        calendar.index(day)
    except (ValueError, CalendarError) as error:
        raise click.BadParameter(f"{text}: {error}. Write it as 2026-12-01.", param_hint="--go-live") from None
    return day


def _report(
    reading: RegisterReading, calendar: Calendar, lang: str, *, summary_only: bool, as_json: bool, out: Path | None
) -> int:
    """Prints the rows as they are read; returns how many were refused."""
    edition, summary, started = reading.edition, Summary(), time.monotonic()
    with ExitStack() as stack:
        csv_report = None
        if out is not None:
            try:
                stream = stack.enter_context(out.open("w", encoding="utf-8", newline=""))
            except OSError as error:
                raise click.ClickException(f"--out {out}: {error.strerror}") from None
            csv_report = CsvReport(stream, reading.file, edition, lang)
        if not as_json:
            _print_lines(opening_lines(reading, lang))
        for row in reading:
            result, judged = _judge(row, reading, calendar)
            summary.add(result, judged)
            if csv_report is not None:
                csv_report.add(result, judged)
            if as_json:
                _print_json(row_json(result, judged, reading.file, edition, lang))
            elif not summary_only or result.problems:
                _print_lines(row_lines(result, judged, edition, lang))
            if summary.read % PROGRESS_EVERY == 0:
                rate = round(summary.read / (time.monotonic() - started))
                click.echo(phrase("progress", lang, count=summary.read, rate=rate), err=True)
    if as_json:
        _print_json({"summary": summary.as_json() | {"left_out": dict(reading.skipped)}})
    else:
        _print_lines(["", *summary.lines(edition, lang, reading.skipped), "", phrase("nothing_written", lang)])
    return summary.refused


def _judge(result: RowResult, reading: RegisterReading, calendar: Calendar) -> tuple[RowResult, RowEvaluation | None]:
    """The evaluation of a row. One whose clocks run beyond the calendar is refused; the others go on."""
    if result.intake is None:
        return result, None
    try:
        return result, evaluate_row(reading.edition, calendar, result.intake, reading.go_live)
    except CalendarError as error:
        column = reading.layouts[0].of("enrolled_on")[0]
        problem = Problem(
            "not_evaluated",
            "error",
            reading.file,
            result.sheet,
            result.row,
            column.letter,
            column.header,
            str(result.intake.enrolled_on),
            {"detail": str(error)},
        )
        return replace(result, intake=None, problems=(*result.problems, problem)), None


def _print_refusal(problems: tuple[Problem, ...], edition: Edition, lang: str, as_json: bool) -> None:
    for problem in problems:
        if as_json:
            _print_json({"problem": problem_json(problem, edition, lang)})
        else:
            _print_lines(problem_lines(problem, edition, lang), err=True)


def _print_lines(lines: object, *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    stream.writelines(f"{line}\n" for line in lines)  # type: ignore[attr-defined]


def _print_json(item: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
