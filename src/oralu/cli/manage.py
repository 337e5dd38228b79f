"""`oralu manage …`: Django's own commands, on the right database and as the right role."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import click

from oralu.cli.database import use_database

AS_OWNER = {"migrate", "sqlmigrate", "showmigrations", "flush", "sqlflush"}
WITHOUT_DATABASE = {"check", "help", "makemessages", "compilemessages", "makemigrations", "collectstatic", "findstatic"}


@click.command("manage", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run a management command of Django.

    Without DATABASE_URL it uses the private database: the running one, or one started for as long as the command lasts.
    Commands that change the schema run as its owner, all others as the role of the system's own processes.
    """
    from oralu.server.errors import CannotStartError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    name = arguments[0] if arguments else "help"
    if name in AS_OWNER:
        os.environ["ORALU_AS"] = "owner"
    with ExitStack() as stack:
        try:
            if name not in WITHOUT_DATABASE:
                use_database(stack)
        except CannotStartError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        from django.core.management import execute_from_command_line

        execute_from_command_line(["oralu manage", *arguments])
