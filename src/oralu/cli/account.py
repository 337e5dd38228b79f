"""`oralu account`: the way back in when nobody is left who could help on the screens, such as the only administrator
without the phone. Who may run it on the server may do everything there anyway; the journal says that the system did it.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime

import click

from oralu.cli.database import use_database


@click.command("account")
@click.argument("login")
@click.option("--reset-factors", is_flag=True, help="Remove every second factor; a new one is set up at sign-in.")
@click.option("--invite", is_flag=True, help="Print a link that works once within three days; the password ends.")
def command(login: str, reset_factors: bool, invite: bool) -> None:
    """Let the owner of the account LOGIN in again.

    Exit status 1 with one sentence: no such account, nothing asked for, a closed account."""
    if not (reset_factors or invite):
        raise click.ClickException("Say what to do: --reset-factors, --invite, or both.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    with ExitStack() as stack:
        use_database(stack)
        import django

        django.setup()
        from django.conf import settings
        from django.core.exceptions import ValidationError
        from django.db import transaction
        from django.urls import reverse

        from oralu.apps.access.factors import factors_reset
        from oralu.apps.access.invitations import invitation_make, token_make
        from oralu.apps.access.selectors import user_by_login

        user, at = user_by_login(login), datetime.now(UTC)
        if user is None:
            raise click.ClickException(f"There is no account {login}.")
        try:
            with transaction.atomic():
                if reset_factors:
                    factors_reset(user=user, actor=None, at=at)
                made = invitation_make(user=user, actor=None, at=at) if invite else None
        except ValidationError as error:
            raise click.ClickException(" ".join(error.messages)) from None
        if reset_factors:
            click.echo(f"The second factors of {login} are gone.")
        if made is not None:
            origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://localhost:8000").rstrip("/")
            click.echo(origin + reverse("invitation-link", args=[token_make(made.pk, made.nonce)]))
