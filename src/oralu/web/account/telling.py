"""Messages to the owner of an account about the account itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oralu.apps.access.models import User
from oralu.apps.messages.services import Outgoing, messages_write


def tell(user: User, template: str, *, at: datetime, **data: Any) -> None:
    """Write a message, with a copy by e-mail if there is an address: who did it may not be its owner."""
    _write(f"{template}-{user.pk}-{at.timestamp():.6f}", user, template, at, data)


def tell_once_a_day(user: User, template: str, *, at: datetime, **data: Any) -> None:
    """The same, but a stranger who goes on all day writes one message."""
    _write(f"{template}-{user.pk}-{at.date().isoformat()}", user, template, at, data)


def _write(key: str, user: User, template: str, at: datetime, data: dict[str, Any]) -> None:
    messages_write(outgoing=[Outgoing(key, user.pk, template, None, data, bool(user.email))], at=at)
