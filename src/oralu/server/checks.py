"""What is looked at before anything is started."""

from __future__ import annotations

import errno
import socket

from oralu.config.environment import PROJECT_FOLDER
from oralu.server.errors import CannotStartError


def check_browser_files() -> None:
    """Raises CannotStartError when set-up never fetched what the pages need."""
    if not (PROJECT_FOLDER / "node_modules" / "htmx.org").is_dir():
        raise CannotStartError(
            f"The browser files are missing ({PROJECT_FOLDER / 'node_modules'}): "
            "run `make setup`, which needs Node.js 18 or newer with npm."
        )


def check_port(host: str, port: int) -> None:
    """Raises CannotStartError when the address cannot be listened on, before anything has been started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStartError(
                    f"Port {port} is taken by another program: choose another, for example PORT={port + 1}."
                ) from error
            raise CannotStartError(f"Oralu cannot listen on {host}:{port} ({error.strerror}).") from error


def reachable_host(host: str) -> str:
    """The address to show and to ask: "every interface" is no address that a browser can open."""
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host
