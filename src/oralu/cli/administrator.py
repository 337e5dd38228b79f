"""`oralu administrator`: the first account of an installation. Everybody else is created on the screens."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime

import click

from oralu.cli.database import use_database


@click.command("administrator")
@click.option("--login", required=True, help="The login, e.g. admin.")
@click.option("--name", required=True, help="The full name, as it stands on the screens.")
@click.password_option(help="Asked for if not given; at least 12 characters.")
def command(login: str, name: str, password: str) -> None:
    """Create an administrator, who then creates agencies and accounts on the screens.

    Exit status 1 with one sentence: the login is taken, the password is weak, the database cannot be reached."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    with ExitStack() as stack:
        use_database(stack)
        import django

        django.setup()
        from django.core.exceptions import ValidationError

        from oralu.apps.access.models import Role, User
        from oralu.apps.access.services import user_save

        try:
            user_save(
                user=User(username=login, full_name=name, role=Role.ADMINISTRATOR),
                password=password,
                actor=None,
                at=datetime.now(UTC),
            )
        except ValidationError as error:
            raise click.ClickException(" ".join(error.messages)) from None
        click.echo(f"The administrator {login} may sign in.")
