"""The main job, end to end, as the people who do it would: in a browser, each signed in on a machine of their own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from browsing import SignIn, follow
from oralu.apps.cases.models import Case, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.worker import turn
from oralu.core.identifiers import iin_generate
from world import World

pytestmark = pytest.mark.browser

BORN = date(1991, 3, 14)
REFUGE = "ул. Тайная, 7"


def choose(page: Page, name: str, value: str) -> None:
    """Choose a radio button by its field and value, as a person clicks its label."""
    page.locator(f"input[name={name}][value='{value}']").check()


def go_on(page: Page) -> None:
    follow(page.locator("main form button[type=submit][value=next], main form button[type=submit].btn-primary").first)


def submit(page: Page) -> None:
    """Press the one button of the form in front, and wait for the page that follows: the act is done then."""
    follow(page.locator("main form .panel-buttons button[type=submit]").first)
    expect(page.locator(".error-summary"), "the form was refused").to_have_count(0)


def enrol(page: Page, facts: dict[str, dict[str, str]]) -> Case:
    """Enrol a woman through every step of the form. `facts`: answers by step."""
    page.goto(reverse("enrol"))
    follow(page.locator("main form button[type=submit]").first)
    page.wait_for_url("**/identity")
    for name, value in {
        "surname": "Оспанова",
        "given_name": "Жанар",
        "birth_date": BORN.isoformat(),
        "iin": iin_generate(BORN, "female", 9100),
        "phone": "+7 700 000 00 11",
    }.items():
        page.locator(f"[name={name}]").fill(value)
    choose(page, "sex", "female")
    go_on(page)
    page.wait_for_url("**/case")
    page.locator("input[name=ground]").first.check()
    go_on(page)
    page.wait_for_url("**/children")
    choose(page, "has_children", "no")
    go_on(page)
    while "/facts-" in page.url:
        step = page.url.rsplit("/", 1)[1].removeprefix("facts-").split("?")[0].split("#")[0]
        for name, value in facts.get(step, {}).items():
            choose(page, name, value)
        go_on(page)
    choose(page, "answer", "given")
    page.locator("[name=given_on]").fill(timezone.localdate().isoformat())
    go_on(page)
    page.wait_for_url("**/review")
    go_on(page)
    page.wait_for_url("**/opened")
    return Case.objects.get()


def test_enrol_refer_serve_and_the_points_rise(world: World, sign_in: SignIn) -> None:
    aigul = sign_in(world.aigul)
    case = enrol(aigul, {"legal": {"identity_document": "none"}})
    opened = aigul.locator("main").inner_text().lower()
    assert "подача заявления на удостоверение личности" in opened
    assert world.agencies["one_stop_shop"].name_ru.lower() in opened
    referral = Referral.objects.get(case=case, need__service="identity_document_application")

    dana = sign_in(world.dana)
    dana.goto(reverse("inbox"))
    dana.goto(reverse("inbox-referral", args=[referral.pk]))
    assert case.person.full_name in dana.locator("main").inner_text()
    for act in ("inbox-acknowledge", "inbox-accept"):
        dana.goto(reverse(act, args=[referral.pk]))
        submit(dana)
    dana.goto(reverse("inbox-serve", args=[referral.pk]))
    dana.locator("[name=fact_identity_document]").select_option("applied")
    dana.locator("[name=evidence_title]").fill("Талон")
    dana.locator("[name=evidence_reference]").fill("9001-22")
    submit(dana)

    case.refresh_from_db()
    assert case.domains["legal"]["points"] == 1
    assert Statement.objects.get(case=case, value="applied").recorded_by == world.dana
    aigul.goto(reverse("referral-person", args=[referral.pk]))
    choose(aigul, "answer", "confirmed")
    submit(aigul)
    aigul.goto(reverse("referral-accept", args=[referral.pk]))
    submit(aigul)
    referral.refresh_from_db()
    assert (referral.person_answer, referral.case_accepted_by) == ("confirmed", world.aigul)


def test_an_agency_is_silent_and_the_leadership_records_the_cause(world: World, sign_in: SignIn) -> None:
    past = world.at - timedelta(hours=30)
    facts = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}
    case = world.enrol(facts=facts, at=past, enrolled_on=past.date())
    turn(past + timedelta(hours=13))
    need = Need.objects.select_related("clock").get(case=case, service="identity_document_application")
    assert need.clock.warned_at is not None
    turn(world.at)

    aigul = sign_in(world.aigul)
    aigul.goto(reverse("today"))
    assert "просрочено" in aigul.locator("main").inner_text()

    kairat = sign_in(world.kairat)
    kairat.goto(reverse("board"))
    assert "подача заявления на удостоверение личности" in kairat.locator("main").inner_text().lower()
    assert case.person.surname not in kairat.locator("main").inner_text()
    escalation = Escalation.objects.get(case=case, kind="breach")
    kairat.goto(reverse("escalation", args=[escalation.pk]))
    choose(kairat, "cause", "staff_overloaded")
    kairat.locator("[name=measure]").fill("Выделить второе окно для лиц на учёте")
    kairat.locator("[name=responsible]").fill("Заместитель руководителя")
    kairat.locator("[name=due_on]").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    submit(kairat)
    escalation.refresh_from_db()
    assert (escalation.cause, escalation.answered_by) == ("staff_overloaded", world.kairat)
    assert escalation.measure.clock.due_at is not None


def test_a_mistaken_fact_is_retracted_and_its_need_says_why_it_was_withdrawn(world: World, sign_in: SignIn) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    statement = Statement.objects.get(case=case, name="housing")
    aigul = sign_in(world.aigul)
    aigul.goto(reverse("fact-retract", args=[statement.pk]))
    aigul.locator("[name=reason]").fill("Перепутаны два дела")
    submit(aigul)
    need = Need.objects.get(case=case, service="safe_place")
    assert (need.state, need.close_reason) == ("withdrawn", "retracted")
    aigul.goto(reverse("case", args=[case.pk]))
    for details in aigul.locator("main details").all():
        details.evaluate("element => element.open = true")
    assert "Перепутаны два дела" in aigul.locator("main").inner_text()


def test_only_those_who_place_a_threatened_woman_see_where_the_refuge_is(world: World, sign_in: SignIn) -> None:
    papers = {"identity_document": "held", "residence_registration": "permanent"}
    case = world.enrol(facts={"housing": "with_aggressor", "violence_threat": "yes"} | papers)
    referral = Referral.objects.get(case=case, need__service="safe_place")
    assert referral.agency == world.agencies["crisis_centre"]
    aigul = sign_in(world.aigul)
    aigul.goto(reverse("case", args=[case.pk]))
    assert REFUGE not in aigul.content()
    aigul.goto(reverse("referral-whereabouts", args=[referral.pk]))
    assert REFUGE in aigul.content()
    assert Entry.objects.filter(kind="refuge.address_read", actor=world.aigul).count() == 1
    gulnar = sign_in(world.gulnar)
    gulnar.goto(reverse("inbox-referral", args=[referral.pk]))
    assert case.person.full_name in gulnar.locator("main").inner_text()
    whereabouts = reverse("referral-whereabouts", args=[referral.pk])
    for user, paths in {
        world.erlan: [reverse("case", args=[case.pk]), reverse("caseload"), reverse("today"), whereabouts],
        world.dana: [reverse("inbox"), reverse("case", args=[case.pk]), whereabouts],
        world.kairat: [reverse("board"), reverse("case", args=[case.pk]), whereabouts],
        world.admin: [reverse("case", args=[case.pk]), reverse("admin-agencies")],
    }.items():
        page = sign_in(user)
        for path in paths:
            page.goto(path)
            assert REFUGE not in page.content(), f"{user.username} sees the refuge on {path}"
            assert case.person.surname not in page.content(), f"{user.username} sees the name on {path}"
