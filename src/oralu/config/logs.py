"""What is written to the log: JSON lines composed of named fields, none of which can hold anything about a person.

A line is put together from a list of what may stand in it, not cleaned of what may not. An exception is told by its
class, the code of the database and the places in the program it came through: its words may quote a row («Key
(iin)=(…) already exists»), so they are left out. Of a request there are the name of its route, never its path, query
or body."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from http.client import responses
from types import TracebackType
from typing import Any

from django.http import HttpRequest, HttpResponseBase

OURS = "oralu"
FIELDS = ("route", "method", "status", "ms", "user")
"""What a line may carry besides its message, given by `extra=`."""
LAST_FRAMES = 4
"""Of the libraries' places only the last are told; of our own, all."""
LONG_NUMBER = re.compile(r"\d{9,}")
"""IIN, telephone and document numbers: no number of ours is as long."""
current_request: ContextVar[str] = ContextVar("current_request", default="")
log = logging.getLogger("oralu.request")


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Everything that is said of one event."""
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": LONG_NUMBER.sub("#", message_of(record)),
    }
    if request := current_request.get():
        found["request"] = request
    found |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
    if record.exc_info and record.exc_info[1] is not None:
        found["errors"] = [error_of(error) for error in chain_of(record.exc_info[1])]
    return found


def message_of(record: logging.LogRecord) -> str:
    """Our own messages in full, since they are written to hold codes and numbers; of others the template alone, since
    Django fills paths, hosts and the words of exceptions into it."""
    if record.name.partition(".")[0] == OURS:
        arguments = record.args
        if isinstance(arguments, tuple):
            arguments = tuple(type(a).__name__ if isinstance(a, BaseException) else a for a in arguments)
        return str(record.msg) % arguments if arguments else str(record.msg)
    if isinstance(status := getattr(record, "status_code", None), int):
        return responses.get(status, str(status))
    if record.name.startswith("django.security") or not isinstance(record.msg, str):
        return "refused" if record.name.startswith("django.security") else type(record.msg).__name__
    return record.msg


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came of, the outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def error_of(error: BaseException) -> dict[str, Any]:
    """An exception without its words. A constraint or a table names our schema, never a row."""
    found: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    diagnosis = getattr(error, "diag", None)
    for name in ("sqlstate", "constraint_name", "table_name", "column_name"):
        if value := getattr(diagnosis, name, None):
            found[name] = value
    frames = traceback.extract_tb(error.__traceback__)
    told = [f for n, f in enumerate(frames, 1) if "/site-packages/" not in f.filename or n > len(frames) - LAST_FRAMES]
    found["at"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in told]
    return found


def _short(path: str) -> str:
    for mark in ("/site-packages/", "/src/"):
        if mark in path:
            return path.rpartition(mark)[2]
    return path.rpartition("/")[2]


class JsonLines(logging.Formatter):
    """One JSON object a line, for whatever collects the logs."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields_of(record), ensure_ascii=False)


class TextLines(logging.Formatter):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        found = fields_of(record)
        errors = found.pop("errors", [])
        head = f"{found.pop('time')} {found.pop('level')} {found.pop('logger')}: {found.pop('message')}"
        lines = [" ".join([head, *(f"{name}={value}" for name, value in found.items())])]
        for error in errors:
            where = error.pop("at")
            lines.append("  " + " ".join([error.pop("type"), *(f"{name}={value}" for name, value in error.items())]))
            lines += [f"    {place}" for place in where]
        return "\n".join(lines)


class RequestLogMiddleware:
    """Stands before all others: one line for each request, and its number on every line written meanwhile.

    The number goes to the browser in `X-Request-ID`, so that who reports a failure can name it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number, began = uuid.uuid4().hex[:16], time.perf_counter()
        mark = current_request.set(number)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            self._write(request, response, began)
        finally:
            current_request.reset(mark)
        return response

    def _write(self, request: HttpRequest, response: HttpResponseBase, began: float) -> None:
        match = request.resolver_match
        if match is None and response.status_code < 400:
            return
        route = (match.view_name or match.route) if match is not None else "unknown"
        extra = {
            "route": route,
            "method": request.method if request.method in METHODS else "other",
            "status": response.status_code,
            "ms": round((time.perf_counter() - began) * 1000, 1),
            # Not `request.user`, which would ask the database for it after everything is over.
            "user": getattr(getattr(request, "_cached_user", None), "pk", None),
        }
        log.log(logging.DEBUG if route.startswith("health") else logging.INFO, "request", extra=extra)


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def log_uncaught() -> None:
    """For a process that nobody watches: what ends it is written as any other failure, without the words of it."""

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        logging.getLogger("oralu.uncaught").critical("ended by a failure", exc_info=(kind, error or kind(), trace))

    sys.excepthook = tell
    threading.excepthook = lambda hook: tell(hook.exc_type, hook.exc_value, hook.exc_traceback)


def configuration(style: str) -> dict[str, Any]:
    """Django's LOGGING. `style`: `json`, `text`, or empty to choose by whether a person sits at the terminal."""
    chosen = style or ("text" if sys.stderr.isatty() else "json")
    formatter = {"json": "oralu.config.logs.JsonLines", "text": "oralu.config.logs.TextLines"}[chosen]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"plain": {"()": "oralu.web.failures.PlainFailures"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["plain"]}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},
            "fido2": {"level": "WARNING"},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
        },
    }
