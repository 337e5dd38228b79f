"""`oralu doctor`: is this installation well, in words for a person or in JSON for a monitor."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click

from oralu.cli.database import use_database

MARKS = {"ok": "ok     ", "warning": "WARNING", "alarm": "ALARM  "}


@click.command("doctor")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder. [default: ORALU_DATA, else ./data]")
@click.option("--json", "as_json", is_flag=True, help="Codes, levels and numbers, for a monitor.")
def command(*, data: Path | None, as_json: bool) -> None:
    """Ask how this installation is: database, schema, roles, worker, deadlines, e-mail, room, backups, HTTPS.

    Exit status 0: well, or with warnings. 1: something has to be done now.
    """
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
        from oralu.config.doctor import Level, examine, worst

        found = examine()
    status = worst(found)
    if as_json:
        click.echo(json.dumps({"status": status, "findings": [asdict(finding) for finding in found]}, indent=1))
    else:
        for finding in sorted(found, key=lambda f: -list(Level).index(f.level)):
            click.echo(f"{MARKS[finding.level]} {finding.code:<16} {finding.words}")
    sys.exit(1 if status is Level.ALARM else 0)
