"""The way in: whichever proof comes first, a second one where the account has one, and what a session begins with."""

from __future__ import annotations

import ipaddress
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import ngettext

from oralu.apps.access.factors import has_factor
from oralu.apps.access.models import User
from oralu.apps.access.selectors import user_by_id
from oralu.apps.access.session_services import sessions_sweep
from oralu.apps.access.throttling import (
    DEVICE_DAYS,
    Place,
    attempt_succeed,
    device_cookie_make,
    device_cookie_name,
    device_of,
    places_of,
)
from oralu.apps.journal.services import entry_record
from oralu.config.addresses import client_address
from oralu.web.sessions import ADDRESS, AGENT

BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING, FACTOR, PROVED = "entry", "factor", "proved_at"
"""Keys of the session: who stands between the first proof and the second; which second factor this session was opened
with, if any; when its owner last proved who it is."""
PENDING_TIME = timedelta(minutes=10)
FRESH = timedelta(minutes=15)
"""For so long after a proof the factors and the password of an account may be changed."""


def places_here(request: HttpRequest, username: str, purpose: str = "password") -> tuple[Place, ...]:
    """The counters of an attempt at an account by this browser."""
    device = device_of(username, request.COOKIES.get(device_cookie_name(username)))
    return places_of(login=username, address=client_address(request), device=device, purpose=purpose)


def too_many(wait: timedelta) -> ValidationError:
    """What is said when one has to wait; the same for an account that does not exist."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    words = ngettext(
        "Too many attempts from this machine. Try again in %(n)s minute.",
        "Too many attempts from this machine. Try again in %(n)s minutes.",
        minutes,
    )
    return ValidationError(words % {"n": minutes}, code="too_many")


def enter(
    request: HttpRequest, user: User, *, by: str, at: datetime, factor: str = "", onward: str = ""
) -> HttpResponse:
    """Go on after a first proof. `by`: what it was; `factor`: the second factor that it already contains. An account
    with a second factor is asked for it, whatever the settings require."""
    if factor or not has_factor(user):
        return let_in(request, user, by=by, factor=factor, onward=onward, at=at)
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "by": by,
        "onward": onward,
        "until": (at + PENDING_TIME).isoformat(),
        "hash": user.get_session_auth_hash(),
    }
    return HttpResponseRedirect(reverse("login-factor"))


def pending(request: HttpRequest, at: datetime) -> tuple[User, dict[str, Any]] | None:
    """Who has given the first proof in this browser and still owes the second; gone after ten minutes, or when the
    account was closed or got another password meanwhile."""
    kept = request.session.get(PENDING)
    if not kept or datetime.fromisoformat(kept["until"]) <= at:
        return None
    user = user_by_id(kept["user"])
    if user is None or not user.is_active or not constant_time_compare(user.get_session_auth_hash(), kept["hash"]):
        return None
    return user, kept


def let_in(request: HttpRequest, user: User, *, by: str, factor: str, at: datetime, onward: str = "") -> HttpResponse:
    """Sign in: a new session key, a row in the journal, and a device cookie, by which this browser is counted apart."""
    request.session.pop(PENDING, None)
    entry_record(kind="user.signed_in", actor=user, at=at, user=user.pk, by=by, factor=factor)
    login(request, user, backend=BACKEND)
    request.session[FACTOR] = factor
    proved(request, at)
    request.session[AGENT], request.session[ADDRESS] = agent_of(request), _address_or_none(request)
    if by == "password":
        attempt_succeed(places=places_here(request, user.username), at=at)
    sessions_sweep(at=at)
    response = HttpResponseRedirect(onward or reverse("home"))
    response.set_cookie(
        device_cookie_name(user.username),
        device_cookie_make(user.username, secrets.token_urlsafe(16)),
        max_age=timedelta(days=DEVICE_DAYS),
        path=reverse("login"),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def proved(request: HttpRequest, at: datetime) -> None:
    """Note that the owner of the session has just proved who it is."""
    request.session[PROVED] = at.isoformat()


def is_fresh(request: HttpRequest, at: datetime) -> bool:
    kept = request.session.get(PROVED)
    return bool(kept) and at - datetime.fromisoformat(kept) < FRESH


def factor_is_due(request: HttpRequest) -> bool:
    """Whether this session has to set up a second factor before anything else. Costs no query: the session knows what
    it was opened with."""
    return bool(settings.MFA_REQUIRED) and not request.session.get(FACTOR)


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """After a change of the own password: this session goes on under a new key."""
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()


BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("YaBrowser", "Yandex"), ("Firefox", "Firefox"), ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def agent_of(request: HttpRequest) -> str:
    """Browser and system in two words, for the list of one's own sessions."""
    text = request.headers.get("User-Agent", "")
    found = (next((name for mark, name in marks if re.search(mark, text)), "") for marks in (BROWSERS, SYSTEMS))
    return ", ".join(name for name in found if name)


def _address_or_none(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(client_address(request)))
    except ValueError:
        return None
