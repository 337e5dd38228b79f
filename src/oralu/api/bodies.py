"""Reading what a system sends: JSON and nothing around it, no larger and no deeper than the interface needs."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from oralu.api.problems import RefusedError, pointer

LARGEST = 1024 * 1024
"""Bytes of a body."""
DEEPEST = 8
"""Levels of lists and objects within one another."""
LINES = "\n\r\t"
"""The control characters that a text may hold."""


def body_read(request: HttpRequest) -> bytes:
    """The body, if it is not too large. Raises RefusedError."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length) > LARGEST:
        raise RefusedError("too-large")
    try:
        body = bytes(request.body)
    except (UnreadablePostError, RawPostDataException) as error:
        raise RefusedError("bad-request") from error
    if len(body) > LARGEST:
        raise RefusedError("too-large")
    return body


def json_read(request: HttpRequest, body: bytes) -> Any:
    """The JSON of a body. Raises RefusedError: another type, no JSON, a name given twice, too deep, a
    character that no text has."""
    if (request.content_type or "").lower() != "application/json":
        raise RefusedError("media-type")
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedError("bad-request") from error
    _look_through(found, [])
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _look_through(value: Any, path: list[object]) -> None:
    if isinstance(value, str):
        if not is_text(value):
            raise RefusedError("invalid", errors=[{"pointer": pointer(path), "code": "characters"}])
    elif isinstance(value, dict | list):
        if len(path) >= DEEPEST:
            raise RefusedError("bad-request")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            if isinstance(key, str) and not is_text(key):
                raise RefusedError("invalid", errors=[{"pointer": pointer(path), "code": "characters"}])
            _look_through(inner, [*path, key])


def is_text(value: str) -> bool:
    """Whether every character is one that a text may hold: no control characters but ends of lines and tabs, no halves
    of characters, which PostgreSQL cannot keep."""
    return value.isprintable() or all(c in LINES or unicodedata.category(c) not in ("Cc", "Cs") for c in value)
