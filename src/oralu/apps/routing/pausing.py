"""Pausing the deadline of a need and letting it run on, by the hand of the case manager. A pause moves the next
deadline of the case, so the summary of the case is written in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.cases.models import Case
from oralu.apps.referrals.clocks import clock_pause, clock_resume
from oralu.apps.referrals.models import Clock, Need
from oralu.apps.routing.evaluation_records import case_clocks_summarise
from oralu.apps.routing.facts import case_lock
from oralu.apps.routing.frames import frames_load

if TYPE_CHECKING:
    from oralu.apps.access.models import User

SUMMARY_OF_CLOCKS = ("next_due_at", "next_need", "breached")


@transaction.atomic
def need_clock_pause(*, need: Need, reason: str, party: str, until: datetime, actor: User, at: datetime) -> None:
    """Pause the clock of an open need: why, for whom one waits, until when at the latest.

    Raises ValidationError: a closed case, a clock that does not run, an end that is past or more than 90 days away."""
    case = case_lock(need.case, at)
    clock_pause(clock=_clock(need), reason=reason, party=party, until=until, actor=actor, at=at)
    _summarise(case)


@transaction.atomic
def need_clock_resume(*, need: Need, actor: User, at: datetime) -> None:
    """Let a paused clock run on; the time used before the pause is kept. Raises ValidationError when it is not
    paused."""
    case = case_lock(need.case, at)
    clock_resume(clock=_clock(need), actor=actor, at=at)
    _summarise(case)


def _clock(need: Need) -> Clock:
    return Clock.objects.select_for_update().get(need_id=need.pk)


def _summarise(case: Case) -> None:
    frame = frames_load([case.pk], lock=False)[case.pk]
    case_clocks_summarise(frame)
    frame.case.save(update_fields=list(SUMMARY_OF_CLOCKS))
