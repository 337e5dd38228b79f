"""What every operation declares, and how an act is done once and on the state that was read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router

from oralu.api.problems import RefusedError, service_refused
from oralu.apps.access.permissions import PURPOSES, Audit, Permission

router = Router()
View = Callable[..., Any]
ETAG = re.compile(r'"([0-9a-f]{32})-(?:kk|ru|en)"')


def operation(
    method: str, path: str, permission: Permission, audit: Audit, answer: Any, *, name: str, status: int = 200
) -> Callable[[View], View]:
    """Declare an operation: what it does, what for, and what the journal keeps of it. Who may do it follows from the
    role of the system's account (`permissions.GRANTS`) and the scopes of the system; both must allow it."""

    def declare(view: View) -> View:
        view.permission, view.purpose, view.audit = permission, PURPOSES[permission], audit  # type: ignore[attr-defined]
        return router.api_operation(  # type: ignore[no-any-return]
            [method],
            path,
            response={status: answer},
            url_name=name,
            operation_id=f"{view.__module__.rpartition('.')[2]}.{view.__name__}",
            summary=view.__name__.replace("_", " ").capitalize(),
            exclude_unset=True,
        )(view)

    return declare


def current_state(request: HttpRequest, state: str) -> None:
    """Tell in which state the thing is that the answer shows: its `ETag`."""
    request.state = state  # type: ignore[attr-defined]


def act(
    request: HttpRequest,
    *,
    hold: Callable[[], None],
    state: Callable[[], str],
    run: Callable[[], dict[str, Any]],
    places: Mapping[str, str] = {},
) -> Any:
    """Do something to what the request has read: `hold` takes its lock, so that `state` cannot change any more.

    Raises RefusedError (changed-meanwhile) if it is in another state than `If-Match` says. What the service refuses is
    told by `places`, the pointers of what was sent; then nothing is written."""
    hold()
    if not _matches(request.headers["If-Match"], state()):
        raise RefusedError("changed-meanwhile")
    try:
        with transaction.atomic():
            answer = run()
    except ValidationError as error:
        refused = RefusedError("conflict")
        refused.response = service_refused(error, places)
        raise refused from error
    current_state(request, state())
    return answer


def _matches(wanted: str, state: str) -> bool:
    """Strong comparison (RFC 9110, 13.1.1); the language of what was read does not matter."""
    return wanted.strip() == "*" or state in ETAG.findall(re.sub(r'W/"[^"]*"', "", wanted))


def etag(state: str, language: str) -> str:
    return f'"{state}-{language}"' if state else ""


def is_known(request: HttpRequest, tag: str) -> bool:
    """Whether who asks has this very state already (`If-None-Match`)."""
    asked = request.headers.get("If-None-Match", "")
    return bool(tag) and (asked.strip() == "*" or tag in re.findall(r'"[^"]*"', asked))


def answered_before(status: int, answer: dict[str, Any], tag: str) -> HttpResponse:
    """The answer of an act that was done under the same key already."""
    from django.http import JsonResponse

    response = JsonResponse(answer, status=status, json_dumps_params={"ensure_ascii": False})
    response["Idempotency-Replayed"] = "true"
    if tag:
        response["ETag"] = tag
    return response
