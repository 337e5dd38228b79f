"""What follows an act is where one looks: the errors of a refused form, the confirmation of what was done, the bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer

import pytest
from django.http import HttpRequest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browsing import PATIENCE_MS, PHONE, SignIn, follow, until
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.referring import referral_accept
from oralu.web.enrol import views
from oralu.web.enrol.drafts import Draft, changing
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


def test_what_is_kept_on_the_way_never_takes_the_place_of_what_is_sent_after_it(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is slow: the first name is still under way when the second is typed and sent."""
    begun, may_end, ended = Event(), Event(), Event()

    @contextmanager
    def slow(request: HttpRequest, draft_id: str) -> Iterator[Draft]:
        is_kept = request.path.endswith("/identity/keep")
        if is_kept:
            begun.set()
            may_end.wait(PATIENCE_MS / 1000)
        with changing(request, draft_id) as draft:
            yield draft
        if is_kept:
            ended.set()

    monkeypatch.setattr(views, "changing", slow)
    page = sign_in(world.aigul)
    page.goto("/enrol")
    follow(page.locator("main form button[type=submit]").first)
    page.wait_for_url("**/identity")
    identity = page.url
    surname = page.locator("[name=surname]")
    surname.fill("Первая")
    surname.press("Tab")
    until(page, begun.is_set, "the first name is under way")
    surname.fill("Вторая")
    later = Timer(1.0, may_end.set)
    later.start()
    follow(page.locator("main form .btn-primary"))
    until(page, ended.is_set, "the first name has arrived")
    later.join()
    page.goto(identity)
    expect(page.locator("[name=surname]")).to_have_value("Вторая")
