"""Reading messages."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.messages.models import Message


def unread(user_id: int, *, limit: int = 50) -> QuerySet[Message]:
    """The unread messages of a user, newest first."""
    return _of(user_id).filter(read_at=None).order_by("-id")[:limit]


def unread_count(user_id: int, *, most: int) -> int:
    """How many messages of a user are unread, counted to `most` and no further: it stands on every page."""
    return _of(user_id).filter(read_at=None).order_by()[:most].count()


def message_of(user_id: int, message_id: int) -> Message | None:
    """A message of this user, read or not; None for a message of somebody else."""
    return _of(user_id).filter(pk=message_id).first()


def _of(user_id: int) -> QuerySet[Message]:
    """What has been written to a user, but for cases that have been closed to the user since."""
    return Message.objects.filter(user_id=user_id).exclude(case__exclusions__user_id=user_id)
