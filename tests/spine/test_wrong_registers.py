"""That the comparison of `test_state_machine` can fail: registers that are wrong in one place are led through a few
acts each, chosen so that the fault must show. The register as it is agrees with the imitation on the same acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from test_state_machine import Clocks, editions

from oralu.apps.referrals.clocks import pauses_end
from oralu.apps.referrals.services import needs_close
from oralu.apps.routing import decrees, evaluating, evaluation_records, facts, firing, lifecycle, passing, refusing
from oralu.apps.routing.planning import Plan
from world import build

__all__ = ["editions"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREATENED = {"housing": 0, "violence_threat": 1, "medical_need": 1, "plan": 1}
"""Facts by their places in `VALUES`: homeless, threatened, in high need of medical help, with a draft of a plan."""

Script = Callable[[Clocks], None]


def help_recorded_after_a_missed_limit(case: Clocks) -> None:
    case.time_passes(span=3 * DAY)
    case.a_fact_is_recorded(fact=("housing", "stable"), back=0, until=None)


def a_worker_who_comes_later(case: Clocks) -> None:
    case.time_passes_and_the_worker_turns(span=3 * DAY)


def a_threshold_passed(case: Clocks) -> None:
    case.a_fact_is_recorded(fact=("housing", "stable"), back=0, until=None)
    case.time_passes_and_the_worker_turns(span=35 * DAY)


def a_pause_that_ends(case: Clocks) -> None:
    for place in range(12):
        case.a_clock_is_paused(place=place, length=4)
    case.time_passes_and_the_worker_turns(span=3 * HOUR)


def a_decree(case: Clocks) -> None:
    for days in (1, 2, 3):
        case.a_decree_changes_the_calendar(days=days)


def a_search(case: Clocks) -> None:
    case.the_person_is_searched_for_and_found(days=5, half_hours=3, is_swept=True)


def a_refusal(case: Clocks) -> None:
    case.help_is_refused(place=0)
    case.a_fact_is_recorded(fact=("income", "lawful"), back=0, until=None)


def nothing(case: Clocks) -> None:
    """Enrolment alone."""


def never_caught_up(**_: object) -> int:
    return 0


def a_minute_late(plan: Plan) -> datetime:
    return plan.since + timedelta(minutes=1)


def never_ended(_log: object, _when: object) -> list[Any]:
    return []


def ended_an_hour_early(log: list[Any], when: datetime) -> list[Any]:
    return pauses_end(log, when - HOUR)


def never(*_: object, **__: object) -> None:
    return None


def forgotten_refusal(**given: Any) -> None:
    needs_close(**given | {"still_holds": False})


WRONG: list[tuple[ModuleType, str, Any, Script]] = [
    (facts, "cases_catch_up", never_caught_up, help_recorded_after_a_missed_limit),
    (evaluating, "need_start", a_minute_late, nothing),
    (evaluation_records, "case_clocks_summarise", never, nothing),
    (evaluation_records, "_next_change", never, a_threshold_passed),
    (evaluating, "_close", never, help_recorded_after_a_missed_limit),
    (decrees, "clocks_recompute", lambda **_: [], a_decree),
    (firing, "escalations_write", never, a_worker_who_comes_later),
    (firing, "_record", never, a_worker_who_comes_later),
    (firing, "pauses_end", never_ended, a_pause_that_ends),
    (firing, "pauses_end", ended_an_hour_early, a_pause_that_ends),
    (lifecycle, "clocks_save", never, a_search),
    (refusing, "needs_close", forgotten_refusal, a_refusal),
    (passing, "clocks_fire", lambda **_: 0, a_worker_who_comes_later),
]


def play(script: Script) -> None:
    """Act by act, compared after each as the machine of Hypothesis compares."""
    case = Clocks()
    try:
        case.enrol(delay=20, facts=THREATENED)
        case.the_register_says_what_the_imitation_says()
        script(case)
        case.the_register_says_what_the_imitation_says()
    finally:
        case.teardown()


@pytest.fixture
def ready(editions: object, db: None) -> None:
    Clocks.world = build()


@pytest.mark.parametrize("script", dict.fromkeys(script for *_, script in WRONG), ids=lambda s: s.__name__)
def test_the_register_as_it_is_agrees(ready: None, script: Script) -> None:
    play(script)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[1]}-{wrong[3].__name__}")
def test_a_register_that_is_wrong_in_one_place_does_not(
    ready: None, monkeypatch: pytest.MonkeyPatch, wrong: tuple[ModuleType, str, Any, Script]
) -> None:
    module, name, instead, script = wrong
    monkeypatch.setattr(module, name, instead)
    with pytest.raises((AssertionError, firing.StuckClockError)):
        play(script)
