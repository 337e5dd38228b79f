"""What follows an act is where one looks: the errors of a refused form, the confirmation of what was done, the bar."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browsing import PHONE, SignIn, follow
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.referring import referral_accept
from world import World

pytestmark = pytest.mark.browser
PAPERS = {"identity_document": "none", "housing": "homeless", "income": "none"}


def in_view(page: Page, selector: str) -> bool:
    return bool(
        page.evaluate(
            """(selector) => {
                const place = document.querySelector(selector).getBoundingClientRect();
                return place.top >= 0 && place.bottom <= window.innerHeight;
            }""",
            selector,
        )
    )


def test_a_refused_panel_shows_and_focuses_its_errors(world: World, sign_in: SignIn) -> None:
    case = world.enrol(facts=PAPERS)
    need = Need.objects.filter(case=case, state="open").exclude(addressee="probation_unit").latest("pk")
    page = sign_in(world.aigul, viewport=PHONE)
    page.goto(f"/cases/{case.pk}")
    row = page.locator(f"#need-{need.pk}")
    row.locator(".acts-more summary").click()
    row.locator(f'a[href="/needs/{need.pk}/withdraw"]').click()
    row.locator("[data-panel] button[type=submit]").click()
    summary = row.locator(".error-summary")
    expect(summary).to_be_focused()
    assert in_view(page, f"#need-{need.pk} .error-summary")
    row.locator("[data-panel] textarea").fill("Открыто по ошибке")
    follow(row.locator("[data-panel] button[type=submit]"))
    expect(page.locator("#messages .flash-success")).to_be_visible()
    page.evaluate("window.scrollTo({top: 600, behavior: 'instant'})")
    assert in_view(page, "#messages .flash-success")
    page.locator("#messages [data-close-flash]").click()
    expect(page.locator("#messages .flash")).to_have_count(0)


def test_an_agency_is_told_what_is_required_before_and_after(world: World, sign_in: SignIn) -> None:
    world.enrol(facts=PAPERS)
    referral = Referral.objects.filter(agency=world.agencies["one_stop_shop"], state="sent").first()
    assert referral is not None
    referral_accept(referral=referral, actor=world.dana, at=timezone.now())
    page = sign_in(world.dana)
    page.goto(f"/inbox/{referral.pk}")
    page.locator('a[href$="/served"]').first.click()
    panel = page.locator("#panel-answer")
    reference = panel.locator(".field-evidence_reference label")
    expect(reference).to_contain_text("нужно одно из двух")
    expect(reference).not_to_contain_text("необязательно")
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".error-summary")).to_be_focused()
    assert in_view(page, "#panel-answer .error-summary")


def test_the_bar_stays_on_a_page_of_many_screens(world: World, sign_in: SignIn) -> None:
    case = world.enrol(facts=PAPERS)
    page = sign_in(world.aigul)
    page.goto(f"/cases/{case.pk}")
    assert page.evaluate("document.documentElement.scrollHeight > 2 * window.innerHeight")
    page.evaluate("window.scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    assert in_view(page, "header.top")
