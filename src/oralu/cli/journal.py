"""`oralu journal`: is the record of what was done and read still what was written?"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from pwd import getpwuid
from typing import TYPE_CHECKING, Any

import click

from oralu.cli.database import use_database

if TYPE_CHECKING:
    from oralu.apps.access.models import User
    from oralu.apps.journal.verifying import Report


def _ready(stack: ExitStack, data: Path | None) -> None:
    from oralu.server.errors import CannotStartError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    if data is not None:
        os.environ["ORALU_DATA"] = str(data.absolute())
    try:
        use_database(stack)
    except CannotStartError as error:
        raise click.ClickException(str(error)) from None
    import django

    django.setup()


DATA = click.option("--data", type=click.Path(path_type=Path), help="Data folder. [default: ORALU_DATA, else ./data]")
HEADS = click.option("--heads", type=click.Path(path_type=Path), help="The heads kept outside. [ORALU_JOURNAL_HEADS]")


@click.group("journal")
def command() -> None:
    """The sealed journal: verify it, hand out its public key, acknowledge a restore."""


@command.command("verify")
@DATA
@HEADS
@click.option("--key", type=click.Path(path_type=Path), help="The public key or keys (PEM). [default: of this machine]")
@click.option("--by", metavar="LOGIN", help="Your account in Oralu, to be named on the page of the auditors.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def verify(*, data: Path | None, heads: Path | None, key: Path | None, by: str | None, as_json: bool) -> None:
    """Compute every row, seal and signature anew, and compare the seals with the heads outside the database.

    An auditor gives --key and --heads from a copy of their own: then nothing on this machine has to be believed.

    That it was run, by whom, and what came of it, becomes an entry of the journal and stands on the page of the
    auditors: the account of the operating system always, and the one that --by names.

    Exit status 0: whole. 1: something was changed, deleted, or is not sealed. 2: it could not be looked at."""
    with ExitStack() as stack:
        _ready(stack, data)
        from django.conf import settings

        from oralu.apps.journal.keyring import keyring
        from oralu.apps.journal.keys import KeyUnusableError
        from oralu.apps.journal.verifying import journal_verify

        actor = _account(by)
        try:
            ring = keyring(key or Path(settings.JOURNAL_KEY))
        except KeyUnusableError as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        report = journal_verify(ring=ring, heads=heads or Path(settings.JOURNAL_HEADS))
        _keep(report, is_apart=key is not None and heads is not None, actor=actor)
    if as_json:
        click.echo(json.dumps({"whole": not report.findings, **asdict(report)}, indent=1))
    else:
        for found in report.findings:
            click.echo(found.words)
        for notice in report.notices:
            click.echo(f"Note: {notice}")
        rows = f"{report.entries} entries and {report.accesses} readings under {report.seals} seals"
        more = f", {report.erased} of them erased" if report.erased else ""
        waits = f"; {report.waiting} wait for their seal" if report.waiting else ""
        verdict = "The journal is NOT whole" if report.findings else "The journal is whole"
        click.echo(f"{verdict}: {rows}{more}{waits}.")
    sys.exit(1 if report.findings else 0)


def _account(login: str | None) -> User | None:
    from oralu.apps.access.selectors import user_by_login

    if login is None:
        return None
    found = user_by_login(login)
    if found is None or not found.is_active:
        raise click.UsageError(f"There is no active account {login}: give --by a login of Oralu, or leave it out.")
    return found


def operator() -> str:
    """The account of the operating system under which this runs; where it was entered by `sudo`, from which."""
    own = getpwuid(os.getuid()).pw_name
    before = os.environ.get("SUDO_USER", "")
    return f"{before[:32]} (sudo: {own})" if before and before != own else own


def _keep(report: Report, *, is_apart: bool, actor: User | None) -> None:
    """Whoever verifies a copy of the database that takes no writing learns the result all the same."""
    from django.db import DatabaseError

    from oralu.apps.journal.verified import verification_record

    try:
        verification_record(report=report, is_apart=is_apart, at=datetime.now(UTC), actor=actor, operator=operator())
    except DatabaseError as error:
        click.echo(f"Note: this verification is not recorded ({type(error).__name__}).", err=True)


@command.command("key")
@DATA
def key(*, data: Path | None) -> None:
    """Print the public key that verifies the seals, made now if there is none; once it has been changed all of them,
    each with its date. Keep a copy away from this machine."""
    settings = _settings(data)
    from oralu.apps.journal.keyring import keys_told
    from oralu.apps.journal.keys import KeyUnusableError

    try:
        click.echo(keys_told(Path(settings.JOURNAL_KEY)), nl=False)
    except KeyUnusableError as error:
        raise click.ClickException(str(error)) from None


@command.command("change-key")
@DATA
def change_key(*, data: Path | None) -> None:
    """Put a new key in the place of the one that signs the seals. What the earlier one has signed still verifies, by
    the list of public keys in `journal-keys.pem` beside it; what it signs from now on does not. The worker takes the
    new key with its next seal. Give the auditor the list anew: `oralu journal key`."""
    settings = _settings(data)
    from oralu.apps.journal.keyring import key_change
    from oralu.apps.journal.keys import KeyUnusableError

    try:
        earlier, fresh = key_change(Path(settings.JOURNAL_KEY), at=datetime.now(UTC))
    except KeyUnusableError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Key {fresh} signs from now on; {earlier} did until now. Give the auditor: oralu journal key")


def _settings(data: Path | None) -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    if data is not None:
        os.environ["ORALU_DATA"] = str(data.absolute())
    import django

    django.setup()
    from django.conf import settings

    return settings


@command.command("restored")
@DATA
@click.option("--reason", required=True, help="Why a backup was put back, e.g. the number of the act.")
def restored(*, data: Path | None, reason: str) -> None:
    """Acknowledge that a backup was put back: seals that were named outside and are gone are told as a note from now
    on, with this reason, and the journal goes on. The acknowledgement itself stays in the file of heads."""
    with ExitStack() as stack:
        _ready(stack, data)
        from oralu.apps.journal.keys import KeyUnusableError
        from oralu.apps.journal.restored import NothingLostError, restore_acknowledge

        try:
            last, gone = restore_acknowledge(reason=reason, at=datetime.now(UTC))
        except (NothingLostError, KeyUnusableError, OSError) as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"Acknowledged: {gone} seals named outside are gone; the journal goes on after seal {last}.")
