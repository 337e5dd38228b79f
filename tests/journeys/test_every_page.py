"""Every page of every role, in Russian and Kazakh, on a desktop and on a phone: accessible, not wider than the window,
and without a code or an untranslated text."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from browsing import DESKTOP, PHONE, SignIn, axe_violations, overflow
from oralu.apps.cases.models import Case, Statement
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.worker import turn
from oralu.policyfiles import load_edition
from world import World

pytestmark = pytest.mark.browser

RAW_CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
"""What a code of the policy or of a choice looks like when it slips onto a screen."""


@pytest.fixture
def lived_in(world: World) -> World:
    """Some cases with needs, one of them breached, so that every page has something to show."""
    now = world.at
    past = now - timedelta(days=2)
    world.enrol(facts={"housing": "homeless", "violence_threat": "yes"}, at=past, enrolled_on=past.date())
    world.enrol(facts={"identity_document": "none"}, at=past, enrolled_on=past.date())
    world.enrol(facts={"income": "none"}, consent=False)
    turn(now)
    return world


def pages_of(world: World, role: str) -> list[str]:
    case = Case.objects.order_by("pk").first()
    assert case is not None
    if role == "aigul":
        need = Need.objects.filter(case=case, state="open").order_by("pk").first()
        draft = Referral.objects.filter(case=case, state="draft").first()
        statement = Statement.objects.filter(case=case).first()
        assert need
        assert draft
        assert statement
        return [
            reverse("today"),
            reverse("caseload"),
            reverse("case", args=[case.pk]),
            reverse("enrol"),
            reverse("plan", args=[case.pk]),
            reverse("consent", args=[case.pk]),
            reverse("person-edit", args=[case.pk]),
            reverse("children", args=[case.pk]),
            reverse("enrolled", args=[case.pk]),
            reverse("fact-record", args=[case.pk, "income"]),
            reverse("fact-retract", args=[statement.pk]),
            reverse("need-agency", args=[need.pk]),
            reverse("clock-pause", args=[need.pk]),
            reverse("referral-hand-over", args=[draft.pk]),
            reverse("case-transfer", args=[case.pk]),
            reverse("case-close", args=[case.pk]),
            reverse("policy"),
            reverse("profile"),
            reverse("messages"),
        ]
    if role == "dana":
        referral = Referral.objects.filter(agency=world.dana.agency, state="sent").first()
        assert referral is not None
        return [reverse("inbox"), reverse("inbox-referral", args=[referral.pk]), reverse("policy")]
    if role == "gulnar":
        return [reverse("inbox"), reverse("places")]
    if role in ("bolat", "kairat"):
        escalation = Escalation.objects.filter(agency=getattr(world, role).agency).first()
        return [reverse("board"), *([reverse("escalation", args=[escalation.pk])] if escalation else [])]
    return [
        reverse("administration"),
        reverse("admin-agencies"),
        reverse("admin-agency", args=[world.unit.pk]),
        reverse("admin-users"),
        reverse("admin-user", args=[world.aigul.pk]),
        reverse("admin-adoption"),
    ]


@pytest.mark.parametrize("role", ["aigul", "dana", "gulnar", "bolat", "kairat", "admin"])
@pytest.mark.parametrize(("lang", "width"), [("ru", "desktop"), ("kk", "phone"), ("en", "desktop")])
def test_every_page_of_a_role(lived_in: World, sign_in: SignIn, role: str, lang: str, width: str) -> None:
    page = sign_in(getattr(lived_in, role), lang=lang, viewport=DESKTOP if width == "desktop" else PHONE)
    codes = {rule.service for rule in load_edition("kz-pilot-2026").rules}
    wrong: list[str] = []
    for path in pages_of(lived_in, role):
        response = page.goto(path)
        assert response is not None
        if response.status != 200:
            wrong.append(f"{path}: answered {response.status}")
            continue
        wrong += [f"{path}: {line}" for line in axe_violations(page)]
        if (wider := overflow(page)) > 0:
            wrong.append(f"{path}: {wider} px wider than the window")
        words = set(RAW_CODE.findall(page.locator("main").inner_text()))
        wrong += [f"{path}: the code {code!r} on the screen" for code in words | (words & codes)]
    assert not wrong, "\n".join(wrong)


def test_the_keyboard_finds_search_and_today(lived_in: World, sign_in: SignIn) -> None:
    page = sign_in(lived_in.aigul)
    page.goto(reverse("policy"))
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**" + reverse("today"))
