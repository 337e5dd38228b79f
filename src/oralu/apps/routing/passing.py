"""What the passing of time changes in cases, in the order in which it came: clocks that ran out, and days with their
thresholds, milestones, editions that take force, children that come of age.

The worker does it for every case; whoever records anything about a case does it for that case first
(`routing.facts.case_lock`). So a worker that was out loses nothing: a deadline that was missed is missed, also when the
help is recorded before the worker is back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min

from oralu.apps.cases.models import Case, CaseState
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.firing import clocks_fire
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import Cause


@transaction.atomic
def cases_catch_up(*, case_ids: Iterable[int], at: datetime, until: datetime | None = None) -> int:
    """Bring cases whose lock the caller holds to a moment (`at` if None), each in its own order: a clock that ran out
    at midnight comes before the day that begins with it. What a day opens starts with that day, what a breach opens
    starts with that breach, and milestones are frozen before anything newer is recorded.

    Returns how many clocks fired and days were looked at. Doing it again does nothing."""
    until, ids, done = until or at, set(case_ids), 0
    today = local_day(until)
    while True:
        waiting = Case.objects.filter(pk__in=ids, next_change_on__lte=today).exclude(state=CaseState.CLOSED)
        days = dict(waiting.values_list("pk", "next_change_on"))
        bounds = {pk: min(until, start_of_day(days[pk])) if pk in days else until for pk in ids}
        if fired := clocks_fire(until=bounds, at=at):
            done += fired
        elif days:
            cases_evaluate(case_ids=days, actor=None, at=at, cause=Cause("day"), on=days)
            done += len(days)
        else:
            return done


def first_day_due(*, at: datetime) -> date | None:
    """The earliest day that has come and that some open case has not been looked at on."""
    return Case.objects.filter(state=CaseState.OPEN, next_change_on__lte=local_day(at)).aggregate(
        first=Min("next_change_on")
    )["first"]


def days_pass(*, day: date, at: datetime, batch: int = 500) -> int:
    """One batch of the cases that a day changes, in a transaction of its own; skips cases that others hold at this
    moment. Returns how many cases it took; 0 means that nothing is left for this process."""
    with transaction.atomic():
        due = list(
            Case.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=CaseState.OPEN, next_change_on__lte=day)
            .order_by("next_change_on", "pk")
            .values_list("pk", flat=True)[:batch]
        )
        cases_catch_up(case_ids=due, at=at, until=min(at, start_of_day(day)))
    return len(due)
