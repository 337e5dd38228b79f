"""The addresses that tell a load balancer or a monitor how this installation is.

Anyone may ask whether it serves and learns codes alone. Numbers are for those who hold ORALU_HEALTH_TOKEN, or who sit
at the machine itself, without a proxy in between."""

from __future__ import annotations

import hmac
import os
import threading
import time
from dataclasses import asdict

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from oralu.config.doctor import Finding, Level, examine, worst

FRESH = 5.0
"""Seconds for which an answer is kept, so that asking often costs nothing."""
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_VIA")
_lock = threading.Lock()
_known: tuple[float, list[Finding]] | None = None


def findings() -> list[Finding]:
    """What the doctor found, at most FRESH seconds ago."""
    global _known  # noqa: PLW0603
    with _lock:
        if _known is None or time.monotonic() - _known[0] > FRESH:
            _known = (time.monotonic(), examine())
        return _known[1]


def forget() -> None:
    """Ask anew at the next request."""
    global _known  # noqa: PLW0603
    _known = None


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """`ok`, or `degraded` with the codes of the alarms: 200, since pages are served. 503 without a database."""
    alarms = [finding.code for finding in findings() if finding.level is Level.ALARM]
    words = "ok\n" if not alarms else f"degraded: {' '.join(sorted(set(alarms)))}\n"
    return HttpResponse(words, status=503 if "database" in alarms else 200, content_type="text/plain")


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def detail(request: HttpRequest) -> HttpResponse:
    """Every answer of the doctor, in JSON."""
    _for_operators(request)
    found = findings()
    return JsonResponse({"status": worst(found).value, "findings": [asdict(finding) for finding in found]})


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The same in the text format of Prometheus: the level of each finding (0, 1, 2) and what was measured."""
    _for_operators(request)
    registry = CollectorRegistry()
    level = Gauge("oralu_finding_level", "0 ok, 1 warning, 2 alarm", ["code"], registry=registry)
    value = Gauge("oralu_finding_value", "What was measured", ["code", "unit"], registry=registry)
    for finding in findings():
        level.labels(finding.code).set(list(Level).index(finding.level))
        if finding.value is not None:
            value.labels(finding.code, finding.unit).set(finding.value)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _for_operators(request: HttpRequest) -> None:
    """To everybody else the address does not exist. A proxy on the same machine makes strangers look like neighbours,
    so nobody is taken for one behind HTTPS or with a mark of a proxy."""
    token = os.environ.get("ORALU_HEALTH_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return
    proxied = settings.HTTPS or any(name in request.META for name in FORWARDED)
    if not proxied and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}:
        return
    raise Http404
