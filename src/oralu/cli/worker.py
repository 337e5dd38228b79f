"""`oralu worker`: the process that sweeps due clocks and sends the outbox. `oralu run` starts one by itself."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import click


@click.command("worker")
def command() -> None:
    """Sweep due clocks and send the outbox until told to stop. Any number of workers may run at once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    os.environ.setdefault("ORALU_AS", "worker")
    import django

    django.setup()
    from oralu.apps.routing.worker import run
    from oralu.config.logs import log_uncaught

    log_uncaught()
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    for word in (signal.SIGINT, signal.SIGTERM):
        signal.signal(word, ask_to_stop)
    run(stop)
