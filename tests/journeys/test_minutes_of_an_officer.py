"""The first ten minutes of an officer who has never seen Oralu, on a phone and in both languages: enrol, read what
falls due first, do it where it stands, see what that set off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from test_journeys import choose, enrol, submit

from browsing import PHONE, SignIn, axe_violations, follow, overflow, until
from oralu.apps.cases.models import Statement
from oralu.apps.referrals.models import Need
from oralu.apps.routing.worker import turn
from world import World

pytestmark = pytest.mark.browser

WORDS = {
    "ru": {
        "first": "подача заявления на удостоверение личности",
        "yours": "Это делаете вы.",
        "done": "Больше не требуется: подача заявления на удостоверение личности.",
        "next": "выдача удостоверения личности",
        "closed": "Закрылась сама: записано",
        "goes_on": "По этому правилу этого достаточно",
    },
    "kk": {
        "first": "жеке басты куәландыратын құжатқа өтініш беру",
        "yours": "Мұны өзіңіз істейсіз.",
        "done": "Енді қажет емес: жеке басты куәландыратын құжатқа өтініш беру.",
        "next": "жеке басты куәландыратын құжатты беру",
        "closed": "Өздігінен жабылды:",
        "goes_on": "Осы ереже бойынша әрекет етуге осы жеткілікті.",
    },
}


OVERLAPPING = """() => [...document.querySelectorAll('.row-need')].filter(row => {
    const clock = row.querySelector('.row-clock summary')?.getBoundingClientRect()
    const act = row.querySelector('.row-act .btn')?.getBoundingClientRect()
    return clock && act && clock.right > act.left && clock.left < act.right && clock.bottom > act.top
        && clock.top < act.bottom
}).map(row => row.id)"""
"""The needs whose countdown lies under the button beside it."""


def lines_of(page: Page, selector: str) -> list[int]:
    """In how many lines each element of a kind stands, by the height of its box and of its line."""
    return page.eval_on_selector_all(
        selector,
        "all => all.filter(e => e.offsetParent).map(e => new Set([...e.getClientRects()].map(r => r.top)).size)",
    )


def is_inside(box: Locator, width: int) -> bool:
    """Whether a box stands between the edges of the window. One that opens is put in its place a moment later."""
    place = box.bounding_box()
    return place is not None and place["x"] >= 0 and place["x"] + place["width"] <= width


@pytest.mark.parametrize("lang", ["ru", "kk"])
def test_enrol_read_what_is_first_do_it_and_see_what_it_set_off(world: World, sign_in: SignIn, lang: str) -> None:
    words = WORDS[lang]
    page = sign_in(world.aigul, lang=lang, viewport=PHONE)
    case = enrol(page, {"legal": {"identity_document": "none"}, "housing": {"housing": "stable"}})

    first = page.locator(".first-o")
    expect(first).to_have_count(1)
    assert words["first"] in first.inner_text().lower()
    assert words["yours"] in page.locator("main").inner_text()
    act = first.locator(".btn-primary")
    expect(act).to_have_count(1)
    box = act.bounding_box()
    assert box
    assert box["y"] + box["height"] < PHONE["height"], "the act is on the first screen of a phone"
    assert overflow(page) == 0
    assert axe_violations(page) == []

    act.click()
    page.locator("[data-panel]").wait_for()
    choose(page, "fact_identity_document", "applied")
    submit(page)
    page.wait_for_url("**/opened")
    expect(page.locator(".flash", has_text=words["done"])).to_be_visible()
    assert Statement.objects.get(case=case, value="applied").recorded_by == world.aigul
    assert Need.objects.get(case=case, service="identity_document_application").state == Need.State.MET
    assert words["next"] in page.locator("main").inner_text().lower()
    assert page.evaluate("scrollY") == 0, "one reads again from what falls due first"

    page.goto(reverse("case", args=[case.pk]))
    page.locator(".case-head .risk-key summary").click()
    box_of_key = page.locator(".case-head .risk-key .pop-box")
    until(page, lambda: is_inside(box_of_key, PHONE["width"]), "the key of the risk stands inside the window")
    text = page.locator("main").inner_text()
    assert words["closed"] in text
    assert words["goes_on"] in text


@pytest.mark.parametrize("lang", ["ru", "kk"])
@pytest.mark.parametrize("width", [320, 375, 760, 1024, 1280])
def test_the_needs_of_a_case_stand_in_place_at_any_width(world: World, sign_in: SignIn, lang: str, width: int) -> None:
    past = world.at - timedelta(days=21)
    facts = {"identity_document": "none", "housing": "homeless", "violence_threat": "yes"}
    overdue = world.enrol(facts=facts, at=past, enrolled_on=past.date(), consent=False)
    turn(world.at)
    case = world.enrol(facts=facts)
    page = sign_in(world.aigul, lang=lang, viewport={"width": width, "height": 900})
    page.goto(reverse("case", args=[case.pk]))
    assert overflow(page) == 0
    assert set(lines_of(page, ".row-need .countdown > summary > span")) == {1}
    lefts = page.eval_on_selector_all(
        ".needs:first-of-type > .row-need > .row-clock",
        "all => all.map(e => Math.round(e.getBoundingClientRect().left))",
    )
    assert len(set(lefts)) == 1, "the countdowns stand under each other"
    needs, line = page.locator("#needs").bounding_box(), page.locator(".line").bounding_box()
    assert needs
    assert line
    assert (needs["y"] < line["y"]) == (width <= 640), "on a phone the needs come before the picture"
    assert line["height"] < 220
    page.goto(reverse("case", args=[overdue.pk]))
    assert overflow(page) == 0
    assert page.locator(".row-need .tone-over").count() > 2
    assert set(lines_of(page, ".row-need .countdown > summary > span")) == {1}
    assert page.evaluate(OVERLAPPING) == []


def test_the_form_of_the_consent_opens_beside_the_step(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.aigul, viewport=PHONE)
    page.goto(reverse("enrol"))
    follow(page.locator("main form button[type=submit]").first)
    page.wait_for_url("**/identity")
    page.goto(page.url.replace("/identity", "/consent"))
    link = page.locator("a[href$='consent.pdf']")
    assert link.get_attribute("target") == "_blank"
    answer = page.request.get(link.get_attribute("href") or "")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert overflow(page) == 0
