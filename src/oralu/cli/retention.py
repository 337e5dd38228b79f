"""`oralu retention`: which personal data are kept longer than the terms say."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click

from oralu.cli.database import use_database

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("retention")
def command() -> None:
    """Terms of storage: what would be erased. The erasure itself is asked for and approved in Oralu, by two people."""


@command.command("plan")
@click.option("--on", "moment", type=DAY, help="The day to look at. [default: today]")
@click.option("--unit", type=int, help="The number of one probation unit. [default: all]")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder. [default: ORALU_DATA, else ./data]")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def plan(*, moment: datetime | None, unit: int | None, data: Path | None, as_json: bool) -> None:
    """A dry run: what is due on a day, by class of data, with the numbers of the cases. Nothing is changed."""
    from oralu.server.errors import CannotStartError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    if data is not None:
        os.environ["ORALU_DATA"] = str(data.absolute())
    with ExitStack() as stack:
        try:
            use_database(stack)
        except CannotStartError as error:
            raise click.ClickException(str(error)) from None
        import django

        django.setup()
        from django.utils import timezone

        from oralu.apps.access.walls import WrongRoleError, require_system
        from oralu.apps.routing.erasing import counted, due_on
        from oralu.apps.routing.frames import local_day
        from oralu.retentionfiles import CLASSES, RetentionError, load_retention

        try:
            require_system()
            retention = load_retention()
        except (RetentionError, WrongRoleError) as error:
            raise click.ClickException(str(error)) from None
        on = moment.date() if moment is not None else local_day(timezone.now())
        found = list(due_on(on=on, retention=retention, unit_id=unit))
    counts = counted(found)
    if as_json:
        rows = [{"unit": due.unit_id, "cases": due.cases, "classes": due.classes} for due in found]
        click.echo(json.dumps({"on": on.isoformat(), "counts": counts, "due": rows}, indent=1))
        return
    click.echo(f"Due on {on}: {counts['persons']} persons with {counts['cases']} cases. Nothing was erased.")
    for name in CLASSES:
        term = retention.terms[name]
        basis = term.words if term.basis == "law" else "to be set by the owner of the data"
        click.echo(f"  {name:10} {counts.get(name, 0):>8} persons   {term.years} years ({basis})")
    for due in found:
        click.echo(f"  unit {due.unit_id}, case {', '.join(map(str, due.cases))}: {', '.join(due.classes)}")
