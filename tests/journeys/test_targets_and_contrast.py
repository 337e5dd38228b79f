"""What one touches and reads on the page of a case: nothing lower than 24 pixels, nothing too pale (WCAG 2.2 AA)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from browsing import PHONE, SignIn, axe_violations, overflow
from oralu.apps.cases.services import EvidenceData
from oralu.apps.routing.facts import FactData, facts_record
from world import World

pytestmark = pytest.mark.browser
LOW = """() => [...document.querySelectorAll('main summary, main a.btn, main button')]
    .filter(one => one.getClientRects().length)
    .map(one => [one.textContent.trim().slice(0, 40), one.getBoundingClientRect().height])
    .filter(([_, height]) => height < 24)"""


@pytest.mark.parametrize("lang", ["ru", "kk"])
def test_a_case_without_risk_and_with_earlier_records(world: World, sign_in: SignIn, lang: str) -> None:
    proved = EvidenceData("Документ", "1")
    settled = {
        "identity_document": "held", "residence_registration": "permanent", "housing": "stable", "income": "lawful",
        "employment_track": "employed", "violence_threat": "no", "exploitation_risk": "no",
    }  # fmt: skip
    case = world.enrol(facts={"housing": "temporary"}, at=world.at - timedelta(days=2))
    facts = [FactData(name, value, evidence=proved) for name, value in settled.items()]
    facts_record(case=case, facts=facts, actor=world.aigul, at=timezone.now())
    page = sign_in(world.aigul, viewport=PHONE, lang=lang)
    page.goto(f"/cases/{case.pk}")
    assert page.locator("main .risk-r0").count() > 0
    assert page.locator(".fact-history summary").count() > 0
    assert page.evaluate(LOW) == []
    assert axe_violations(page) == []
    assert overflow(page) <= 0
