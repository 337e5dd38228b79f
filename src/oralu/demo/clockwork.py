"""Time in the demo: a queue of acts in the order of their moments, the worker's turn whenever something falls due in
between, and the eyes that see what each act has brought (needs, referrals, escalations) and plan the answers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min

from oralu.apps.cases.models import Case, CaseState
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.referrals.models import Clock
from oralu.apps.routing.worker import turn
from oralu.calendarfiles import load_calendar

GLANCE = timedelta(minutes=15)
"""Nobody in the demo reacts faster than this, so the register is looked at only so often."""
OPENS, CLOSES = 9, 18

Act = Callable[[datetime], object]


class TooLateError(Exception):
    """The act has lost its object: the need is met, the referral is answered, the case is closed."""


class Clockwork:
    """`plan` acts, `run` to the end. Acts that a service refuses or that come too late are counted, not hidden."""

    def __init__(self, *, start: datetime, end: datetime, rng: Random) -> None:
        self.now, self.end, self.rng = start, end, rng
        self.done: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.look: Callable[[], None] = lambda: None
        self._queue: list[tuple[datetime, int, str, Act]] = []
        self._number = 0
        self._glance_at: datetime | None = start
        self._due: datetime | None = None
        self._calendar = load_calendar()

    def plan(self, when: datetime, name: str, act: Act) -> None:
        """Do an act at a moment; one that lies behind is done next, one after the end of the demo never."""
        when = max(when, self.now)
        if when < self.end:
            self._number += 1
            heapq.heappush(self._queue, (when, self._number, name, act))

    def run(self, progress: Callable[[datetime], None]) -> None:
        while True:
            upcoming = self._queue[0][0] if self._queue else self.end
            if self._glance_at is not None and self._glance_at <= upcoming:
                self._glance()
                continue
            if self._due is not None and self._due <= upcoming:
                self._turn(self._due)
                continue
            if not self._queue:
                break
            when, _, name, act = heapq.heappop(self._queue)
            self.now = when
            self._do(name, act)
            self._glance_at = self._glance_at or when + GLANCE
            progress(when)
        self._turn(self.end)

    def _do(self, name: str, act: Act) -> None:
        try:
            with transaction.atomic():
                act(self.now)
        except TooLateError:
            self.late[name] += 1
        except ValidationError:
            self.refused[name] += 1
        else:
            self.done[name] += 1

    def _turn(self, moment: datetime) -> None:
        self.now = max(self.now, moment)
        turn(self.now)
        self._glance()
        if self._due is not None and self._due <= self.now:
            raise RuntimeError(f"the worker's turn at {self.now} left something due: the demo would not end")

    def _glance(self) -> None:
        self._glance_at = None
        self.look()
        due = Clock.objects.filter(due_at__isnull=False).aggregate(first=Min("due_at"))["first"]
        day = Case.objects.filter(state=CaseState.OPEN, next_change_on__isnull=False).aggregate(
            first=Min("next_change_on")
        )["first"]
        moments = [m for m in (due, start_of_day(day) if day else None) if m is not None]
        first = min(moments, default=self.end)
        self._due = max(first, self.now) if first < self.end else None

    def today(self) -> date:
        return self._calendar.local_day(self.now)

    def after(self, *, hours: float = 0, days: float = 0, base: datetime | None = None) -> datetime:
        """A moment about that much later: the given time is the median."""
        spread = self.rng.lognormvariate(0, 0.4)
        return (base or self.now) + timedelta(hours=hours, days=days) * spread

    def at_work(self, moment: datetime) -> datetime:
        """The moment itself if somebody is at work then, else in the next two hours of work."""
        local = moment.astimezone(self._calendar.zone)
        day = local.date()
        if self._calendar.is_working(day) and OPENS <= local.hour < CLOSES:
            return moment
        if not self._calendar.is_working(day) or local.hour >= CLOSES:
            day = self._calendar.nth_working_day_after(day, 1)
        opening = datetime.combine(day, time(OPENS), tzinfo=self._calendar.zone)
        return opening + timedelta(minutes=self.rng.randrange(120))
