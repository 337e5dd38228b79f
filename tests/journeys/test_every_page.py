"""Every page of every role, in Russian and Kazakh, on a desktop and on a phone: accessible, not wider than the window,
and without a code or an untranslated text."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pages import enrolment_steps, live, pages_of
from playwright.sync_api import Page

from browsing import DESKTOP, PHONE, SignIn, axe_violations, follow, overflow
from oralu.policyfiles import load_edition
from world import World

pytestmark = pytest.mark.browser

RAW_CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
"""What a code of the policy or of a choice looks like when it slips onto a screen."""


@pytest.fixture
def lived_in(world: World) -> World:
    live(world)
    return world


def faults_of(page: Page, path: str) -> list[str]:
    """What is wrong with the page that is open."""
    codes = {rule.service for rule in load_edition("kz-pilot-2026").rules}
    wrong = [f"{path}: {line}" for line in axe_violations(page)]
    if (wider := overflow(page)) > 0:
        wrong.append(f"{path}: {wider} px wider than the window")
    words = set(RAW_CODE.findall(page.locator("main").inner_text()))
    return wrong + [f"{path}: the code {code!r} on the screen" for code in words | (words & codes)]


ROLES = (
    "aigul", "dana", "gulnar", "bolat", "kairat", "admin", "zarina", "timur", "nurse", "askar", "madina",
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("lang", "width"), [("ru", "desktop"), ("kk", "phone"), ("en", "desktop")])
def test_every_page_of_a_role(lived_in: World, sign_in: SignIn, role: str, lang: str, width: str) -> None:
    page = sign_in(getattr(lived_in, role), lang=lang, viewport=DESKTOP if width == "desktop" else PHONE)
    wrong: list[str] = []
    paths = pages_of(lived_in, role) + (enrolment_steps(page) if role == "aigul" else [])
    for path in paths:
        response = page.goto(path)
        assert response is not None
        if response.status != 200:
            wrong.append(f"{path}: answered {response.status}")
        else:
            wrong += faults_of(page, path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("lang", "viewport"), [("ru", DESKTOP), ("kk", PHONE)])
def test_what_opens_in_place_is_sound_too(
    lived_in: World, sign_in: SignIn, lang: str, viewport: dict[str, int]
) -> None:
    """Panels, folded rows and refused forms are parts of their page, with its headings and landmarks."""
    page = sign_in(lived_in.aigul, lang=lang, viewport=viewport)
    page.goto(reverse("today"))
    page.locator("[data-act]").first.click()
    page.locator(".row-panel .panel").first.wait_for()
    for fold in page.locator("details.fold").all():
        fold.locator("summary").first.click()
        fold.locator(".fold-in .list-work").first.wait_for()
    wrong = faults_of(page, "today, opened")
    page.goto(next(path for path in pages_of(lived_in, "aigul") if "/facts/" in path))
    follow(page.locator("main form button[type=submit]").first)
    page.locator(".error-summary").wait_for()
    wrong += faults_of(page, "a refused form")
    assert not wrong, "\n".join(wrong)


def test_the_keyboard_finds_search_and_today(lived_in: World, sign_in: SignIn) -> None:
    page = sign_in(lived_in.aigul)
    page.clock.install()
    page.goto(reverse("policy"))
    page.clock.pause_at(timezone.now() + timedelta(hours=1))  # two keys are one word if they come within a second
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**" + reverse("today"))
