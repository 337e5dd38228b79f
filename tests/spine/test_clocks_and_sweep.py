"""Due clocks fire once: they warn at the target, breach at the limit and go up to the addressee of the policy."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oralu.apps.cases.models import Case, EvaluationRecord, Milestone
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.referrals.clocks import clock_compute, clock_pause, clock_resume, clocks_save, intervals_of
from oralu.apps.referrals.escalation_services import escalation_answer, measure_done
from oralu.apps.referrals.models import Clock, Escalation, Need
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.lifecycle import case_resume, case_suspend
from oralu.apps.routing.worker import turn
from world import World

NO_PAPERS = {
    "identity_document": "none",
    "housing": "stable",
    "violence_threat": "no",
    "exploitation_risk": "no",
    "income": "lawful",
    "plan": "agreed",
}
APPLICATION = "identity_document_application"


def need_of(case: Case, service: str = APPLICATION) -> Need:
    return Need.objects.select_related("clock").get(case=case, service=service)


def test_the_target_warns_the_officer_once(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    for hours in (12, 12.5, 13):
        turn(world.at + timedelta(hours=hours))
    assert need_of(case).clock.warned_at == world.at + timedelta(hours=12)
    assert Message.objects.filter(user=world.aigul, template="target_passed").count() == 1
    assert not Escalation.objects.exists()


def test_the_limit_breaches_escalates_to_the_leadership_and_raises_the_risk(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    facts_record(
        case=case,
        facts=[FactData("residence_registration", "permanent")],
        actor=world.aigul,
        at=world.at + timedelta(hours=1),
    )
    assert Case.objects.get(pk=case.pk).domains["legal"]["risk"] == 1
    turn(world.at + timedelta(hours=24))
    turn(world.at + timedelta(hours=25))
    escalation = Escalation.objects.get(case=case)
    assert (escalation.agency, escalation.late_agency) == (
        world.agencies["leb_leadership"],
        world.agencies["one_stop_shop"],
    )
    assert escalation.fell_due_at == world.at + timedelta(hours=24)
    assert Message.objects.filter(user=world.kairat, template="escalation").count() == 1
    case.refresh_from_db()
    assert (case.breached, case.domains["legal"]["risk"]) == (["legal"], 2)


def test_a_month_without_the_worker_is_made_good_once_and_in_order(world: World) -> None:
    case = world.enrol(facts={**NO_PAPERS, "residence_registration": "none"})
    later = world.at + timedelta(days=40)
    turn(later)
    counts = (Escalation.objects.count(), Message.objects.count(), EvaluationRecord.objects.count())
    turn(later + timedelta(minutes=1))
    assert (Escalation.objects.count(), Message.objects.count(), EvaluationRecord.objects.count()) == counts
    milestone = Milestone.objects.get(case=case)
    assert (milestone.day, milestone.on, milestone.failures) == (30, case.enrolled_on + timedelta(days=30), ["legal"])
    enhanced = need_of(case, "enhanced_response")
    assert local_day(enhanced.opened_at) == case.enrolled_on + timedelta(days=30)
    kinds = list(Entry.objects.filter(case=case).order_by("id").values_list("kind", flat=True))
    assert kinds.index("clock.breached") < kinds.index("milestone.frozen")


def test_a_need_met_before_its_target_never_fires(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    facts_record(
        case=case, facts=[FactData("identity_document", "held")], actor=world.aigul, at=world.at + timedelta(hours=2)
    )
    turn(world.at + timedelta(hours=30))
    assert need_of(case).state == "met"
    assert not Escalation.objects.filter(need__service=APPLICATION).exists()


def test_the_waiting_clock_starts_when_the_document_is_applied_for(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    applied = world.at + timedelta(hours=3)
    facts_record(case=case, facts=[FactData("identity_document", "applied")], actor=world.aigul, at=applied)
    need = need_of(case, "residence_registration_application")
    assert need.clock.limit_at == applied + timedelta(hours=24)
    assert need.referrals.get().state == "sent"


def test_a_pause_moves_the_deadline_by_its_length_and_ends_by_itself(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    clock = need_of(case).clock
    clock_pause(
        clock=clock,
        reason="person_in_hospital",
        party="person",
        until=world.at + timedelta(days=3),
        actor=world.aigul,
        at=world.at + timedelta(hours=1),
    )
    turn(world.at + timedelta(days=3))
    clock.refresh_from_db()
    assert clock.limit_at == world.at + timedelta(days=3, hours=23)
    assert clock.warned_at is None


def test_a_resumed_pause_counts_only_what_it_lasted(world: World) -> None:
    clock = need_of(world.enrol(facts=NO_PAPERS)).clock
    clock_pause(
        clock=clock,
        reason="court",
        party="court",
        until=world.at + timedelta(days=3),
        actor=world.aigul,
        at=world.at + timedelta(hours=1),
    )
    clock_resume(clock=clock, actor=world.aigul, at=world.at + timedelta(hours=5))
    assert Clock.objects.get(pk=clock.pk).limit_at == world.at + timedelta(hours=28)


def test_while_the_person_is_searched_for_nothing_falls_due(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    case_suspend(case=case, reason="не явилась", actor=world.aigul, at=world.at + timedelta(hours=2))
    turn(world.at + timedelta(days=10))
    assert not Escalation.objects.exists()
    case_resume(case=case, actor=world.aigul, at=world.at + timedelta(days=10))
    assert need_of(case).clock.limit_at == world.at + timedelta(days=10, hours=22)


def test_the_date_of_a_corrective_measure_is_a_clock_too(world: World) -> None:
    case = world.enrol(facts=NO_PAPERS)
    turn(world.at + timedelta(hours=24))
    measure = escalation_answer(
        escalation=Escalation.objects.get(case=case),
        cause="staff_overloaded",
        cause_note="",
        measure="Выделить окно",
        responsible="Зам. руководителя",
        due_on=date(2026, 6, 5),
        actor=world.kairat,
        at=world.at + timedelta(hours=30),
    )
    turn(world.at + timedelta(days=5))
    late = Escalation.objects.get(kind="measure_late")
    assert late.agency == world.agencies["leb_leadership"]
    measure_done(measure=measure, note="сделано", actor=world.kairat, at=world.at + timedelta(days=6))
    turn(world.at + timedelta(days=7))
    assert Escalation.objects.filter(kind="measure_late").count() == 1


def test_inherited_needs_start_on_the_go_live_date_and_escalate_as_one_digest(world: World) -> None:
    go_live = date(2026, 6, 8)
    for n in range(3):
        world.enrol(facts=NO_PAPERS, go_live_on=go_live, import_key=f"k{n}")
    needs = Need.objects.filter(service=APPLICATION)
    assert all(n.is_inherited and local_day(n.opened_at) == go_live for n in needs)
    turn(world.at + timedelta(days=9))
    assert Escalation.objects.filter(need__service=APPLICATION, in_digest=True).count() == 3
    assert Message.objects.filter(user=world.kairat, template="inherited_digest").count() == 1


def test_every_due_column_is_what_the_interval_log_says(world: World) -> None:
    for facts in (NO_PAPERS, {"housing": "homeless"}, {}):
        world.enrol(facts=facts)
    turn(world.at + timedelta(hours=20))
    clocks = list(Clock.objects.filter(need__isnull=False))
    logs = intervals_of(c.pk for c in clocks)
    for clock in clocks:
        before = (clock.due_at, clock.due_step, clock.target_at, clock.limit_at)
        clock_compute(clock, logs[clock.pk])
        assert (clock.due_at, clock.due_step, clock.target_at, clock.limit_at) == before
    clocks_save(clocks)


@pytest.mark.parametrize("hours", [11.99, 12])
def test_the_target_is_passed_from_its_moment_on(world: World, hours: float) -> None:
    case = world.enrol(facts=NO_PAPERS)
    turn(world.at + timedelta(hours=hours))
    assert (need_of(case).clock.warned_at is not None) is (hours == 12)
