"""`oralu clock`: when a deadline falls. Works without Django, a database or a server."""

from __future__ import annotations

from datetime import datetime

import click

from oralu.calendarfiles import load_calendar, load_calendar_file
from oralu.core.worktime import Allowance, AllowanceError, CalendarError, due


@click.group(name="clock")
def command() -> None:
    """Working time: when a deadline falls."""


@command.command(name="due")
@click.option("--start", required=True, metavar="TIME", help="Start with its UTC offset: 2026-03-20T17:30:00+05:00.")
@click.option("--allow", required=True, metavar="TERM", help="PT24H (hours), 3WD (working days) or P7D (days).")
def due_command(start: str, allow: str) -> None:
    """Print the due time in ISO 8601, in the time of Almaty."""
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise click.ClickException(
            f"--start {start!r} is not a time: write it with its UTC offset, as in 2026-03-20T17:30:00+05:00"
        ) from None
    calendar = load_calendar()
    try:
        click.echo(due(moment, Allowance.parse(allow), calendar).isoformat())
    except AllowanceError as error:
        raise click.ClickException(f"--allow: {error}") from None
    except (CalendarError, OverflowError) as error:
        raise click.ClickException(f"--start: {error}") from None


@command.command(name="calendar")
@click.option("--year", required=True, type=int, metavar="YEAR")
@click.option("--lang", type=click.Choice(["kk", "ru", "en"]), default="en", show_default=True)
def calendar_command(year: int, lang: str) -> None:
    """Print the days of a year that are not what their weekday says."""
    source = load_calendar_file()
    if not source.calendar.first.year <= year <= source.calendar.last.year:
        covers = f"{source.calendar.first} to {source.calendar.last}"
        raise click.ClickException(f"--year {year} is outside the working calendar, which covers {covers}")
    for day in sorted(d for d in source.calendar.special if d.year == year):
        special = source.calendar.special[day]
        label = source.labels[special.code][lang] if special.code else ""
        origin = "" if special.source == day else f"({special.source})"
        status = "" if special.status != "expected" else "expected"
        parts = (day.isoformat(), f"{special.why:<13}", origin, label, status)
        click.echo("  ".join(part for part in parts if part))
