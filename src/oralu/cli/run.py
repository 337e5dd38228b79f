"""`oralu run`: everything on this machine, by one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from oralu.config.environment import data_folder


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, envvar="PORT")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder. [default: ORALU_DATA, else ./data]")
@click.option("--demo/--no-demo", default=True, show_default=True, help="Fill an empty private database with a demo.")
@click.option("--demo-size", type=click.IntRange(min=1), default=150, show_default=True, help="Cases in the demo.")
@click.option(
    "--web-workers", type=click.IntRange(min=1), help="Processes that serve pages. [default: 1 per core, 4 at most]"
)
def command(*, host: str, port: int, data: Path | None, demo: bool, demo_size: int, web_workers: int | None) -> None:
    """Start Oralu here: database, web server and worker. Ctrl-C stops it.

    DATABASE_URL, if set, is used instead of a private database; then nothing is loaded into it.
    """
    from oralu.server.errors import CannotStartError
    from oralu.server.supervisor import Plan, run

    plan = Plan(
        folder=(data or data_folder()).absolute(),
        host=host,
        port=port,
        web_workers=web_workers or min(4, os.cpu_count() or 1),
        demo_size=demo_size if demo else None,
    )
    try:
        run(plan, say=click.echo)
    except CannotStartError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
