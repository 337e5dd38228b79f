"""`oralu demo`: fill the private database with generated cases. Real cases are never touched."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from oralu.config.environment import data_folder


@click.command("demo")
@click.option("--size", type=click.IntRange(min=1), default=150, show_default=True, help="Cases to generate.")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder. [default: ORALU_DATA, else ./data]")
@click.option("--replace", is_flag=True, help="Throw away the demo that is there, with all that was tried on it.")
def command(*, size: int, data: Path | None, replace: bool) -> None:
    """Load the demo cohort into the private database; only into an empty one, or in place of an earlier demo."""
    from oralu.server.errors import CannotStartError
    from oralu.server.supervisor import fill_with_demo

    if "DATABASE_URL" in os.environ:
        click.echo("DATABASE_URL is set: the demo is loaded into a private database only, so unset it first.", err=True)
        sys.exit(1)
    try:
        fill_with_demo((data or data_folder()).absolute(), size, replace=replace, say=click.echo)
    except CannotStartError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
