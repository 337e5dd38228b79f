"""A worker that was out, or that comes a second late, loses no deadline and turns nothing back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oralu.apps.cases.models import Case, Milestone
from oralu.apps.messages.models import Message
from oralu.apps.referrals.escalation_services import escalation_answer, measure_done
from oralu.apps.referrals.models import Clock, Escalation, Need
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.lifecycle import case_close, case_resume, case_suspend
from oralu.apps.routing.pausing import need_clock_pause
from oralu.apps.routing.sweeping import sweep
from oralu.apps.routing.worker import turn
from world import World

NO_PAPERS = {"identity_document": "none", "housing": "stable", "income": "lawful", "plan": "agreed"}
APPLICATION = "identity_document_application"


def breaches(case: Case, service: str = APPLICATION) -> int:
    return Escalation.objects.filter(case=case, need__service=service, kind="breach").count()


def test_a_limit_missed_while_the_worker_was_out_is_missed_also_when_the_help_is_recorded_first(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    late = world.at + timedelta(hours=24, seconds=1)
    facts_record(case=case, facts=[FactData("identity_document", "held")], actor=world.aigul, at=late)
    clock = Clock.objects.get(need__case=case, need__service=APPLICATION)
    assert (clock.breached_at, clock.stopped_at) == (late, late)
    assert breaches(case) == 1
    turn(late)
    assert breaches(case) == 1


def test_a_limit_missed_is_missed_also_when_a_pause_or_the_closure_of_the_case_comes_first(world: World) -> None:
    paused, closed = world.enrol(facts=NO_PAPERS), world.enrol(facts=NO_PAPERS)
    late = world.at + timedelta(days=2)
    need_clock_pause(
        need=Need.objects.get(case=paused, service=APPLICATION),
        reason="court",
        party="court",
        until=late + timedelta(days=1),
        actor=world.aigul,
        at=late,
    )
    case_close(case=closed, ground="death", closed_on=late.date(), note="", actor=world.aigul, at=late)
    assert (breaches(paused), breaches(closed)) == (1, 1)


def test_what_was_recorded_while_the_worker_was_out_is_not_turned_back(world: World) -> None:
    other = world.enrol(facts=NO_PAPERS)
    Case.objects.filter(pk=other.pk).update(next_change_on=world.at.date() + timedelta(days=5))
    case = world.enrol(facts=NO_PAPERS)
    facts_record(
        case=case,
        facts=[FactData("housing", "temporary")],
        actor=world.aigul,
        at=world.at + timedelta(days=10),
    )
    turn(world.at + timedelta(days=20))
    assert Need.objects.filter(case=case, service="stable_place").values_list("state", "cycle").get() == ("open", 1)
    assert Case.objects.get(pk=case.pk).domains["housing"]["points"] == 1


def test_the_digest_of_an_imported_register_counts_every_batch(world: World) -> None:
    go_live = date(2026, 6, 8)
    for n in range(3):
        world.enrol(facts=NO_PAPERS, go_live_on=go_live, import_key=f"k{n}")
    later = world.at + timedelta(days=9)
    while sweep(at=later, batch=1):
        pass
    digest = Message.objects.get(user=world.kairat, template="inherited_digest")
    assert digest.data["count"] == Escalation.objects.filter(in_digest=True, addressee="leb_leadership").count() >= 3


@pytest.mark.parametrize("swept_first", [True, False])
def test_a_measure_carried_out_late_is_late_whoever_comes_first(world: World, swept_first: bool) -> None:
    case = world.enrol(facts=NO_PAPERS)
    turn(world.at + timedelta(hours=24))
    measure = escalation_answer(
        escalation=Escalation.objects.get(case=case),
        cause="staff_overloaded",
        cause_note="",
        measure="направить сотрудника",
        responsible="Петров",
        due_on=date(2026, 6, 5),
        actor=world.kairat,
        at=world.at + timedelta(hours=30),
    )
    late = world.at + timedelta(days=6)
    if swept_first:
        turn(late)
    measure_done(measure=measure, note="сделано", actor=world.kairat, at=late)
    turn(late + timedelta(minutes=1))
    assert Escalation.objects.filter(kind="measure_late").count() == 1


def test_a_milestone_that_fell_into_a_search_is_frozen(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    case_suspend(case=case, reason="не явилась", actor=world.aigul, at=world.at + timedelta(hours=2))
    at = world.at + timedelta(days=40)
    facts_record(case=case, facts=[FactData("housing", "temporary")], actor=world.aigul, at=at)
    case_resume(case=case, actor=world.aigul, at=at + timedelta(days=1))
    milestone = Milestone.objects.get(case=case)
    assert (milestone.day, milestone.on) == (30, case.enrolled_on + timedelta(days=30))
