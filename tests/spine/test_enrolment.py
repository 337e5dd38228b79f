"""Enrolment evaluates at once and opens the needs, with their clocks and referrals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from oralu.apps.cases.models import Case, EvaluationRecord, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.people.services import ChildData, PersonData
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing import enrolment
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.frames import frames_load
from oralu.apps.routing.planning import Cause
from oralu.policyfiles import load_edition
from world import EDITION, World

WITHOUT_PAPERS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


def test_a_woman_without_papers_gets_a_referral_to_the_one_stop_shop_with_a_clock_of_a_day(world: World) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    need = Need.objects.get(case=case, service="identity_document_application")
    assert need.clock.limit_at == world.at + timedelta(hours=24)
    assert need.clock.due_at == world.at + timedelta(hours=12)
    referral = need.referrals.get()
    assert (referral.state, referral.agency) == ("sent", world.agencies["one_stop_shop"])


def test_registration_of_residence_waits_visibly_for_the_identity_document(world: World) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    need = Need.objects.get(case=case, service="residence_registration_application")
    assert need.clock.due_at is None
    assert need.clock.intervals.get().kind == "waiting"
    assert not need.referrals.exists()


def test_without_consent_every_referral_waits_for_it(world: World) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS, consent=False)
    assert set(Referral.objects.filter(case=case).values_list("state", flat=True)) == {"waiting_consent"}


def test_an_agency_without_an_account_gets_its_referral_on_paper(world: World) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = Referral.objects.get(case=case, agency=world.agencies["clinic"])
    assert (referral.state, referral.sent_at) == ("draft", None)


def test_a_homeless_woman_goes_to_the_crisis_centre_and_a_place_is_held(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    referral = Referral.objects.get(case=case, need__service="safe_place")
    assert referral.agency == world.agencies["crisis_centre"]
    assert referral.occupancies.get().state == "held"


def test_when_no_place_is_free_the_leadership_is_told_at_once(world: World) -> None:
    for _ in range(2):
        world.enrol(facts={"housing": "homeless"})
    case = world.enrol(facts={"housing": "homeless"})
    escalation = Escalation.objects.get(case=case)
    assert (escalation.kind, escalation.agency) == ("no_agency", world.agencies["leb_leadership"])
    assert not Referral.objects.filter(case=case, need__service="safe_place").exists()


def test_the_same_evaluation_twice_opens_nothing_twice(world: World) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    counts = [m.objects.count() for m in (Need, Referral, Entry, EvaluationRecord)]
    cases_evaluate(case_ids=[case.pk], actor=None, at=world.at + timedelta(minutes=5), cause=Cause("facts"))
    assert [m.objects.count() for m in (Need, Referral, Entry, EvaluationRecord)] == counts


def test_a_bad_fact_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(ValidationError) as caught:
        world.enrol(facts={"housing": "palace"})
    assert "housing" in caught.value.message_dict
    assert not Statement.objects.exists()


def test_a_person_with_an_open_case_cannot_be_enrolled_again(world: World) -> None:
    case = world.enrol()
    with pytest.raises(ValidationError):
        world.enrol(person=case.person)


@pytest.mark.parametrize("consent", [True, False])
def test_what_is_judged_at_enrolment_is_what_would_be_read_back(
    world: World, monkeypatch: pytest.MonkeyPatch, consent: bool
) -> None:
    first, seen = enrolment.cases_evaluate_first, []

    def evaluate(**given: Any) -> None:
        seen.extend(given["frames"])
        first(**given)

    monkeypatch.setattr(enrolment, "cases_evaluate_first", evaluate)
    children = (ChildData(), ChildData(birth_date=world.at.date() - timedelta(days=17 * 365)))
    data = PersonData("Сейткали", "Айгуль", date(1990, 5, 1), "female", children=children)
    case = world.enrol(person=data, consent=consent, facts=WITHOUT_PAPERS)
    (frame,), loaded = seen, frames_load([case.pk], lock=False)[case.pk]
    edition, day = load_edition(EDITION), world.at.date()
    assert frame.facts(edition, day) == loaded.facts(edition, day)
    assert {c.birth_date for c in frame.children} == {c.birth_date for c in loaded.children}
    assert (frame.is_consented, frame.seeker(day)) == (loaded.is_consented, loaded.seeker(day))
    names = [f.attname for f in Case._meta.concrete_fields]
    assert {n: getattr(frame.case, n) for n in names} == {n: getattr(loaded.case, n) for n in names}
