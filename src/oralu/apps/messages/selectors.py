"""Reading messages."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.messages.models import Message


def unread(user_id: int, *, limit: int = 50) -> QuerySet[Message]:
    """The unread messages of a user, newest first."""
    return Message.objects.filter(user_id=user_id, read_at=None).order_by("-id")[:limit]
