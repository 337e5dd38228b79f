"""The replay: the world is built before the first day, people arrive, and every act goes through the services at its
own moment until now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection
from django.utils import translation

from oralu.apps.access.models import User
from oralu.apps.messages.models import Message
from oralu.apps.messages.services import message_read
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.demo import agencies, leaders, unit
from oralu.demo.arrivals import plan_arrivals, register
from oralu.demo.clockwork import Clockwork
from oralu.demo.people import People
from oralu.demo.pieces import cast
from oralu.demo.places import build
from oralu.demo.story import Story

DAYS = 200
UNREAD_SINCE = timedelta(days=2)


@dataclass(frozen=True)
class Outcome:
    """How much was replayed: acts done, acts whose object was gone when their time came, acts that a service
    refused; each by kind."""

    done: Counter[str]
    late: Counter[str]
    refused: Counter[str]

    def __str__(self) -> str:
        def words(counts: Counter[str]) -> str:
            return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"

        return (
            f"{self.done.total()} acts; came too late: {self.late.total()} ({words(self.late)}); "
            f"refused by the services: {self.refused.total()} ({words(self.refused)})"
        )


class Watch:
    """Looks at what has come into being since the last look and lets agencies, units and leaders plan their answers."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._seen = {Need: 0, Referral: 0, Escalation: 0}

    def look(self) -> None:
        story = self._story
        for need in Need.objects.filter(pk__gt=self._seen[Need]).order_by("pk"):
            self._seen[Need] = need.pk
            unit.need_opened(story, need)
        referrals = Referral.objects.filter(pk__gt=self._seen[Referral]).select_related("need").order_by("pk")
        for referral in referrals:
            self._seen[Referral] = referral.pk
            agencies.referral_written(story, referral)
        for escalation in Escalation.objects.filter(pk__gt=self._seen[Escalation]).order_by("pk"):
            self._seen[Escalation] = escalation.pk
            leaders.escalated(story, escalation)


def replay(*, size: int, at: datetime, seed: int, progress: Callable[[int, int], None]) -> Outcome:
    """Write `size` cases and their history up to `at`. The same size, moment and seed give the same history.

    Raises RuntimeError when the database holds accounts already."""
    if User.objects.exists():
        raise RuntimeError("The demo needs an empty database: this one has accounts. Choose another data folder.")
    # A load that is killed starts anew with an empty database, so no commit has to wait for the disk.
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit to off")
    with translation.override("ru"):
        return _replay(size, at, Random(seed), progress)


def _replay(size: int, at: datetime, rng: Random, progress: Callable[[int, int], None]) -> Outcome:
    start = at - timedelta(days=DAYS)
    clock = Clockwork(start=start, end=at, rng=rng)
    story = Story(clock, build(at=start - timedelta(days=30), size=size, rng=rng), People(rng), rng)
    clock.look = Watch(story).look
    parts = cast(story, size=size)
    plan_arrivals(story, [*parts, *register(story, count=size - len(parts), start=start)])
    reported = 0

    def report(moment: datetime) -> None:
        nonlocal reported
        days = min((moment - start).days, DAYS - 1)
        if days > reported:
            reported = days
            progress(days, DAYS)

    clock.run(report)
    _read_messages(at)
    progress(DAYS, DAYS)
    return Outcome(clock.done, clock.late, clock.refused)


def _read_messages(at: datetime) -> None:
    """People read what reaches them; only the messages of the last two days still wait."""
    for message in Message.objects.filter(created_at__lt=at - UNREAD_SINCE, read_at=None).iterator():
        message_read(message=message, at=message.created_at + timedelta(hours=3))
