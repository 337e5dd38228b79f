"""The demo cohort, loaded by a process of its own as the application role: it passes the same walls as a real user."""

from __future__ import annotations

import sys
import time
from importlib import import_module

import click


class Progress:
    """Says how far a long work is: on a terminal by one line that is written over, elsewhere (a log, a service) by a
    line every tenth part, so that nobody takes a long silence for a standstill."""

    PARTS = 10

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live
        self._started = time.monotonic()
        self._said = 0

    def __call__(self, done: int, total: int) -> None:
        part = done * self.PARTS // total
        if not self._is_live and part <= self._said:
            return
        self._said = part
        passed = time.monotonic() - self._started
        left = f", about {passed / done * (total - done):.0f} s left" if 0 < done < total else f", {passed:.0f} s"
        words = f"Loading the demo cohort: {100 * done // total} %{left}"
        click.echo(f"\r{words}   " if self._is_live else words, nl=not self._is_live or done >= total)


@click.group()
def demo() -> None:
    """Started by the supervisor."""
    import django

    django.setup()


@demo.command()
@click.option("--size", type=click.IntRange(min=1), required=True)
def load(size: int) -> None:
    """Load `size` generated cases, saying how far it is and how long it will take."""
    import_module("oralu.demo").load(size=size, progress=Progress(is_live=sys.stdout.isatty()))


@demo.command()
def accounts() -> None:
    """List who may sign in to the demo."""
    for account in import_module("oralu.apps.access.demo").accounts():
        click.echo("  " + "  ".join(str(part) for part in account))


if __name__ == "__main__":
    demo()
