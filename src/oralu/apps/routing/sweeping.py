"""The sweep: what has fallen due fires once. Claim, change of state, escalation, journal and messages commit in one
transaction; a process that dies in the middle leaves nothing behind, and what it would have done is still due."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from oralu.apps.referrals.models import Clock
from oralu.apps.routing.firing import StuckClockError
from oralu.apps.routing.passing import cases_catch_up


def due_clocks_claim(*, until: datetime, batch: int) -> list[Clock]:
    """The clocks due by a moment, oldest first, with the locks of their cases; those whose cases others hold are left
    out. Only ids are read. In the caller's transaction.

    Everybody who writes about a case holds its lock, so sweepers never meet on a clock and never wait for each other.
    The cost follows what is due: the partial index on `due_at` is read from its beginning."""
    due = Clock.objects.filter(due_at__lte=until).select_related("case").only("due_at", "case__id")
    return list(due.select_for_update(skip_locked=True, of=("case",)).order_by("due_at", "id")[:batch])


def sweep(*, at: datetime, until: datetime | None = None, batch: int = 500) -> int:
    """Fire one batch of what fell due by `until` (by `at` if None), oldest first. Returns how many steps fired, days on
    the way included; 0 means that nothing more is due that this process could take.

    Raises StuckClockError."""
    until = until or at
    seen: set[tuple[int, datetime | None]] = set()
    while True:
        with transaction.atomic():
            claimed = due_clocks_claim(until=until, batch=batch)
            if not claimed:
                return 0
            # Another sweeper may have fired these between our reading of the index and our lock: then look again; what
            # is read again was not fired by anybody.
            if done := cases_catch_up(case_ids={clock.case_id for clock in claimed}, at=at, until=until):
                return done
            if stuck := [clock.pk for clock in claimed if (clock.pk, clock.due_at) in seen]:
                raise StuckClockError(f"clocks that are due and do not fire: {stuck[:10]}")
            seen |= {(clock.pk, clock.due_at) for clock in claimed}
