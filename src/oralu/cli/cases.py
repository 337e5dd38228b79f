"""`oralu cases import`: a register of cases, as the unit exports it. The dry run needs no Django and no database; the
import itself stands in `oralu.cli.importing`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

import click

from oralu.calendarfiles import load_calendar
from oralu.cli.importing import Wanted, run_import
from oralu.cli.reporting import Form, Reporter, write_refusal
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
@click.option("--unit", metavar="ID|NAME", help="The probation unit that the cases belong to.")
@click.option("--by", metavar="LOGIN", help="Who imports: a case manager or the head of the unit.")
@click.option("--officer", metavar="LOGIN", help="Who leads the cases (the head assigns them later if not given).")
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML: headers → fields, words → values.")
@click.option("--sheet", metavar="NAME", help="Read only this sheet of a workbook.")
@click.option("--encoding", metavar="NAME", help="Encoding of a CSV (found by itself if not given).")
@click.option(
    "--edition",
    "edition_name",
    help=f"Edition of the policy for a dry run [default: {DEFAULT_EDITION}]; an import takes the one in force.",
)
@click.option("--lang", type=click.Choice(["ru", "kk", "en"]), default="ru", show_default=True)
@click.option("--summary-only", is_flag=True, help="Of the rows, print only those with something wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: one for each row, the summary last.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as CSV.")
def import_command(
    *,
    file: Path,
    dry_run: bool,
    go_live: str | None,
    unit: str | None,
    by: str | None,
    officer: str | None,
    mapping: Path | None,
    sheet: str | None,
    encoding: str | None,
    edition_name: str | None,
    lang: str,
    summary_only: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Read a register in CSV or Excel and open a case for every row; with --dry-run only say row by row what the policy
    finds and what would be opened.

    All of the file is written or nothing; a row imported before is left as it is. Exit status: 0 if every row was
    taken, 1 if any was refused or the file cannot be read, 2 for a wrong option."""
    calendar = load_calendar()
    day = _go_live(go_live, calendar)
    form = Form(lang, summary_only, as_json)
    last: list[Edition] = []

    def read(edition: Edition) -> RegisterReading:
        last.append(edition)
        return read_register(file, edition=edition, go_live=day, mapping=mapping, sheet=sheet, encoding=encoding)

    with ExitStack() as stack:
        table = _open_table(out, stack)
        try:
            if dry_run:
                _without({"--unit": unit, "--by": by, "--officer": officer}, lang)
                refused = _dry_run(read(_edition(edition_name)), calendar, form, table)
            else:
                wanted = Wanted(_needed(unit, "--unit", lang), _needed(by, "--by", lang), officer, day, edition_name)
                refused = run_import(wanted, calendar, form, table, read=read, judge=judge)
        except RegisterError as error:
            write_refusal(error.problems, last[-1], form, out=sys.stdout, err=sys.stderr)
            raise SystemExit(1) from None
    raise SystemExit(1 if refused else 0)


def _needed(value: str | None, option: str, lang: str) -> str:
    if not value:
        raise click.UsageError(phrase("option_needed", lang, option=option))
    return value


def _without(options: dict[str, str | None], lang: str) -> None:
    """Options of the import, given to a dry run: whoever gives them may believe that something is written."""
    for option, value in options.items():
        if value is not None:
            raise click.UsageError(phrase("option_idle", lang, option=option))


def _edition(name: str | None) -> Edition:
    try:
        return load_edition(name or DEFAULT_EDITION)
    except EditionError as error:
        raise click.ClickException(str(error)) from None


def _open_table(out: Path | None, stack: ExitStack) -> TextIO | None:
    if out is None:
        return None
    try:
        return stack.enter_context(out.open("w", encoding="utf-8", newline=""))
    except OSError as error:
        raise click.ClickException(f"--out {out}: {error.strerror}") from None


def _dry_run(reading: RegisterReading, calendar: Calendar, form: Form, table: TextIO | None) -> int:
    """Prints the rows as they are read; returns how many were refused."""
    reporter = Reporter(reading, form, sys.stdout, table)
    for row in reading:
        reporter.add(*judge(row, reading, calendar))
        if reporter.summary.read % PROGRESS_EVERY == 0:
            reporter.progress("progress", reporter.summary.read)
    reporter.close(phrase("nothing_written", form.lang))
    return reporter.summary.refused


def _go_live(text: str | None, calendar: Calendar) -> date:
    if text is None:
        return datetime.now(calendar.zone).date()
    try:
        day = date.fromisoformat(text)
        calendar.index(day)
    except (ValueError, CalendarError) as error:
        raise click.BadParameter(f"{text}: {error}. Write it as 2026-12-01.", param_hint="--go-live") from None
    return day


def judge(result: RowResult, reading: RegisterReading, calendar: Calendar) -> tuple[RowResult, RowEvaluation | None]:
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
