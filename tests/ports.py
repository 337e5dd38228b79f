"""A port for a server that a test starts itself."""

from __future__ import annotations

import random
import socket

OUTSIDE = range(20_000, 32_000)
"""Below the ports that the system itself gives away: one that is free now is not given meanwhile to a connection."""


def free_port() -> int:
    """A port of this machine that nobody listens on; two processes that ask at once are given different ones, nearly
    always."""
    dice = random.SystemRandom()
    while True:
        port = dice.choice(OUTSIDE)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
