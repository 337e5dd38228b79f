"""The web server: granian with Django behind WSGI. Run by the supervisor as `python -m oralu.server.web`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from oralu.server.processes import die_with_parent

THREADS = 8


def load() -> Callable[..., Any]:
    """Runs inside each of granian's own workers, which would otherwise outlive a killed main process."""
    die_with_parent(signal.SIGTERM)
    from oralu.config.logs import log_uncaught
    from oralu.config.wsgi import application

    log_uncaught()
    return application


def preload() -> None:
    """Load Django and every address before the workers are forked: once for all, and a page that cannot be loaded
    stops the start. Nothing here may open a connection or a thread, which a fork would break."""
    from django.urls import get_resolver

    from oralu.config.wsgi import application

    assert application is not None
    _ = get_resolver().reverse_dict


@click.command()
@click.option("--host", required=True)
@click.option("--port", type=int, required=True)
@click.option("--workers", type=int, required=True)
def serve(host: str, port: int, workers: int) -> None:
    """Serve until told to stop. No access log: addresses of pages name cases, and logs carry no personal data."""
    preload()
    server = Server(
        "oralu.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=256,
        workers_kill_timeout=5,
        log_access=False,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    serve()
