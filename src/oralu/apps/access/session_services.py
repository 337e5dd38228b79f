"""Sessions end with what they stood for: the role, the place of work, the password, the second factor."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from oralu.apps.access.entry_models import Session
from oralu.apps.access.models import User
from oralu.apps.journal.services import entry_record

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used: a page costs no write, a minute of work costs one."""


def sessions_of(user: User, *, at: datetime) -> QuerySet[Session]:
    """Where an account is signed in, the latest used first."""
    return Session.objects.filter(user=user, expire_date__gt=at).order_by("-seen_at", "session_key")


def sessions_end(*, user: User, why: str, actor: User | None, at: datetime, keep: str | None = None) -> int:
    """Sign the account out everywhere, but for the session with the key `keep`. Returns how many have ended."""
    ended, _by_model = Session.objects.filter(user=user).exclude(session_key=keep or "").delete()
    if ended:
        entry_record(kind="user.sessions_ended", actor=actor, at=at, user=user.pk, why=why, count=ended)
    return ended


def session_end(*, session: Session, why: str, actor: User | None, at: datetime) -> None:
    """End one session."""
    ended, _by_model = Session.objects.filter(pk=session.pk).delete()
    if ended and session.user_id is not None:
        entry_record(kind="user.sessions_ended", actor=actor, at=at, user=session.user_id, why=why, count=1)


def session_seen(*, session: Session, at: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    if at - session.seen_at >= SEEN_EVERY:
        Session.objects.filter(pk=session.pk, seen_at__lt=at).update(seen_at=at)


def sessions_sweep(*, at: datetime) -> int:
    """Remove what has run out; nothing was signed in there any more."""
    return Session.objects.filter(expire_date__lte=at).delete()[0]
