"""What the coming of a day changes: thresholds, milestones, an edition that takes force, a child that comes of age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min

from oralu.apps.cases.models import Case, CaseState
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import Cause


@transaction.atomic
def days_catch_up(*, case_ids: Iterable[int], at: datetime) -> int:
    """Evaluate cases on each day that has come since they were last looked at, in order, so that what was due on a day
    when the worker was down is opened as of that day, and milestones are frozen before anything newer is recorded.
    Returns how many evaluations that took."""
    today, done = local_day(at), 0
    ids = list(case_ids)
    while True:
        due = dict(
            Case.objects.filter(pk__in=ids, state=CaseState.OPEN, next_change_on__lte=today).values_list(
                "pk", "next_change_on"
            )
        )
        if not due:
            return done
        cases_evaluate(case_ids=due, actor=None, at=at, cause=Cause("day"), on=due)
        done += len(due)


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
            .values_list("pk", "next_change_on")[:batch]
        )
        cases_evaluate(case_ids=[pk for pk, _ in due], actor=None, at=at, cause=Cause("day"), on=dict(due))
    return len(due)
