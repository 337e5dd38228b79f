"""A worker that lives and does nothing is worse than a dead one, which is started again at once: it is noticed here."""

from __future__ import annotations

import sys
import time

import psycopg

from oralu.config.environment import number
from oralu.server.children import Child

INTERVAL = 10.0


class Watchdog:
    """Ends a worker whose heartbeat has stood still, so that the supervisor starts another.

    Nothing is lost by it: whatever the worker had in hand is one transaction, and stays due.

    Args:
        url: the database as the application role.
        worker: the process that is watched.

    ORALU_WORKER_SILENCE (120) is the silence in seconds, of the heartbeat and of the process itself: a worker that has
    just been started is given as long.
    """

    def __init__(self, url: str, worker: Child) -> None:
        self._url, self._worker = url, worker
        self._silence = number("ORALU_WORKER_SILENCE", default=120, least=3)
        self._asked = time.monotonic()
        self._process, self._since = worker.process, time.monotonic()

    def look(self) -> None:
        """Cheap to call often: the database is asked every INTERVAL seconds at most."""
        now = time.monotonic()
        if self._worker.process is not self._process:
            self._process, self._since = self._worker.process, now
        if now - self._asked < min(INTERVAL, self._silence / 2) or now - self._since < self._silence:
            return
        self._asked = now
        silent = self._silent_for()
        if silent is None or silent < self._silence or self._process is None or self._process.poll() is not None:
            return
        print(f"The worker has been silent for {silent:.0f} s and is ended.", file=sys.stderr, flush=True)
        self._process.kill()
        self._process.wait()

    def _silent_for(self) -> float | None:
        """Seconds since the last heartbeat; None when the database does not answer, which is not the worker's fault."""
        try:
            with psycopg.connect(self._url, connect_timeout=5) as database:
                statement = "select extract(epoch from clock_timestamp() - seen_at)::float from routing_heartbeat"
                row = database.execute(statement).fetchone()
        except psycopg.Error:
            return None
        return float(row[0]) if row and row[0] is not None else None
