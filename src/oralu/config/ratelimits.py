"""How often one may ask for what costs much: searches, lists taken out, papers, boards.

Counted over all processes of this machine in a small SQLite file of the data folder: outside the request's transaction,
whose rollback would forgive, and without a row that two requests of one person would wait for. With several machines
each counts for itself. Attempts to sign in are counted elsewhere, by a stricter rule."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from oralu.config.addresses import client_address

log = logging.getLogger(__name__)
FILE = "limits.sqlite3"
WAIT = 1.0
"""Seconds that a request waits for those who count before it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests of a group of routes in each window of `seconds`, for one account or, for a stranger,
    one address."""

    group: str
    count: int
    seconds: int


SEARCH = Limit("search", 120, 60)
EXPORT = Limit("export", 20, 600)
PAPER = Limit("paper", 60, 60)
FIGURES = Limit("figures", 120, 60)
ENTRY = Limit("entry", 60, 60)
LIMITS: dict[str, Limit] = {
    "search": SEARCH,
    "caseload": SEARCH,
    "caseload-csv": EXPORT,
    "referral-pdf": PAPER,
    "consent-pdf": PAPER,
    "enrol-consent-pdf": PAPER,
    "plan-print": PAPER,
    "enrolled-paper": PAPER,
    "evidence": PAPER,
    "quarantine-take": PAPER,
    "board": FIGURES,
    "board-rows": FIGURES,
    "login-passkey": ENTRY,
    "login-provider": ENTRY,
    "invitation-link": ENTRY,
}
"""By the name of the route. A person at work stays far below; a script that walks through the register does not. The
three last ones leave a session for a stranger."""


class Counter:
    """Counts by key and window in one file. `hit` never raises: a limit that cannot be counted limits nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()

    def hit(self, key: str, limit: Limit, now: float) -> float:
        """Count one request; returns 0, or the seconds to wait if it was one too many."""
        window = int(now // limit.seconds)
        try:
            count = self._add(f"{limit.group}:{limit.seconds}:{key}", window, (window + 1) * limit.seconds)
            if random.random() < 0.01:
                self._connection().execute("delete from hits where ends < ?", (now,))
        except sqlite3.Error as error:
            log.warning("requests cannot be counted: %s", error)
            self._own.connection = None
            return 0.0
        return 0.0 if count <= limit.count else max(1.0, (window + 1) * limit.seconds - now)

    def _add(self, key: str, window: int, ends: int) -> int:
        statement = "insert into hits values (?, ?, ?, 1) on conflict do update set count = count + 1 returning count"
        return int(self._connection().execute(statement, (key, window, ends)).fetchone()[0])

    def _connection(self) -> sqlite3.Connection:
        """One for each thread, made in the process that uses it."""
        known: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if known is None:
            known = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None)
            _write_ahead(known)
            known.execute("pragma synchronous = off")
            known.execute(
                "create table if not exists hits (key text, slot integer, ends integer, count integer,"
                " primary key (key, slot)) without rowid"
            )
            self._own.connection = known
        return known


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer pass each other. Of several who ask for it of a new file at the same moment SQLite tells
    some that it is locked, without the wait that it grants elsewhere: they ask again."""
    end = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


class RateLimitMiddleware:
    """Stands after sign-in is known. Too many: 429 with `Retry-After`, before the view is called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.counter = Counter(Path(settings.DATA_DIR) / FILE)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        limit = settings.RATE_LIMITS.get(match.view_name) if match is not None else None
        if limit is None:
            return None
        user = request.user.pk if request.user.is_authenticated else client_address(request)
        wait = self.counter.hit(str(user), limit, time.time())
        if not wait:
            return None
        words = {
            "title": _("Too many requests"),
            "text": _("You asked for this very often in a short time. Wait a little, then go on."),
            "language": get_language(),
        }
        response = HttpResponse(render_to_string("web/failure.html", words), status=429)
        response["Retry-After"] = str(int(wait))
        return response
