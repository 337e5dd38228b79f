"""Acts on a case: what each writes, what a refused form keeps, and what is not offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, Plan
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.referring import referral_handed_over, referral_serve
from world import World, build

WITHOUT_PAPERS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}
HTMX = {"HX-Request": "true", "HX-Target": "panel-x"}
Enter = Callable[[User], Client]


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    for user in (made.aigul, made.bolat):
        user.language = "en"
        user.save()
    return made


@pytest.fixture
def aigul(world: World, client: Client) -> Client:
    client.force_login(world.aigul)
    return client


def today() -> str:
    return timezone.localdate().isoformat()


def need_of(case: Case, service: str) -> Need:
    return Need.objects.get(case=case, service=service, state="open")


def on_paper(world: World, case: Case, service: str) -> Referral:
    """A referral to an agency without an account, handed over."""
    referral = Referral.objects.get(case=case, need__service=service)
    return referral_handed_over(referral=referral, actor=world.aigul, at=timezone.now())


def test_recording_a_fact_closes_the_need_and_leaves_a_journal_row(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    data = {"value": "held", "effective_on": today(), "evidence_title": "Card", "evidence_reference": "123"}
    response = aigul.post(f"/cases/{case.pk}/facts/identity_document", data)
    assert (response.status_code, response["Location"]) == (303, f"/cases/{case.pk}#fact-identity_document")
    assert Need.objects.get(case=case, service="identity_document_application").state == "met"
    assert case.statements.latest("pk").evidence.reference == "123"
    assert Entry.objects.filter(case=case, kind="fact.recorded", actor=world.aigul).exists()


def test_a_fact_of_tomorrow_is_refused_and_what_was_typed_stays(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    before = case.statements.count()
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    response = aigul.post(
        f"/cases/{case.pk}/facts/income",
        {"value": "lawful", "effective_on": tomorrow, "evidence_reference": "N-77"},
        headers=HTMX,
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert 'id="panel-x"' in text
    assert "N-77" in text
    assert tomorrow in text
    assert "A fact cannot be dated in the future." in text
    assert case.statements.count() == before


def test_by_htmx_the_form_is_a_panel_and_its_success_draws_the_page_anew(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    href = f"/cases/{case.pk}/notes"
    panel = aigul.get(href, headers=HTMX).content.decode()
    assert "<html" not in panel
    assert 'hx-target="#panel-x"' in panel
    assert "<html" in aigul.get(href).content.decode()
    response = aigul.post(href, {"note": "A call."}, headers=HTMX)
    assert response["HX-Refresh"] == "true"
    assert case.notes.get().text == "A call."


def test_a_fact_that_no_edition_knows_has_no_page(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    assert aigul.get(f"/cases/{case.pk}/facts/shoe_size").status_code == 404


def test_a_retraction_withdraws_the_need_with_its_reason(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    mistaken = facts_record(
        case=case, facts=[FactData("family_contact", "wanted")], actor=world.aigul, at=timezone.now()
    )[0]
    assert need_of(case, "family_assessment")
    assert aigul.post(f"/facts/{mistaken.pk}/retract", {"reason": " "}).status_code == 422
    response = aigul.post(f"/facts/{mistaken.pk}/retract", {"reason": "Another person's file"})
    assert response.status_code == 303
    need = Need.objects.get(case=case, service="family_assessment")
    assert (need.state, need.close_note) == ("withdrawn", "Another person's file")
    text = aigul.get(f"/cases/{case.pk}").content.decode()
    assert "Another person&#x27;s file" in text


def test_the_consent_sends_what_waited_for_it(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS, consent=False)
    assert "Record the consent" in aigul.get(f"/cases/{case.pk}").content.decode()
    assert aigul.post(f"/cases/{case.pk}/consent", {"day": today()}).status_code == 303
    assert not Referral.objects.filter(case=case, state="waiting_consent").exists()
    assert Referral.objects.filter(case=case, state="sent").exists()


def test_an_agency_on_paper_answers_through_the_case_manager(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = Referral.objects.get(case=case, need__service="employment_track")
    assert aigul.post(f"/referrals/{referral.pk}/hand-over", {"sure": "1"}).status_code == 303
    href = f"/referrals/{referral.pk}/answer?answer=served"
    assert "employment_track" in aigul.get(href).content.decode()
    data = {"fact_employment_track": "registered", "effective_on": today()}
    without_proof = aigul.post(href, data)
    assert without_proof.status_code == 422
    served = data | {"evidence_title": "Certificate", "evidence_reference": "55"}
    assert aigul.post(href, served).status_code == 303
    referral.refresh_from_db()
    assert (referral.state, referral.evidence.reference) == ("served", "55")
    assert Need.objects.get(case=case, service="employment_track").state == "met"
    text = aigul.get(f"/cases/{case.pk}").content.decode()
    assert f"/referrals/{referral.pk}/person" in text


def test_an_agency_on_paper_that_cannot_passes_the_need_on(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = on_paper(world, case, "employment_track")
    href = f"/referrals/{referral.pk}/answer?answer=cannot"
    assert aigul.post(href, {"note": "full"}).status_code == 422
    assert aigul.post(href, {"reason": "no_staff", "note": "full"}).status_code == 303
    referral.refresh_from_db()
    assert (referral.state, referral.reason) == ("declined", "no_staff")


def test_the_only_agency_is_asked_again_only_by_name(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = on_paper(world, case, "employment_track")
    aigul.post(f"/referrals/{referral.pk}/answer?answer=cannot", {"reason": "no_staff", "note": "full"})
    need = need_of(case, "employment_track")
    assert need.referrals.count() == 1
    card = aigul.get(f"/cases/{case.pk}").content.decode()
    assert f"{referral.agency} has declined (no staff for it now), and no other agency fits." in card
    href = f"/needs/{need.pk}/agency"
    assert f'href="{href}"' in card
    assert "Ask again" in card
    page = aigul.get(href).content.decode()
    assert f"ask again: {referral.agency}" in page
    assert "no staff for it now" in page
    assert aigul.post(href, {"agency": str(referral.agency_id)}).status_code == 303
    again = need.referrals.order_by("attempt").last()
    assert (again.agency, again.attempt, again.state) == (referral.agency, 2, "draft")
    assert "has declined" not in aigul.get(f"/cases/{case.pk}").content.decode().split("earlier attempt")[0]
    assert Entry.objects.filter(kind="referral.draft", case=case, actor=world.aigul).exists()


def test_after_a_refusal_of_the_only_agency_the_leadership_may_be_asked_instead(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = on_paper(world, case, "employment_track")
    aigul.post(f"/referrals/{referral.pk}/answer?answer=cannot", {"reason": "no_staff", "note": "full"})
    need = need_of(case, "employment_track")
    assert aigul.post(f"/needs/{need.pk}/agency", {"agency": "leadership"}).status_code == 303
    assert need.referrals.count() == 1
    assert Need.objects.get(pk=need.pk).escalated_no_agency


def test_an_agency_with_an_account_answers_for_itself(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = Referral.objects.get(case=case, need__service="identity_document_application")
    assert aigul.get(f"/referrals/{referral.pk}/answer").status_code == 404


@pytest.fixture
def served(world: World) -> Referral:
    case = world.enrol(facts=WITHOUT_PAPERS)
    referral = on_paper(world, case, "employment_track")
    return referral_serve(
        referral=referral,
        facts=[FactData("employment_track", "registered")],
        evidence=EvidenceData("Certificate", "1"),
        note="",
        actor=world.aigul,
        at=timezone.now(),
    )


def test_the_person_confirms_and_the_case_manager_accepts(world: World, aigul: Client, served: Referral) -> None:
    assert aigul.post(f"/referrals/{served.pk}/person", {"answer": "confirmed"}).status_code == 303
    assert "recorded on their behalf" in aigul.get(f"/cases/{served.case_id}").content.decode()
    assert aigul.post(f"/referrals/{served.pk}/accept", {"sure": "1"}).status_code == 303
    served.refresh_from_db()
    assert (served.person_answer, served.case_accepted_by) == ("confirmed", world.aigul)


def test_a_dispute_asks_for_words_and_is_decided_with_reasons(world: World, aigul: Client, served: Referral) -> None:
    assert aigul.post(f"/referrals/{served.pk}/person", {"answer": "disputed"}).status_code == 422
    said = {"answer": "disputed", "note": "Nobody was there"}
    assert aigul.post(f"/referrals/{served.pk}/person", said).status_code == 303
    assert "Nobody was there" in aigul.get(f"/referrals/{served.pk}/accept").content.decode()
    assert aigul.post(f"/referrals/{served.pk}/accept", {"decision": "uphold"}).status_code == 422
    decided = {"decision": "uphold", "note": "The office was closed"}
    assert aigul.post(f"/referrals/{served.pk}/accept", decided).status_code == 303
    served.refresh_from_db()
    assert served.state == "not_served"


def test_a_need_goes_to_the_agency_chosen(world: World, aigul: Client) -> None:
    second = Agency.objects.create(
        kind="one_stop_shop",
        region=world.region,
        name_ru="Второй центр",
        name_kk="Екінші орталық",
        responsible_name="Ответственное лицо",
        duty_contact="+7 700 000 00 01",
    )
    case = world.enrol(facts=WITHOUT_PAPERS)
    need = need_of(case, "identity_document_application")
    first = need.referrals.get()
    other = next(a for a in (second, world.agencies["one_stop_shop"]) if a.pk != first.agency_id)
    href = f"/referrals/{first.pk}/withdraw"
    assert str(other) in aigul.get(href).content.decode()
    assert aigul.post(href, {"agency": str(other.pk), "note": "Nearer"}).status_code == 303
    assert need.referrals.latest("attempt").agency == other


def test_refused_reopened_withdrawn(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    need = need_of(case, "employment_track")
    assert aigul.get(f"/needs/{need.pk}/reopen").status_code == 404
    assert aigul.post(f"/needs/{need.pk}/refused", {"note": "Not now"}).status_code == 303
    need.refresh_from_db()
    assert need.state == "refused"
    assert aigul.post(f"/needs/{need.pk}/reopen", {"sure": "1"}).status_code == 303
    again = need_of(case, "employment_track")
    assert again.cycle == 2
    assert aigul.post(f"/needs/{again.pk}/withdraw", {"note": ""}).status_code == 422
    assert aigul.post(f"/needs/{again.pk}/withdraw", {"note": "Works abroad"}).status_code == 303
    again.refresh_from_db()
    assert (again.state, again.close_note) == ("withdrawn", "Works abroad")


def test_a_pause_moves_the_deadline_and_the_summary_of_the_case(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    need = need_of(case, "identity_document_application")
    case.refresh_from_db()
    assert case.next_need == need.service
    until = (timezone.localdate() + timedelta(days=10)).isoformat()
    data = {"reason": "person_in_hospital", "party": "person", "until": until}
    assert aigul.post(f"/needs/{need.pk}/pause", data | {"until": "2020-01-01"}).status_code == 422
    assert aigul.post(f"/needs/{need.pk}/pause", data).status_code == 303
    case.refresh_from_db()
    need.clock.refresh_from_db()
    assert case.next_need != need.service
    assert need.clock.intervals.latest("start").kind == "paused"
    assert aigul.post(f"/needs/{need.pk}/resume", {"sure": "1"}).status_code == 303
    case.refresh_from_db()
    assert case.next_need == need.service
    assert Entry.objects.filter(case=case, kind="clock.resumed", actor=world.aigul).exists()


def test_the_conference_of_the_agencies_meets_the_enhanced_response(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS | {"housing": "homeless"})
    need = need_of(case, "enhanced_response")
    href = f"/needs/{need.pk}/served"
    assert aigul.post(href, {"note": "A place by Friday"}).status_code == 422
    assert aigul.post(href, {"note": "A place by Friday", "evidence_reference": "3"}).status_code == 303
    need.refresh_from_db()
    assert (need.state, need.close_reason) == ("met", "served")
    other = need_of(case, "reintegration_plan")
    assert aigul.get(f"/needs/{other.pk}/served").status_code == 404


def row(n: int, **more: str) -> dict[str, str]:
    values = {"domain": "legal", "goal": "Papers", "action": f"Apply {n}", "actor": "person", "due_on": today()}
    return {f"s{n}-{name}": value for name, value in (values | more).items()}


def test_the_plan_is_drafted_agreed_and_done(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    href = f"/cases/{case.pk}/plan"
    assert "suggested" in aigul.get(href).content.decode()
    dropped = row(2, drop="on")
    assert aigul.post(href, {"rows": "3", **row(0), **row(1), **dropped}).status_code == 303
    plan = Plan.objects.get(case=case)
    assert [step.action for step in plan.steps.order_by("id")] == ["Apply 0", "Apply 1"]
    assert "Apply 1" in aigul.get(f"{href}/print").content.decode()
    assert aigul.post(f"{href}/agree", {"agreed_on": today()}).status_code == 422
    assert aigul.post(f"{href}/agree", {"agreed_on": today(), "evidence_reference": "1"}).status_code == 303
    plan.refresh_from_db()
    assert plan.state == "agreed"
    assert not Need.objects.filter(case=case, service="reintegration_plan", state="open").exists()
    step = plan.steps.first()
    assert aigul.post(f"/steps/{step.pk}/done", {"day": "2999-01-01"}).status_code == 422
    assert aigul.post(f"/steps/{step.pk}/done", {"day": today()}).status_code == 303
    step.refresh_from_db()
    assert step.done_on == timezone.localdate()
    assert aigul.post(href, {"rows": "1", **row(0, action="New")}).status_code == 303
    assert [p.state for p in Plan.objects.filter(case=case)] == ["draft", "agreed"]


def test_a_row_is_added_without_script_and_keeps_what_was_typed(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    response = aigul.post(f"/cases/{case.pk}/plan", {"rows": "1", **row(0), "add": "1"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Apply 0" in text
    assert 'name="s1-goal"' in text
    assert not Plan.objects.exists()


def test_a_step_half_written_is_not_lost(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    response = aigul.post(f"/cases/{case.pk}/plan", {"rows": "2", **row(0), **row(1, due_on="")})
    assert response.status_code == 422
    assert "Apply 1" in response.content.decode()
    assert not Plan.objects.exists()


def test_the_life_of_a_case(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    base = f"/cases/{case.pk}"
    assert aigul.post(f"{base}/assign", {"officer": str(world.bolat.pk), "reason": "leave"}).status_code == 303
    assert aigul.post(f"{base}/suspend", {"note": "order 5"}).status_code == 303
    assert aigul.post(f"{base}/resume", {"sure": "1"}).status_code == 303
    born = case.person.birth_date.isoformat()
    assert aigul.post(f"{base}/release-date", {"released_on": born, "reason": "letter"}).status_code == 422
    assert aigul.post(f"{base}/release-date", {"released_on": today(), "reason": "letter"}).status_code == 303
    early = (case.enrolled_on - timedelta(days=1)).isoformat()
    assert aigul.post(f"{base}/close", {"ground": "amnesty", "closed_on": early}).status_code == 422
    assert aigul.post(f"{base}/close", {"ground": "amnesty", "closed_on": today()}).status_code == 303
    case.refresh_from_db()
    assert (case.officer, case.state, case.closing_ground) == (world.bolat, "closed", "amnesty")
    kinds = set(Entry.objects.filter(case=case).values_list("kind", flat=True))
    assert {"case.assigned", "case.suspended", "case.resumed", "case.release_moved", "case.closed"} <= kinds


def test_after_a_transfer_the_case_is_no_longer_here(world: World, aigul: Client) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    data = {"unit": str(world.erlan.agency_id), "locality": "", "reason": "moved"}
    response = aigul.post(f"/cases/{case.pk}/transfer", data)
    assert response.status_code == 303
    assert str(case.pk) not in response["Location"]
    assert aigul.get(f"/cases/{case.pk}").status_code == 404
