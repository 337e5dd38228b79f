"""Pages by key: the next page begins after the last row of this one, whatever was added or taken away meanwhile."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from oralu.api.asking import Paging
from oralu.api.problems import RefusedError
from oralu.apps.journal.reading import looking_ahead, seen

M = TypeVar("M", bound=Model)


def rows_after(rows: QuerySet[M], asked: Paging, *, case: str | None = None) -> tuple[list[M], str | None]:
    """The rows of a page by their keys, and the cursor of the next page. `case`: the attribute with the id of a row's
    case, where rows are about persons: those of the page count as shown, the one beyond it does not."""
    if asked.cursor is not None:
        rows = rows.filter(pk__gt=_key(asked.cursor))
    with looking_ahead():
        found = list(rows.order_by("pk")[: asked.limit + 1])
    page = found[: asked.limit]
    if case is not None:
        seen([getattr(row, case) for row in page])
    return page, _cursor(page[-1].pk) if len(found) > asked.limit else None


def page(request: HttpRequest, items: list[Any], after: str | None) -> dict[str, Any]:
    """The answer, with the next page as a link too (RFC 8288)."""
    if after is not None:
        asked = request.GET.copy()
        asked["cursor"] = after
        request.told_headers["Link"] = f'<{request.path}?{asked.urlencode()}>; rel="next"'  # type: ignore[attr-defined]
    return {"items": items, "next": after}


def told(rows: list[M], tell: Callable[[M], dict[str, Any]]) -> list[dict[str, Any]]:
    return [tell(row) for row in rows]


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(f"k{key}".encode()).decode().rstrip("=")


def _key(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if text[:1] != "k" or not text[1:].isdigit() or len(text) > 19:
        raise RefusedError("invalid", errors=[{"parameter": "cursor", "code": "cursor"}])
    return int(text[1:])
