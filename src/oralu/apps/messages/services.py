"""Writing messages (in the transaction of the change) and sending their copies by e-mail (a step of its own)."""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import translation

from oralu.apps.access import walls
from oralu.apps.access.models import Role
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.models import Delivery, Message
from oralu.apps.messages.texts import message_text
from oralu.calendarfiles import load_calendar

OF_UNIT = (Role.CASE_MANAGER, Role.UNIT_HEAD, Role.PSYCHOLOGIST)
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message before it is written. `key` is stable for the event, so that no event writes two."""

    key: str
    user_id: int
    template: str
    case_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    email: bool = False


def messages_write(*, outgoing: Iterable[Outgoing], at: datetime) -> list[Message]:
    """Write messages with their deliveries; those whose key stands already are left as they are."""
    fresh = {item.key: item for item in outgoing}
    walls.take(users={item.user_id for item in fresh.values()})
    standing = set(Message.objects.filter(key__in=fresh).values_list("key", flat=True))
    items = [item for key, item in fresh.items() if key not in standing]
    messages = Message.objects.bulk_create(
        [
            Message(key=i.key, user_id=i.user_id, template=i.template, data=i.data, case_id=i.case_id, created_at=at)
            for i in items
        ],
        batch_size=2000,
    )
    Delivery.objects.bulk_create(
        [
            Delivery(message=message, next_attempt_at=at)
            for message, item in zip(messages, items, strict=True)
            if item.email
        ],
        batch_size=2000,
    )
    return messages


def digests_add(*, counts: Mapping[int, int], template: str, at: datetime) -> None:
    """Add to the digest that each user has of a template for this day; it counts as unread again. Two writers wait for
    each other, in the order of the users, so that nothing is counted twice or left out."""
    walls.take(users=counts)
    for user_id in sorted(counts):
        message, is_new = Message.objects.select_for_update().get_or_create(
            key=f"digest-{template}-{user_id}-{load_calendar().local_day(at).isoformat()}",
            defaults={
                "user_id": user_id,
                "template": template,
                "data": {"count": counts[user_id]},
                "created_at": at,
            },
        )
        if not is_new:
            message.data["count"] += counts[user_id]
            message.read_at = None
            message.save(update_fields=["data", "read_at"])


def message_read(*, message: Message, at: datetime) -> None:
    """The reader has seen it."""
    if message.read_at is None:
        message.read_at = at
        message.save(update_fields=["read_at"])


def deliveries_send(*, at: datetime, limit: int = 100) -> int:
    """Send what is due by SMTP, one transaction each: claimed by a row lock, marked when the server has taken it. A
    crash between the two sends it again with the same Message-ID. Returns how many were sent; does nothing without a
    server."""
    if not settings.EMAIL_HOST:
        return 0
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(next_attempt_at__lte=at)
                .select_related("message__user", "message__case")
                .order_by("next_attempt_at", "id")
                .first()
            )
            if delivery is None:
                break
            sent += _attempt(delivery, at)
    return sent


def _is_kept_from(message: Message) -> bool:
    """Whether the case of a message has been closed to its reader since it was written."""
    case, user = message.case, message.user
    if case is None:
        return False
    is_listed = not case.is_restricted or user.pk in case.listed or user.role not in OF_UNIT
    return user.pk in case.excluded or not is_listed


def _attempt(delivery: Delivery, at: datetime) -> bool:
    message = delivery.message
    if _is_kept_from(message):
        delivery.next_attempt_at = None
        delivery.save(update_fields=["next_attempt_at"])
        return False
    delivery.attempts += 1
    try:
        _send(message)
    except (OSError, smtplib.SMTPException) as error:
        delivery.error = type(error).__name__
        retry = RETRIES[delivery.attempts - 1] if delivery.attempts <= len(RETRIES) else None
        delivery.next_attempt_at = at + retry if retry else None
        if retry is None:
            entry_record(kind="message.given_up", actor=None, at=at, case_id=message.case_id, message=message.pk)
        delivery.save()
        return False
    delivery.sent_at, delivery.next_attempt_at, delivery.error = at, None, ""
    delivery.save()
    return True


def _send(message: Message) -> None:
    with translation.override(message.user.language):
        text = message_text(message.template, message.data)
    EmailMessage(
        subject=text.subject,
        body=text.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.user.email],
        headers={"Message-ID": f"<{message.key}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"},
        connection=get_connection(timeout=20),
    ).send()
