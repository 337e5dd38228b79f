"""`oralu backup` and `oralu restore`: the register taken away safely, and brought back as it was at a moment."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oralu.config.environment import data_folder

if TYPE_CHECKING:
    from oralu.server.backup.restoring import Restored

FOLDER = click.Path(path_type=Path)


@click.command("backup")
@click.argument("target", type=FOLDER)
@click.option("--data", type=FOLDER, help="Data folder. [default: ORALU_DATA, else ./data]")
@click.option("--encrypt-to", "recipients", multiple=True, metavar="KEY", help="Public key of age; may be repeated.")
def command(*, target: Path, data: Path | None, recipients: tuple[str, ...]) -> None:
    """Back up the database and every file of the register, while people go on working.

    TARGET is a folder, in which a folder with the time in its name is made, or a file that ends in .tar or .tar.age.
    The register is held for at most half a second. From the first backup on, the log of the private database is
    archived, so that every later moment can be restored.
    """
    from oralu.server.backup.taking import take
    from oralu.server.errors import CannotStartError

    try:
        done = take((data or data_folder()).absolute(), target.absolute(), list(recipients), dict(os.environ))
    except CannotStartError as error:
        raise click.ClickException(str(error)) from None
    rows = sum(int(table["rows"]) for table in done.manifest.tables.values())
    click.echo(
        f"{done.path}\n{len(done.manifest.tables)} tables, {rows} rows, {len(done.manifest.files)} files, "
        f"{done.bytes / 1e6:.1f} MB, as of {done.manifest.taken_at}, in {done.seconds:.1f} s.\n"
        f"Keep this line elsewhere, it proves that the backup is this one: sha256 {done.fingerprint}"
    )
    if done.manifest.kind == "dump":
        click.echo("A moment between two backups can be restored only from the archive of that database server.")
    if not done.manifest.exact:
        click.echo("Somebody wrote without a pause: the counts in the manifest may differ by what was written then.")


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | str | None:
    if value is None or value == "latest":
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} is not a moment: write it with its UTC offset, 2026-11-22T10:15:00+05:00.")
    return moment


@click.command("restore")
@click.argument("backup", type=FOLDER)
@click.option("--data", type=FOLDER, required=True, help="The new data folder: empty, or not there yet.")
@click.option("--to", callback=_moment, help="A moment after the backup, with its UTC offset, or `latest`.")
@click.option("--old", type=FOLDER, help="The lost data folder, if anything is left of it: its log and newer files.")
@click.option("--log", type=FOLDER, help="The archive of the log, if it is not where it was at the backup.")
@click.option("--identity", type=FOLDER, help="File with the private key, for an encrypted backup.")
def restore_command(
    *, backup: Path, data: Path, to: datetime | str | None, old: Path | None, log: Path | None, identity: Path | None
) -> None:
    """Bring a register back into an empty folder, as it was at the backup or at a later moment.

    The backup is compared with its manifest before anything is written. Exit status 1: nothing was restored.
    """
    from oralu.server.backup.restoring import Wish, restore
    from oralu.server.errors import CannotStartError

    wish = Wish(
        backup=backup.absolute(),
        data=data.absolute(),
        to=to if isinstance(to, datetime) else None,
        latest=to == "latest",
        old=old.absolute() if old else None,
        log=log.absolute() if log else None,
        identity=identity,
    )
    try:
        done = restore(wish, dict(os.environ), click.echo)
    except CannotStartError as error:
        raise click.ClickException(str(error)) from None
    _tell(done, data)


def _tell(done: Restored, data: Path) -> None:
    when = done.reached.isoformat() if done.reached else "nothing"
    click.echo(
        f"Restored into {data}: {len(done.tables)} tables, {done.rows} rows, in {done.seconds:.1f} s. "
        f"The last entry of the journal is of {when}.\nManifest: sha256 {done.fingerprint}"
    )
    if done.differing:
        click.echo(f"Not as the manifest says: {', '.join(done.differing)}.")
    if done.missing:
        click.echo(f"{len(done.missing)} files of evidence are missing: {', '.join(done.missing[:5])}")
    click.echo(
        f"{done.sessions} sessions were ended: everybody signs in anew. E-mail sent after that moment is sent again, "
        "with the same Message-ID. Deadlines go on as soon as Oralu runs. Take a new backup now. What the journal said "
        "after that moment is gone: see `oralu journal verify`, and acknowledge it by `oralu journal restored`."
    )
