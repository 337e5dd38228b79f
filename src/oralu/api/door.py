"""The way in: who asks, whether they may, what of it is kept. One transaction for each request; what is refused leaves
nothing behind but the note that it was refused."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from ninja.operation import Operation

from oralu.api.bodies import body_read, is_text, json_read
from oralu.api.doing import answered_before, etag, is_known
from oralu.api.problems import RefusedError, problem
from oralu.api.wording import asked_language, lang
from oralu.apps.access import walls
from oralu.apps.access.machines import (
    KeyReusedError,
    act_answered,
    act_begin,
    allows,
    client_of_token,
    client_used,
)
from oralu.apps.access.permissions import PURPOSES, Audit, Permission
from oralu.apps.journal.reading import access_record, collecting, denied_record
from oralu.config.addresses import client_address
from oralu.config.ratelimits import FILE, Counter, Limit

log = logging.getLogger("oralu.api")
BEARER = re.compile(r"Bearer +([\x21-\x7e]{1,200})", re.IGNORECASE)
KEY = re.compile(r"[\x21-\x7e]{8,128}")
WAIT = "5s"
"""How long an act waits for another that holds what it needs."""
LOCKED, DISK_FULL = ("55P03", "40P01"), "53100"
"""SQLSTATEs of PostgreSQL: waited too long for a lock, or for one another."""
STRANGERS = Limit("api-strangers", 60, 60)
_counter = Counter(Path(settings.DATA_DIR) / FILE)


def door(view: Callable[..., HttpResponse], operations: Mapping[str, Operation]) -> Callable[..., HttpResponse]:
    """The view of a path, with everything around it. `operations`: by method."""

    @wraps(view)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        request.at = timezone.now()  # type: ignore[attr-defined]
        request.client = None  # type: ignore[attr-defined]
        request.state, request.told_headers = "", {}  # type: ignore[attr-defined]
        with translation.override(asked_language(request) or settings.LANGUAGE_CODE):
            response = _answer(request, view, operations, named)
            response["Content-Language"] = lang()
        response["Vary"] = "Accept-Language, Authorization"
        response["Cache-Control"] = "no-store, private"
        return response

    first = next(iter(operations.values()), None)
    declared = first.view_func if first is not None else view
    guarded.permission, guarded.purpose, guarded.audit = declared.permission, declared.purpose, declared.audit  # type: ignore[attr-defined]
    guarded.operations = {method: one.view_func for method, one in operations.items()}  # type: ignore[attr-defined]
    return login_not_required(csrf_exempt(transaction.non_atomic_requests(guarded)))


def _answer(
    request: HttpRequest, view: Callable[..., HttpResponse], operations: Mapping[str, Operation], named: dict[str, Any]
) -> HttpResponse:
    try:
        with transaction.atomic():
            return _inside(request, view, operations, named)
    except RefusedError as refused:
        response = refused.response
    except DatabaseError as error:
        response = _database_failed(error)
    except Exception:
        log.error("a request of a system failed", exc_info=True)
        response = problem("defect")
    if response.status_code == 404 and request.client is not None:  # type: ignore[attr-defined]
        _note_refusal(request, operations, named)
    return response


def _inside(
    request: HttpRequest, view: Callable[..., HttpResponse], operations: Mapping[str, Operation], named: dict[str, Any]
) -> HttpResponse:
    _come_in(request)
    operation = operations.get(request.method or "")
    if operation is None:
        if not operations:
            raise RefusedError("not-found")
        raise RefusedError("method-not-allowed", Allow=", ".join(sorted(operations)))
    declared = operation.view_func
    user = request.client.user  # type: ignore[attr-defined]
    if not allows(request.client, declared.permission):  # type: ignore[attr-defined]
        raise RefusedError("not-found")
    _parameters_check(request, operation)
    key = _act_check(request, operation) if operation.methods == ["POST"] else ""
    with walls.inside(user), collecting() as reading:
        if key and (done := _begin(request, key)) is not None:
            return done
        response = view(request, **named)
        if response.status_code >= 400:
            transaction.set_rollback(True)
            refused = RefusedError("defect")
            refused.response = response
            raise refused
        response = _finished(request, response, key)
        if declared.audit in (Audit.READ, Audit.EXPORT):
            access_record(
                subjects=reading.subjects,
                actor=user,
                at=request.at,  # type: ignore[attr-defined]
                route=_route(request),
                purpose=PURPOSES[declared.permission],
            )
        return response


def _come_in(request: HttpRequest) -> None:
    """Who asks: the system of the token, and nobody by a session. Raises RefusedError."""
    match = BEARER.fullmatch(request.headers.get("Authorization", ""))
    client = client_of_token(match[1], at=request.at) if match else None  # type: ignore[attr-defined]
    if client is None:
        _count(f"stranger:{client_address(request)}", STRANGERS)
        raise RefusedError("unauthorised", WWW_Authenticate='Bearer realm="oralu"')
    request.client = client  # type: ignore[attr-defined]
    request.user = request._cached_user = client.user  # type: ignore[attr-defined,assignment]
    if asked_language(request) is None:
        translation.activate(client.user.language)
    limit = settings.RATE_LIMITS.get("api")
    if limit is not None:
        _count(f"system:{client.pk}", limit)
    client_used(client=client, at=request.at)  # type: ignore[attr-defined]


def _count(who: str, limit: Limit) -> None:
    wait = _counter.hit(who, limit, time.time()) if settings.RATE_LIMITS else 0
    if wait:
        raise RefusedError("too-many-requests", Retry_After=str(int(wait)))


def _parameters_check(request: HttpRequest, operation: Operation) -> None:
    """A parameter that is misspelt would be passed over, and the answer would be another than the one asked for."""
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", model.model_fields)
    }
    errors = [
        {"parameter": name[:64] if is_text(name) else "", "code": "unknown"}
        for name, values in request.GET.lists()
        if name not in known or len(values) > 1 or not all(is_text(value) for value in values)
    ]
    if errors:
        raise RefusedError("invalid", errors=errors[:20])


def _act_check(request: HttpRequest, operation: Operation) -> str:
    """What an act needs: a key, the state that was read, a body that can be read. Returns the key.

    Raises RefusedError."""
    body = body_read(request)
    has_body = any(model.__ninja_param_source__ == "body" for model in operation.models)
    request.sent = json_read(request, body) if body or has_body else {}  # type: ignore[attr-defined]
    if not has_body and request.sent != {}:  # type: ignore[attr-defined]
        raise RefusedError("invalid", errors=[{"pointer": "#", "code": "extra_forbidden"}])
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise RefusedError("no-idempotency-key")
    if not request.headers.get("If-Match", "").strip():
        raise RefusedError("if-match-required")
    return key


def _begin(request: HttpRequest, key: str) -> HttpResponse | None:
    """Claim the key. Returns the earlier answer if the act has been done."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{WAIT}'")
    asked = json.dumps([request.method, request.path, request.sent], sort_keys=True)  # type: ignore[attr-defined]
    digest = hashlib.sha256(asked.encode()).hexdigest()
    try:
        done = act_begin(client=request.client, key=key, digest=digest, at=request.at)  # type: ignore[attr-defined]
    except KeyReusedError as error:
        raise RefusedError("key-reused") from error
    if done is None:
        return None
    return answered_before(done.status or 200, done.answer or {}, done.etag)


def _finished(request: HttpRequest, response: HttpResponse, key: str) -> HttpResponse:
    tag = etag(request.state, lang())  # type: ignore[attr-defined]
    if key:
        answer = json.loads(response.content)
        act_answered(client=request.client, key=key, status=response.status_code, answer=answer, etag=tag)  # type: ignore[attr-defined]
    elif is_known(request, tag):
        response = HttpResponse(status=304)
    if tag:
        response["ETag"] = tag
    for name, value in request.told_headers.items():  # type: ignore[attr-defined]
        response[name] = value
    return response


def _database_failed(error: DatabaseError) -> HttpResponse:
    state = getattr(error.__cause__, "sqlstate", None)
    if state in LOCKED:
        return problem("in-progress", Retry_After="1")
    log.error("a request of a system failed", exc_info=True)
    if state == DISK_FULL:
        return problem("disk-full")
    return problem("unavailable" if isinstance(error, OperationalError) else "defect")


def _route(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match is not None else ""


def _note_refusal(request: HttpRequest, operations: Mapping[str, Operation], named: dict[str, Any]) -> None:
    """Keep what was asked for in vain."""
    operation = operations.get(request.method or "")
    keys = {name: value for name, value in named.items() if isinstance(value, int)}
    if operation is None or not keys:
        return
    denied_record(
        actor=request.client.user,  # type: ignore[attr-defined]
        at=request.at,  # type: ignore[attr-defined]
        route=_route(request),
        purpose=PURPOSES[Permission(operation.view_func.permission)],
        object=" ".join(f"{name} {value}" for name, value in keys.items()),
    )
