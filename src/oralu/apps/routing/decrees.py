"""A decree has changed the working calendar: open clocks are recomputed, what has fired stays (policy, "Days and
clocks")."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.cases.models import Case
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.referrals.clocks import clocks_recompute
from oralu.apps.referrals.models import Clock
from oralu.apps.routing.evaluation_records import case_clocks_summarise
from oralu.apps.routing.frames import frames_load
from oralu.apps.routing.passing import cases_catch_up
from oralu.apps.rows import rows_update

if TYPE_CHECKING:
    from oralu.apps.access.models import User

SUMMARY_OF_CLOCKS = ("next_due_at", "next_need", "breached")


def calendar_recompute(*, actor: User | None, at: datetime, batch: int = 500) -> int:
    """Recompute the running clocks of every case by the calendar that is in force now, case by case in batches of one
    transaction each; what was due by the old one fires first. Returns how many clocks changed. Doing it again, or after
    an interruption, changes only what is left."""
    changed, last = 0, 0
    while True:
        running = Clock.objects.filter(need__isnull=False, stopped_at=None, case_id__gt=last)
        ids = sorted(running.order_by("case_id").values_list("case_id", flat=True).distinct()[:batch])
        if not ids:
            return changed
        changed, last = changed + _recompute(ids, actor, at), ids[-1]


@transaction.atomic
def _recompute(case_ids: list[int], actor: User | None, at: datetime) -> int:
    list(Case.objects.select_for_update(of=("self",)).filter(pk__in=case_ids).order_by("pk"))
    cases_catch_up(case_ids=case_ids, at=at)
    clocks = clocks_recompute(case_ids=case_ids)
    frames = frames_load({clock.case_id for clock in clocks}, lock=False)
    for frame in frames.values():
        case_clocks_summarise(frame)
    rows_update([frame.case for frame in frames.values()], SUMMARY_OF_CLOCKS)
    entries_record(
        records=[Record("clock.recomputed", c.case_id, {"need": c.need_id, "cause": "calendar"}) for c in clocks],
        actor=actor,
        at=at,
    )
    return len(clocks)
