"""The page of a case: who sees it, what it says, and that it asks the database a fixed number of times."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, Evidence
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.models import Access, Entry
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.lifecycle import case_close, case_suspend
from oralu.apps.routing.quarantine import evidence_release
from oralu.apps.routing.referring import referral_accept
from papers import pdf
from world import World, build

MOST_QUERIES = 36
WITHOUT_PAPERS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}
PDF = pdf()
Enter = Callable[[User], Client]


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    for user in (made.aigul, made.bolat, made.erlan, made.dana):
        user.language = "en"
        user.save()
    return made


@pytest.fixture
def enter(client: Client) -> Enter:
    def as_user(user: User) -> Client:
        client.force_login(user)
        return client

    return as_user


def page(client: Client, case: Case) -> str:
    response = client.get(f"/cases/{case.pk}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_who_which_day_and_every_open_need(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS | {"housing": "homeless"})
    text = page(enter(world.aigul), case)
    assert case.person.full_name in text
    assert "Day 0" in text
    for need in Need.objects.filter(case=case):
        assert f'id="need-{need.pk}"' in text


def test_what_is_missing_has_its_act_and_a_provisional_result_says_so(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    text = page(enter(world.aigul), case)
    assert f"/cases/{case.pk}/facts/residence_registration" in text
    assert "Provisional" in text


def test_the_page_says_what_the_next_day_brings(world: World, enter: Enter) -> None:
    """From day 30 the lack of a registration is a critical failure; ten days before that the risk rises."""
    case = world.enrol(facts=WITHOUT_PAPERS, enrolled_on=world.at.date() - timedelta(days=25))
    text = page(enter(world.aigul), case)
    change = re.search(r'<section class="case-change.*?</section>', text, re.DOTALL)
    assert change
    assert "day 30" in change[0]
    assert "Critical failure, domain “legal”" in change[0]
    assert "case-change-grave" in change[0]


@pytest.mark.parametrize("more", [0, 25])
def test_the_number_of_queries_does_not_grow_with_the_case(
    world: World, enter: Enter, django_assert_max_num_queries, more: int
) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS | {"housing": "homeless"})
    for n in range(more):
        value = ("none", "applied")[n % 2]
        proof = EvidenceData("Certificate", str(n))
        facts_record(
            case=case,
            facts=[FactData("residence_registration", value, None, None, proof)],
            actor=world.aigul,
            at=world.at + timedelta(minutes=n),
        )
    client = enter(world.aigul)
    with django_assert_max_num_queries(MOST_QUERIES):
        page(client, case)


def test_reading_the_case_is_journalled_and_shown_when_asked(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    client = enter(world.aigul)
    page(client, case)
    assert Access.objects.filter(subjects=[case.pk], route="case", actor=world.aigul.pk).count() == 1
    assert "The page of the case" in client.get(f"/cases/{case.pk}/access").content.decode()


def test_the_journal_goes_on_where_it_was_left(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    client = enter(world.aigul)
    seen: list[str] = []
    href: str | None = f"/cases/{case.pk}/journal"
    while href:
        text = client.get(href).content.decode()
        seen += re.findall(r"<li><time", text)
        found = re.search(r'href="([^"]*before=\d+)"', text)
        href = found[1] if found else None
    assert len(seen) == Entry.objects.filter(case=case).count()


@pytest.mark.parametrize("who", ["erlan", "dana", "kairat", "admin"])
def test_who_is_not_of_the_unit_finds_nothing(world: World, enter: Enter, who: str) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    client = enter(getattr(world, who))
    need = Need.objects.filter(case=case, referrals__isnull=False).first()
    statement = case.statements.first()
    addresses = [
        f"/cases/{case.pk}",
        f"/cases/{case.pk}/journal",
        f"/cases/{case.pk}/plan",
        f"/cases/{case.pk}/plan/print",
        f"/cases/{case.pk}/facts/housing",
        f"/cases/{case.pk}/close",
        f"/facts/{statement.pk}/retract",
        f"/needs/{need.pk}/withdraw",
        f"/needs/{need.pk}/pause",
        f"/referrals/{need.referrals.get().pk}/withdraw",
        f"/referrals/{need.referrals.get().pk}/person",
    ]
    assert {client.get(href).status_code for href in addresses} == {404}
    assert {client.post(href, {}).status_code for href in addresses} == {404}


def test_a_closed_case_offers_no_acts_and_refuses_them(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    case_close(
        case=case, ground="amnesty", closed_on=timezone.localdate(), note="", actor=world.aigul, at=timezone.now()
    )
    client = enter(world.aigul)
    text = page(client, case)
    assert "The case is closed" in text
    assert not re.search(r'class="btn[^"]*act"', text)
    before = case.statements.count()
    response = client.post(f"/cases/{case.pk}/facts/housing", {"value": "stable", "effective_on": "2026-01-01"})
    assert response.status_code == 409
    assert case.statements.count() == before
    client.post(f"/cases/{case.pk}/notes", {"note": "too late"})
    assert not case.notes.exists()


def test_a_suspended_case_says_so_loudly(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    case_suspend(case=case, reason="order", actor=world.aigul, at=timezone.now())
    text = page(enter(world.aigul), case)
    assert "case-loud" in text
    assert f"/cases/{case.pk}/resume" in text


def test_evidence_is_handed_out_as_a_file_and_its_reading_is_kept(world: World, enter: Enter) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS)
    client = enter(world.aigul)
    data = {
        "value": "held",
        "effective_on": timezone.localdate().isoformat(),
        "evidence_title": "Identity card",
        "evidence": SimpleUploadedFile("card.pdf", PDF),
    }
    assert client.post(f"/cases/{case.pk}/facts/identity_document", data).status_code == 303
    proof = Evidence.objects.get(case=case)
    assert client.get(f"/evidence/{proof.pk}").status_code == 404, "in quarantine"
    evidence_release(evidence=proof, how="own_scan", actor=world.bolat, at=timezone.now())
    response = client.get(f"/evidence/{proof.pk}")
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Access.objects.filter(subjects=[case.pk], route="evidence", actor=world.aigul.pk).exists()
    assert enter(world.erlan).get(f"/evidence/{proof.pk}").status_code == 404


def test_the_address_of_a_refuge_is_read_only_on_demand_by_who_places_her(world: World, enter: Enter) -> None:
    case = world.enrol(facts={"housing": "homeless"})
    referral = Referral.objects.get(case=case, need__service="safe_place")
    referral_accept(referral=referral, actor=world.gulnar, at=timezone.now())
    client = enter(world.aigul)
    assert "Тайная" not in page(client, case)
    assert not Entry.objects.filter(kind="refuge.address_read").exists()
    assert "Тайная" in client.get(f"/referrals/{referral.pk}/whereabouts").content.decode()
    assert Entry.objects.get(kind="refuge.address_read").actor == world.aigul
    assert enter(world.erlan).get(f"/referrals/{referral.pk}/whereabouts").status_code == 404
    other = Referral.objects.filter(case=case, agency__is_refuge=False).first()
    assert enter(world.aigul).get(f"/referrals/{other.pk}/whereabouts").status_code == 404
