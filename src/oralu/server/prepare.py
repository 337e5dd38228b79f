"""What must be true before the web server starts: the schema is current, the browser files are collected.

A process of its own, since it speaks to the database as the owner, and the web server never may.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
from pathlib import Path

import click


@click.command()
@click.option("--migrate/--check-only", default=True, help="Migrate, or only say what is missing.")
def prepare(migrate: bool) -> None:
    """Exit code 0: ready. 1: not, and the reason stands in one sentence on stderr."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import SystemCheckError
    from django.db import Error

    try:
        django.setup()
        check()
        if waiting := waiting_migrations():
            if not migrate:
                sys.exit(
                    f"The database lacks {waiting} migrations: give ORALU_OWNER_DATABASE_URL, the address of its "
                    "owner, and Oralu migrates by itself."
                )
            _migrate(waiting)
        if migrate:
            _raise_walls()
        collect_static()
    except SystemCheckError as error:
        sys.exit(f"Oralu refuses to start: {' '.join(str(error).split())}")
    except (ImproperlyConfigured, Error) as error:
        sys.exit(f"The database cannot be prepared: {' '.join(str(error).split())}")


def check() -> None:
    """Raises SystemCheckError when an address, a setting or a model is not as it must be: an address that nobody has
    given a permission, a purpose and an audit class is never served."""
    from django.core.management import call_command

    call_command("check", verbosity=0, stdout=io.StringIO())


def waiting_migrations() -> int:
    """How many migrations the connected database still lacks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(waiting: int) -> None:
    from django.core.management import call_command

    click.echo(f"Preparing the database ({waiting} steps)…")
    call_command("migrate", verbosity=0, interactive=False)


def _raise_walls() -> None:
    from oralu.apps.access import rowsecurity

    rowsecurity.apply()


def collect_static() -> None:
    """Gather, compress and name by content the browser files, if any of them changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    files = [(name, Path(store.path(name)).stat()) for finder in get_finders() for name, store in finder.list([])]
    listing = repr(sorted((name, status.st_size, status.st_mtime_ns) for name, status in files))
    fingerprint = hashlib.sha256(listing.encode()).hexdigest()
    stamp = Path(settings.STATIC_ROOT) / "collected.stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(fingerprint, encoding="ascii")


if __name__ == "__main__":
    prepare()
