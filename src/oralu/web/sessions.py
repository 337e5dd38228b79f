"""Sessions as rows that know their user, with an end that no activity puts off and an end for want of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from oralu.apps.access.entry_models import Session
from oralu.apps.access.session_services import session_end, session_seen

AGENT, ADDRESS = "agent", "address"
"""Keys of the session from which the row's columns are filled at sign-in."""


class SessionStore(DatabaseStore):
    """Django's store in the database, over our table. `row` is the session as it was loaded."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        self.row = super()._get_session_from_db()
        return self.row

    def cycle_key(self) -> None:
        """A new key at sign-in also begins the twelve hours anew."""
        super().cycle_key()
        self.row = None

    def flush(self) -> None:
        super().flush()
        self.row = None

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)
        now = timezone.now()
        known = self.row if self.row is not None and self.row.session_key == row.session_key else None
        row.user_id = int(data["_auth_user_id"]) if data.get("_auth_user_id") else None
        row.started_at = known.started_at if known else now
        row.seen_at = now
        row.agent, row.address = str(data.get(AGENT, ""))[:80], data.get(ADDRESS) or None
        row.expire_date = min(row.expire_date, row.started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        self.row = row
        return row


class SessionLimitsMiddleware:
    """Stands after AuthenticationMiddleware. A session that was left alone for too long, or that has lasted its day,
    is signed out: the request then goes on as one of a stranger, and is led to the page of sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        row = getattr(request.session, "row", None) if request.user.is_authenticated else None
        if row is not None:
            now = timezone.now()
            why = reason_to_end(row, now)
            if why:
                with transaction.atomic():
                    session_end(session=row, why=why, actor=None, at=now)
                    logout(request)
            else:
                session_seen(session=row, at=now)
        response = self.get_response(request)
        return to_the_whole_page(request, response) if request.headers.get("HX-Request") else response


def to_the_whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Who clicks in a page whose session is over is led to the page of sign-in as a whole, and back to that page; htmx
    would else put the sign-in into a panel."""
    login = reverse("login")
    if urlsplit(response.headers.get("Location", "")).path != login:
        return response
    here = urlsplit(request.headers.get("HX-Current-URL", ""))
    onward = f"{here.path}?{here.query}" if here.query else here.path
    return HttpResponseClientRedirect(f"{login}?{urlencode({'next': onward or '/'})}")


def reason_to_end(row: Session, now: datetime) -> str:
    """Why a session is over, or an empty string."""
    if now - row.started_at >= timedelta(seconds=settings.SESSION_COOKIE_AGE):
        return "limit"
    if now - row.seen_at > timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        return "idle"
    return ""
