"""A decree changes the calendar: what is open is computed anew, what has fired stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from oralu import calendarfiles
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Clock, Escalation
from oralu.apps.routing.decrees import calendar_recompute
from oralu.apps.routing.worker import turn
from oralu.core.worktime import Calendar
from world import World

FACTS = {"identity_document": "held", "plan": "draft", "housing": "stable", "income": "lawful"}


@pytest.fixture
def make_free(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """A decree that makes a day free."""

    def make(day: date) -> None:
        file = calendarfiles.load_calendar_file()
        working = file.calendar.working.copy()
        working[file.calendar.index(day)] = False
        c = file.calendar
        changed = replace(file, calendar=Calendar(c.first, c.last, c.zone, working, c.special))
        monkeypatch.setattr(calendarfiles, "load_calendar_file", lambda code="kz": changed)

    return make


def clock_of(case: Case) -> Clock:
    return Clock.objects.get(need__case=case, need__service="plan_agreement")


def test_a_day_made_free_moves_the_open_deadlines_that_count_it(
    world: World, make_free: Callable[[date], None]
) -> None:
    case = world.enrol(facts=FACTS)
    before = clock_of(case)
    make_free(date(2026, 6, 10))
    assert calendar_recompute(actor=world.admin, at=world.at + timedelta(hours=1)) >= 1
    after = clock_of(case)
    assert (after.target_at, after.due_at) == (before.target_at, before.due_at)
    assert after.limit_at == before.limit_at + timedelta(days=1)
    kinds = Entry.objects.filter(kind="clock.recomputed", case=case).values_list("data__need", flat=True)
    assert list(kinds) == [after.need_id]
    assert calendar_recompute(actor=world.admin, at=world.at + timedelta(hours=2)) == 0


def test_the_next_deadline_of_the_case_follows(world: World, make_free: Callable[[date], None]) -> None:
    case = world.enrol(facts=FACTS | {"residence_registration": "permanent", "clinic_attachment": "attached"})
    Clock.objects.filter(need__case=case).exclude(need__service="plan_agreement").update(limit_at=None)
    Case.objects.filter(pk=case.pk).update(next_due_at=None)
    make_free(date(2026, 6, 10))
    calendar_recompute(actor=world.admin, at=world.at + timedelta(hours=1))
    case.refresh_from_db()
    assert case.next_due_at == min(
        limit for limit in Clock.objects.filter(need__case=case).values_list("limit_at", flat=True) if limit
    )


def test_what_has_fired_stays_and_what_was_due_fires_first(world: World, make_free: Callable[[date], None]) -> None:
    fired = world.enrol(facts=FACTS)
    world.enrol(facts=FACTS)
    at = world.at + timedelta(days=16)
    turn(world.at + timedelta(days=8))
    assert clock_of(fired).warned_at is not None
    make_free(date(2026, 6, 4))
    assert calendar_recompute(actor=world.admin, at=at) >= 0
    assert clock_of(fired).warned_at == world.at + timedelta(days=8)
    breaches = Escalation.objects.filter(need__service="plan_agreement", kind="breach")
    assert breaches.count() == 2
    turn(at + timedelta(days=10))
    assert breaches.count() == 2
