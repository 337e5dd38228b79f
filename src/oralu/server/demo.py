"""The demo cohort, loaded by a process of its own as the application role: it passes the same walls as a real user."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from importlib.util import find_spec

import click


def available() -> bool:
    """Whether this installation has a demo cohort to load."""
    return find_spec("oralu.demo") is not None


@click.group()
def demo() -> None:
    """Started by the supervisor."""
    import django

    django.setup()


@demo.command()
@click.option("--size", type=click.IntRange(min=1), required=True)
def load(size: int) -> None:
    """Load `size` generated cases, saying how far it is and how long it will take."""
    started = time.monotonic()

    def progress(done: int, total: int) -> None:
        if not sys.stdout.isatty() and done < total:
            return
        passed = time.monotonic() - started
        left = f", about {passed / done * (total - done):.0f} s left" if 0 < done < total else ""
        click.echo(f"\rLoading the demo cohort: {done} of {total}{left}   ", nl=done >= total)

    import_module("oralu.demo").load(size=size, progress=progress)


@demo.command()
def accounts() -> None:
    """List who may sign in to the demo."""
    for account in import_module("oralu.apps.access.demo").accounts():
        click.echo("  " + "  ".join(str(part) for part in account))


if __name__ == "__main__":
    demo()
