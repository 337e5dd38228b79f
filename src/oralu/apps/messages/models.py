"""Messages: an outbox written in the transaction of the change, sent by a separate step."""

from __future__ import annotations

from django.db import models


class Message(models.Model):
    """A message to a member of staff. `key` is stable, so that the same event never writes two. `data` holds codes and
    ids; the text is composed in the reader's language when it is sent or shown, and carries no personal data."""

    key = models.CharField(max_length=128, unique=True)
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="messages")
    template = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["user", "-id"], name="message_unread", condition=models.Q(read_at=None))]


class Delivery(models.Model):
    """The copy of a message that leaves by e-mail. At least once, with the message's key as its Message-ID."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="delivery")
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], name="delivery_due", condition=models.Q(next_attempt_at__isnull=False)
            )
        ]
