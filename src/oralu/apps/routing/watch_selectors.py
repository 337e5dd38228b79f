"""What a monitor asks of the register: how late it is with what it promised. Numbers only, nothing about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.messages.models import Delivery
from oralu.apps.referrals.models import Clock
from oralu.apps.routing.models import Heartbeat


@dataclass(frozen=True, slots=True)
class Lateness:
    """`worker` is the silence since the worker's last turn (None: never one), `clock` by how much the oldest due clock
    is late (None: nothing is due), `outbox` the same for e-mail, `given_up` how many letters are tried no more."""

    worker: timedelta | None
    clock: timedelta | None
    outbox: timedelta | None
    given_up: int


def lateness(at: datetime) -> Lateness:
    """Three searches by index, whatever the size of the register. In the caller's transaction."""
    walls.watch()
    seen = Heartbeat.objects.values_list("seen_at", flat=True).first()
    due = Clock.objects.filter(due_at__lte=at).aggregate(oldest=Min("due_at"))["oldest"]
    letter = Delivery.objects.filter(next_attempt_at__lte=at).aggregate(oldest=Min("next_attempt_at"))["oldest"]
    given_up = Delivery.objects.filter(next_attempt_at=None, sent_at=None).aggregate(n=Count("pk"))["n"]
    return Lateness(
        worker=at - seen if seen else None,
        clock=at - due if due else None,
        outbox=at - letter if letter else None,
        given_up=given_up,
    )


def demo_accounts_open() -> bool:
    """Whether an account of the demo, whose password everybody knows, may sign in."""
    return User.objects.filter(is_demo=True, is_active=True).exists()
