"""Three-sided closure: the agency reports, the person confirms or disputes, the case manager accepts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from oralu.apps.access import walls
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory, Seeker
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.models import Case, Statement
from oralu.apps.cases.services import EvidenceData
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.confirming import (
    own_need_serve,
    referral_accept_service,
    referral_person_confirms,
    referral_person_disputes,
)
from oralu.apps.routing.consenting import consent_recorded
from oralu.apps.routing.facts import FactData, facts_record, statement_retract
from oralu.apps.routing.lifecycle import case_close, case_transfer
from oralu.apps.routing.referring import (
    referral_accept,
    referral_acknowledge,
    referral_decline,
    referral_handed_over,
    referral_not_served,
    referral_serve,
)
from oralu.apps.routing.refusing import need_refused, need_reopen
from oralu.apps.routing.worker import turn
from world import World

PROOF = EvidenceData("Талон", "9001-22")
CALM = {"violence_threat": "no", "exploitation_risk": "no"}


def referral_of(case: Case, service: str) -> Referral:
    return Referral.objects.select_related("case", "need", "agency").get(case=case, need__service=service)


def test_help_that_is_served_records_the_facts_and_raises_the_points(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM})
    referral = referral_of(case, "identity_document_application")
    at = world.at + timedelta(hours=1)
    referral_acknowledge(referral=referral, actor=world.dana, at=at)
    referral_accept(referral=referral, actor=world.dana, at=at)
    referral_serve(
        referral=referral,
        facts=[FactData("identity_document", "applied")],
        evidence=PROOF,
        note="",
        actor=world.dana,
        at=at,
    )
    case.refresh_from_db()
    assert case.domains["legal"]["points"] == 1
    statement = Statement.objects.get(case=case, value="applied")
    assert (statement.recorded_by, statement.referral_id) == (world.dana, referral.pk)
    assert statement.evidence is not None
    assert Need.objects.get(pk=referral.need_id).state == "met"
    assert referral_of(case, "identity_document_application").state == "served"


def test_a_decline_goes_to_the_next_agency_with_the_time_used_kept(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM})
    referral = referral_of(case, "identity_document_application")
    limit = referral.need.clock.limit_at
    new = referral_decline(
        referral=referral, reason="no_staff", note="", actor=world.dana, at=world.at + timedelta(hours=2)
    )
    assert new is None
    escalation = Escalation.objects.get(case=case)
    assert escalation.kind == "no_agency"
    need = Need.objects.select_related("clock").get(pk=referral.need_id)
    assert (need.state, need.clock.limit_at) == ("open", limit)


def test_the_loser_of_a_race_learns_what_has_happened(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM})
    referral = referral_of(case, "identity_document_application")
    referral_accept(referral=referral, actor=world.dana, at=world.at)
    with pytest.raises(ValidationError, match="already"):
        referral_acknowledge(referral=referral, actor=world.dana, at=world.at)


def test_a_disputed_service_no_longer_counts_as_served(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM})
    referral = referral_of(case, "identity_document_application")
    referral_serve(
        referral=referral,
        facts=[FactData("identity_document", "applied")],
        evidence=PROOF,
        note="",
        actor=world.dana,
        at=world.at,
    )
    referral_person_disputes(referral=referral, note="никто не принял", actor=world.aigul, at=world.at)
    referral.refresh_from_db()
    assert (referral.state, referral.person_answer) == ("disputed", "disputed")


def test_the_case_manager_accepts_after_the_person(world: World) -> None:
    case = world.enrol(facts={"family_contact": "wanted", **CALM})
    referral = referral_of(case, "family_assessment")
    referral_handed_over(referral=referral, actor=world.aigul, at=world.at)
    referral.refresh_from_db()
    referral_serve(referral=referral, facts=[], evidence=PROOF, note="", actor=world.aigul, at=world.at)
    need = Need.objects.get(pk=referral.need_id)
    assert need.state == "open"
    referral_person_confirms(referral=referral, actor=world.aigul, at=world.at)
    referral_accept_service(referral=referral, actor=world.aigul, at=world.at)
    need.refresh_from_db()
    assert (need.state, need.close_reason) == ("met", "served")


def test_a_need_met_by_service_opens_again_only_after_its_rule_ceased(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    need = Need.objects.get(case=case, service="enhanced_response")
    own_need_serve(need=need, note="протокол 1", evidence=PROOF, actor=world.bolat, at=world.at)
    facts_record(case=case, facts=[FactData("income", "none")], actor=world.aigul, at=world.at)
    assert Need.objects.filter(case=case, service="enhanced_response").count() == 1
    facts_record(case=case, facts=[FactData("housing", "temporary")], actor=world.aigul, at=world.at)
    facts_record(
        case=case, facts=[FactData("housing", "homeless")], actor=world.aigul, at=world.at + timedelta(minutes=1)
    )
    assert list(Need.objects.filter(case=case, service="enhanced_response").values_list("cycle", "state")) == [
        (1, "met"),
        (2, "open"),
    ]


def test_a_mistaken_fact_retracted_withdraws_its_need_with_the_reason(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    statement = Statement.objects.get(case=case, name="housing")
    statement_retract(statement=statement, reason="перепутаны дела", actor=world.aigul, at=world.at)
    need = Need.objects.get(case=case, service="safe_place")
    assert (need.state, need.close_reason, need.close_note) == ("withdrawn", "retracted", "перепутаны дела")
    assert referral_of(case, "safe_place").state == "withdrawn"
    assert not world.agencies["crisis_centre"].places.filter(occupancies__state__in=["held", "taken"]).exists()


def test_consent_sends_what_waited_for_it(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM}, consent=False)
    consent_recorded(person=case.person, given_on=world.at.date(), actor=world.aigul, at=world.at)
    assert referral_of(case, "identity_document_application").state == "sent"
    assert referral_of(case, "attachment_and_screening").state == "draft"


def test_a_refusal_is_an_outcome_and_can_be_taken_back(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    need = Need.objects.get(case=case, service="safe_place")
    need_refused(need=need, note="", actor=world.aigul, at=world.at)
    turn(world.at + timedelta(days=3))
    assert not Escalation.objects.filter(need=need).exists()
    assert not Need.objects.filter(case=case, service="safe_place", state="open").exists()
    need_reopen(need=need, actor=world.aigul, at=world.at + timedelta(days=3))
    assert Need.objects.filter(case=case, service="safe_place", state="open").count() == 1


def test_not_served_keeps_the_need_and_its_clock(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none", **CALM})
    referral = referral_of(case, "identity_document_application")
    referral_accept(referral=referral, actor=world.dana, at=world.at)
    referral_not_served(referral=referral, reason="no_show", note="", actor=world.dana, at=world.at)
    need = Need.objects.select_related("clock").get(pk=referral.need_id)
    assert (need.state, need.clock.limit_at) == ("open", world.at + timedelta(hours=24))


def test_a_closed_case_has_nothing_open_and_takes_nothing_more(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    case_close(case=case, ground="death", closed_on=world.at.date(), note="", actor=world.aigul, at=world.at)
    assert not Need.objects.filter(case=case, state="open").exists()
    turn(world.at + timedelta(days=200))
    assert not Escalation.objects.exists()
    with pytest.raises(ValidationError):
        facts_record(case=case, facts=[FactData("housing", "stable")], actor=world.aigul, at=world.at)


def test_a_transfer_keeps_the_cohort_unit(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    unit = world.erlan.agency
    assert unit is not None
    moved = case_transfer(
        case=case, unit=unit, officer=world.erlan, locality="", reason="переезд", actor=world.bolat, at=world.at
    )
    assert (moved.unit, moved.cohort_unit) == (unit, world.unit)


def test_the_least_loaded_is_chosen_by_all_referrals_also_by_those_that_the_chooser_does_not_see(world: World) -> None:
    busy = world.agencies["one_stop_shop"]
    idle = Agency(kind=busy.kind, region=world.region, name_ru="Второй ЦОН", name_kk="Екінші ХҚКО")
    idle.responsible_name, idle.duty_contact = busy.responsible_name, busy.duty_contact
    agency_save(agency=idle, places=None, refuge_address="", actor=None, at=world.at)
    world.enrol(facts={"identity_document": "none"})
    assert Referral.objects.filter(agency=busy, state="sent").exists()
    anybody = Seeker(region_id=world.region.pk, locality="", sex="male", age=30, with_children=False)
    with transaction.atomic(), walls.inside(world.erlan):
        assert not Referral.objects.filter(agency=busy).exists()
        chosen = Directory([world.region.pk]).choose(busy.kind, anybody, needs_duty=True)
        assert not Referral.objects.filter(agency=busy).exists(), "laid down again"
    assert chosen == idle
