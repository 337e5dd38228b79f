"""The first minutes of an officer: what was enrolled, what falls due first, recording it where it stands, and why."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, Evidence, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Person
from oralu.apps.referrals.models import Need
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.worker import turn
from world import World, build

FIRST = r'<section class="first-o".*?</section>'


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    for user in (made.aigul, made.erlan):
        user.language = "en"
        user.save()
    return made


@pytest.fixture
def aigul(client: Client, world: World) -> Client:
    client.force_login(world.aigul)
    return client


def need_of(case: Case, service: str) -> Need:
    return Need.objects.filter(case=case, service=service).latest("pk")


def html(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def row_of(page: str, need: Need) -> str:
    """The row of a need on the page of its case."""
    start = page.index(f'id="need-{need.pk}"')
    return page[start : page.index("</li>\n", page.index("row-panel", start))]


# The page after the enrolment.


def test_the_page_begins_with_what_falls_due_first_and_its_one_act(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none", "housing": "homeless"})
    page = html(aigul, "enrolled", case.pk)
    first = re.search(FIRST, page, re.S)
    assert first
    due = min(Need.objects.filter(case=case, state="open"), key=lambda n: (n.clock.limit_at is None, n.clock.limit_at))
    assert due.service == "identity_document_application"
    assert "Application for an identity document" in first[0]
    assert len(re.findall(r'class="btn btn-primary act"', first[0])) == 1
    assert reverse("need-facts", args=[due.pk]) in first[0]
    rest = page[first.end() :]
    assert "Falls due first" not in rest
    assert 'class="btn btn-primary act"' not in rest
    assert rest.index("Safe place") < rest.index("Employment track") < rest.index("What waits, and for what")


def test_the_page_speaks_to_the_officer_and_the_paper_to_the_person(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    page, paper = html(aigul, "enrolled", case.pk), html(aigul, "enrolled-paper", case.pk)
    assert "You do this yourself." in page
    assert "Your probation officer" not in page
    assert "Your probation officer does this" in paper
    assert "You do this yourself." not in paper
    Case.objects.filter(pk=case.pk).update(officer=world.bolat)
    assert f"Done by: {world.bolat.full_name}." in html(aigul, "enrolled", case.pk)


def test_without_a_consent_it_stands_first_and_once(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"}, consent=False)
    page = html(aigul, "enrolled", case.pk)
    first = re.search(FIRST, page, re.S)
    assert first
    assert "First of all: the written consent" in first[0]
    href = f'href="{reverse("consent", args=[case.pk])}"'
    assert href in first[0]
    assert reverse("consent-pdf", args=[case.pk]) in first[0]
    assert page.count(href) == 1


def test_what_is_still_to_be_asked_is_recorded_from_the_page(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    page = html(aigul, "enrolled", case.pk)
    assert f'href="{reverse("fact-record", args=[case.pk, "housing"])}"' in page
    assert f'href="{reverse("fact-record", args=[case.pk, "identity_document"])}"' not in page


# Recording at a need what it is about.


def test_at_its_need_the_officer_records_that_the_person_has_applied(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none", "housing": "stable"})
    need = need_of(case, "identity_document_application")
    href = reverse("need-facts", args=[need.pk])
    assert f'href="{href}"' in row_of(html(aigul, "case", case.pk), need)
    form = html(aigul, "need-facts", need.pk)
    assert 'name="fact_identity_document"' in form
    assert "Recorded so far: none" in form
    answer = aigul.post(href, {"fact_identity_document": "applied", "effective_on": timezone.localdate().isoformat()})
    assert answer.status_code == 303
    need.refresh_from_db()
    assert (need.state, need.close_reason) == ("met", "rule_ceased")
    told = Statement.objects.get(case=case, name="identity_document", value="applied")
    assert (told.recorded_by, told.evidence) == (world.aigul, None)
    assert Entry.objects.filter(kind="fact.recorded", case=case, actor=world.aigul, data__statement=told.pk).exists()
    page = html(aigul, "case", case.pk)
    assert "No longer required: application for an identity document." in page
    assert "Now required: issue of the identity document." in page


def test_several_facts_of_one_need_share_one_proof(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"clinic_attachment": "none", "screening": "none"})
    need = need_of(case, "attachment_and_screening")
    href = reverse("need-facts", args=[need.pk])
    typed = {"effective_on": timezone.localdate().isoformat(), "evidence_reference": "31-07"}
    nothing = aigul.post(href, typed)
    assert nothing.status_code == 422
    assert 'value="31-07"' in nothing.content.decode()
    assert not Evidence.objects.filter(reference="31-07").exists()
    both = typed | {"fact_clinic_attachment": "attached", "fact_screening": "done"}
    assert aigul.post(href, both).status_code == 303
    proof = Evidence.objects.get(reference="31-07")
    assert set(proof.statements.values_list("name", flat=True)) == {"clinic_attachment", "screening"}
    need.refresh_from_db()
    assert need.state == "met"


@pytest.mark.parametrize("service", ["reintegration_plan", "enhanced_response"])
def test_a_need_without_facts_of_its_own_offers_no_recording(world: World, aigul: Client, service: str) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    need = need_of(case, service)
    assert reverse("need-facts", args=[need.pk]) not in html(aigul, "case", case.pk)
    assert aigul.get(reverse("need-facts", args=[need.pk])).status_code == 404


def test_only_the_own_unit_records_and_only_at_an_open_need(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    href = reverse("need-facts", args=[need_of(case, "identity_document_application").pk])
    for user in (world.erlan, world.dana, world.kairat, world.admin):
        stranger = Client()
        stranger.force_login(user)
        assert stranger.get(href).status_code == 404
        assert stranger.post(href, {"fact_identity_document": "held"}).status_code == 404
    facts_record(case=case, facts=[FactData("identity_document", "held")], actor=world.aigul, at=timezone.now())
    late = aigul.post(href, {"fact_identity_document": "held"})
    assert late.status_code == 409
    assert "This has been done already." in late.content.decode()


# Why a need opened, closed or goes on.


def test_a_need_that_closes_by_itself_says_by_which_rule_and_which_fact(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"housing": "homeless", "identity_document": "held"})
    need = need_of(case, "enhanced_response")
    opened = row_of(html(aigul, "case", case.pk), need)
    assert "Opened because of: housing — To be homeless or to live with an aggressor is a critical failure." in opened
    facts_record(case=case, facts=[FactData("housing", "shelter")], actor=world.aigul, at=timezone.now())
    need.refresh_from_db()
    assert (need.state, need.close_reason) == ("met", "rule_ceased")
    page = html(aigul, "case", case.pk)
    closed = row_of(page, need)
    assert "Closed by itself: recorded: Housing: in a crisis centre" in closed
    assert "There is a critical failure in at least one domain" in closed
    assert 'class="closed-needs not-printed" open' in page


def test_the_journal_says_by_which_rule_a_need_opened(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    journal = html(aigul, "case-journal", case.pk)
    words = "application for an identity document. There is no identity document, or it is"
    assert words in journal


def test_a_fact_recorded_at_its_domain_says_what_it_closed_by_itself(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"housing": "homeless", "identity_document": "held"})
    typed = {"value": "shelter", "effective_on": timezone.localdate().isoformat()}
    assert aigul.post(reverse("fact-record", args=[case.pk, "housing"]), typed).status_code == 303
    page = html(aigul, "case", case.pk)
    assert "No longer required: safe place; enhanced response." in page
    assert "Now required: stable home." in page


def test_only_the_facts_by_which_a_rule_holds_are_named(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"housing": "homeless", "violence_threat": "yes", "identity_document": "held"})
    page = html(aigul, "case", case.pk)
    police = row_of(page, need_of(case, "safety_measures"))
    assert "Opened because of: Threat of violence: yes</p>" in police
    assert "Housing: homeless; Threat of violence: yes</p>" in row_of(page, need_of(case, "safe_place"))


def test_a_need_that_a_day_opens_or_a_human_closes_names_no_fact(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    need = need_of(case, "identity_document_application")
    aigul.post(reverse("need-withdraw", args=[need.pk]), {"note": "opened twice"})
    assert "Closed by itself" not in row_of(html(aigul, "case", case.pk), need)
    unknown = need_of(case, "attachment_and_screening")
    assert "Opened because of" not in row_of(html(aigul, "case", case.pk), unknown)


def test_a_failure_that_comes_with_a_day_is_named(world: World, aigul: Client) -> None:
    past = timezone.now() - timedelta(days=31)
    case = world.enrol(facts={"identity_document": "none", "housing": "stable"}, at=past, enrolled_on=past.date())
    turn(timezone.now())
    need = need_of(case, "enhanced_response")
    assert "Opened because of: legal — " in row_of(html(aigul, "case", case.pk), need)


def test_why_tells_that_an_application_is_enough_for_the_registration_to_go_on(world: World, aigul: Client) -> None:
    waiting = world.enrol(facts={"identity_document": "none"})
    need = need_of(waiting, "residence_registration_application")
    row = row_of(html(aigul, "case", waiting.pk), need)
    assert "Waits for the identity document" in row
    assert "It does not wait" not in row
    facts_record(case=waiting, facts=[FactData("identity_document", "applied")], actor=world.aigul, at=timezone.now())
    row = row_of(html(aigul, "case", waiting.pk), need)
    words = "It does not wait: Identity document: applied for. By this rule that is enough to go on."
    assert row.count(words) == 2, "the row says it, and its why"


# How it looks.


def test_a_case_that_has_begun_has_a_compact_line_and_a_later_one_the_whole(world: World, aigul: Client) -> None:
    fresh = html(aigul, "case", world.enrol(facts={"identity_document": "none"}).pk)
    assert 'class="line line-compact"' in fresh
    assert "span-label" not in fresh
    past = timezone.now() - timedelta(days=12)
    older = world.enrol(facts={"identity_document": "none"}, at=past, enrolled_on=past.date())
    text = html(aigul, "case", older.pk)
    assert "line-compact" not in text
    assert "span-label" in text


def test_risk_is_said_in_words_with_a_key_to_the_levels(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    page = html(aigul, "case", case.pk)
    assert re.search(r"<span>critical</span><b>R3</b>", page)
    key = re.search(r'<details class="pop risk-key">.*?</details>', page, re.S)
    assert key
    for words in ("Critical", "High", "In progress", "No risk found", "There is a critical failure in the domain."):
        assert words in key[0]
    for name in ("caseload", "today"):
        assert "risk-key" in html(aigul, name)
    tables = re.sub(r"<dl class=\"pop-box\">.*?</dl>|<b>R\d</b>", "", page, flags=re.S)
    assert not re.search(r">\s*R[0-3]\s*<", tables)


# The form of the consent.


def test_the_form_of_the_consent_is_printed_from_the_case(world: World, aigul: Client) -> None:
    case = world.enrol(facts={"identity_document": "none"}, consent=False)
    href = reverse("consent-pdf", args=[case.pk])
    assert href in html(aigul, "consent", case.pk)
    answer = aigul.get(href)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert Entry.objects.filter(kind="consent.printed", case=case, actor=world.aigul).count() == 1
    for user in (world.erlan, world.dana, world.kairat, world.admin):
        stranger = Client()
        stranger.force_login(user)
        assert stranger.get(href).status_code == 404


def test_the_form_of_the_consent_is_printed_before_the_case_is_opened(world: World, aigul: Client) -> None:
    draft = aigul.post(reverse("enrol"))["Location"].rsplit("/", 2)[-2]
    step = html(aigul, "enrol-step", draft, "consent")
    href = reverse("enrol-consent-pdf", args=[draft])
    assert href in step
    assert aigul.get(href).content.startswith(b"%PDF")
    assert not Person.objects.exists()
    other = Client()
    other.force_login(world.aigul)
    assert other.get(href).status_code == 404


# The steps of an enrolment.


def test_a_step_of_which_nothing_was_asked_has_no_tick(world: World, aigul: Client) -> None:
    draft = aigul.post(reverse("enrol"))["Location"].rsplit("/", 2)[-2]

    def send(step: str, data: dict[str, Any]) -> None:
        aigul.post(reverse("enrol-step", args=[draft, step]), data | {"go": "next"})

    send("facts-legal", {"identity_document": "none"})
    send("facts-housing", {"housing": "stable", "violence_threat": "no", "exploitation_risk": "refused"})
    send("facts-economic", {})
    send("consent", {"answer": "later"})
    page = html(aigul, "enrol-step", draft, "identity")
    steps = re.search(r'<ol class="steps-o">.*?</ol>', page, re.S)
    assert steps
    by_name = {re.sub("<[^>]+>", " ", item).strip(): item for item in re.findall(r"<li.*?</li>", steps[0], re.S)}
    assert [name.split()[0] for name, item in by_name.items() if "step-done" in item] == ["Housing"]
    assert any(name.split() == ["Legal", "1", "of", "2"] for name in by_name)
    assert "Economic" in by_name
    assert "Consent" in by_name


# Kazakh.


def test_a_kazakh_page_has_the_kazakh_address(world: World, aigul: Client) -> None:
    shop = world.agencies["one_stop_shop"]
    Agency.objects.filter(pk=shop.pk).update(address="ул. Примерная, 3", address_kk="Үлгі көшесі, 3")
    case = world.enrol(facts={"identity_document": "none"})
    world.aigul.language = "kk"
    world.aigul.save()
    for name in ("enrolled", "enrolled-paper"):
        text = html(aigul, name, case.pk)
        assert "Үлгі көшесі, 3" in text
        assert "ул. Примерная, 3" not in text
    Agency.objects.filter(pk=shop.pk).update(address_kk="")
    assert "ул. Примерная, 3" in html(aigul, "enrolled", case.pk)
