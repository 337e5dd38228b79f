"""Today: three groups and no more, each row with the one act that settles it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.cases.models import Case
from oralu.apps.cases.services import EvidenceData
from oralu.apps.people.models import Person
from oralu.apps.referrals.clocks import end_of_day
from oralu.apps.referrals.models import Clock, Need, Referral
from oralu.apps.routing.confirming import (
    own_need_serve,
    referral_accept_service,
    referral_person_confirms,
    referral_person_disputes,
)
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.lifecycle import case_close
from oralu.apps.routing.referring import referral_handed_over, referral_not_served, referral_serve
from oralu.apps.routing.worklist_rows import Step, items_of, needs_listed
from oralu.apps.routing.worklist_selectors import Group, worklist_read
from world import World, build

PAPERS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}
SETTLED = {
    "identity_document": "held",
    "residence_registration": "permanent",
    "housing": "stable",
    "violence_threat": "no",
    "exploitation_risk": "no",
    "income": "lawful",
    "employment_track": "employed",
    "clinic_attachment": "attached",
    "screening": "done",
    "medical_need": "low",
    "psychological_need": "low",
    "family_contact": "none",
    "plan": "agreed",
}
"""Nothing is needed any more; with a fact changed exactly its needs are open."""


@pytest.fixture
def world(db: None) -> World:
    return build()


def groups(world: World, at: datetime | None = None, *, user=None) -> dict[str, set[str]]:
    """The services of each group, as the selector sees them at a moment."""
    user = user or world.aigul
    work = worklist_read(user, officer_id=user.pk, at=at or world.at)
    found: dict[str, set[str]] = {group: set() for group in Group}
    for (group, _case), places in work.needs.items():
        services = Need.objects.filter(pk__in=[place.need_id for place in places]).values_list("service", flat=True)
        found[group] |= set(services)
    return found


def due(need: Need, limit_at: datetime, target_at: datetime | None = None) -> None:
    Clock.objects.filter(need=need).update(limit_at=limit_at, target_at=target_at or limit_at)


def step_of(world: World, need: Need, at: datetime | None = None) -> Step:
    return items_of([needs_listed(world.aigul, [need.pk])[need.pk]])[0].step


def need_of(case: Case, service: str) -> Need:
    return Need.objects.get(case=case, service=service)


@pytest.mark.parametrize(
    ("shift", "group"),
    [
        (timedelta(0), Group.TODAY),
        (-timedelta(seconds=1), Group.TODAY),
        (timedelta(seconds=1), Group.WEEK),
        (timedelta(days=7), Group.WEEK),
    ],
)
def test_the_midnight_that_ends_today_is_the_boundary(world: World, shift: timedelta, group: Group) -> None:
    case = world.enrol(facts=SETTLED | {"employment_track": "none", "income": "none"})
    due(need_of(case, "employment_track"), end_of_day(local_day(world.at)) + shift)
    found = groups(world)
    assert "employment_track" in found[group]
    assert sum("employment_track" in services for services in found.values()) == 1


def test_beyond_seven_days_nothing_is_listed_unless_its_target_is_near(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"clinic_attachment": "none"})
    need, edge = need_of(case, "attachment_and_screening"), end_of_day(local_day(world.at) + timedelta(days=7))
    due(need, edge + timedelta(seconds=1))
    assert not any("attachment_and_screening" in services for services in groups(world).values())
    due(need, edge + timedelta(days=10), target_at=edge)
    assert "attachment_and_screening" in groups(world)[Group.WEEK]


def test_what_is_past_its_limit_stands_in_now_even_before_the_sweeper_has_been(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"employment_track": "none", "income": "none"})
    limit = need_of(case, "employment_track").clock.limit_at
    assert "employment_track" not in groups(world, limit - timedelta(seconds=1))[Group.NOW]
    assert "employment_track" in groups(world, limit)[Group.NOW]


def test_the_highest_risk_is_now_whatever_its_deadline(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"housing": "homeless"})
    far = world.at + timedelta(days=60)
    for need in Need.objects.filter(case=case):
        due(need, far)
    assert {"safe_place", "enhanced_response"} <= groups(world)[Group.NOW]


def test_a_need_that_waits_for_papers_is_left_out_while_the_case_has_other_work(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"identity_document": "none", "residence_registration": "none"})
    waiting = need_of(case, "residence_registration_application")
    assert waiting.clock.limit_at is None
    assert not any(waiting.service in services for services in groups(world).values())
    Need.objects.filter(case=case).exclude(pk=waiting.pk).update(state="refused")
    assert waiting.service in groups(world)[Group.WEEK]
    assert step_of(world, waiting) == Step.WAIT


def test_every_state_of_a_need_has_its_next_step(world: World) -> None:
    case = world.enrol(facts={"housing": "homeless", "identity_document": "none"})
    for service, step in (
        ("identity_document_application", Step.CALL),
        ("attachment_and_screening", Step.HAND_OVER),
        ("reintegration_plan", Step.PLAN),
        ("enhanced_response", Step.OWN),
    ):
        assert step_of(world, need_of(case, service)) == step
    paper = Referral.objects.get(case=case, need__service="attachment_and_screening")
    referral_handed_over(referral=paper, actor=world.aigul, at=world.at)
    assert step_of(world, paper.need) == Step.ANSWER
    referral_serve_on(world, paper)
    referral_not_served_of(world, "identity_document_application", case)
    unasked = world.enrol(facts=PAPERS, consent=False)
    assert step_of(world, need_of(unasked, "identity_document_application")) == Step.CONSENT


def referral_serve_on(world: World, referral: Referral) -> None:
    referral_serve(
        referral=Referral.objects.get(pk=referral.pk),
        facts=[],
        evidence=EvidenceData("Справка", "17"),
        note="",
        actor=world.aigul,
        at=world.at,
    )


def referral_not_served_of(world: World, service: str, case: Case) -> None:
    referral = Referral.objects.get(case=case, need__service=service)
    Referral.objects.filter(pk=referral.pk).update(state="accepted")
    referral.refresh_from_db()
    referral_not_served(referral=referral, reason="no_show", note="", actor=world.dana, at=world.at)
    assert step_of(world, referral.need) == Step.CHOOSE


def test_an_answer_waits_quietly_for_both_signatures_and_a_dispute_is_now(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"clinic_attachment": "none"})
    need = need_of(case, "attachment_and_screening")
    referral = need.referrals.get()
    assert need.service not in groups(world)[Group.NOW]
    referral_handed_over(referral=referral, actor=world.aigul, at=world.at)
    referral_serve_on(world, referral)
    assert need.service in groups(world)[Group.ANSWERS]
    assert step_of(world, need) == Step.PERSON
    referral.refresh_from_db()
    referral_person_disputes(referral=referral, note="не приняли", actor=world.aigul, at=world.at)
    assert need.service in groups(world)[Group.NOW]
    assert step_of(world, need) == Step.DISPUTE
    Referral.objects.filter(pk=referral.pk).update(state="served", person_answer="")
    referral.refresh_from_db()
    referral_person_confirms(referral=referral, actor=world.aigul, at=world.at)
    assert step_of(world, need) == Step.ACCEPT
    assert need.service in groups(world)[Group.ANSWERS]
    referral_accept_service(referral=referral, actor=world.aigul, at=world.at)
    assert not any(need.service in groups(world)[group] for group in (Group.NOW, Group.ANSWERS))


def test_an_answer_to_what_presses_stands_where_it_presses(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"clinic_attachment": "none"})
    need = need_of(case, "attachment_and_screening")
    referral_handed_over(referral=need.referrals.get(), actor=world.aigul, at=world.at)
    referral_serve_on(world, need.referrals.get())
    due(need, world.at - timedelta(hours=1))
    assert need.service in groups(world)[Group.NOW]
    due(need, world.at + timedelta(hours=1))
    assert need.service in groups(world)[Group.TODAY]


def test_counts_are_those_of_the_rows_and_closed_cases_have_none(world: World) -> None:
    def counts() -> dict[Group, int]:
        work = worklist_read(world.aigul, officer_id=world.aigul.pk, at=world.at)
        return {group: work.count(group) for group in Group}

    case = world.enrol(facts={"housing": "homeless"})
    assert counts() == {group: len(services) for group, services in groups(world).items()}
    assert sum(counts().values()) > 3
    case_close(case=case, ground="death", note="", closed_on=local_day(world.at), actor=world.aigul, at=world.at)
    assert sum(counts().values()) == 0


def test_a_case_has_one_place_in_a_group_by_what_is_most_urgent_and_movable(world: World) -> None:
    for n in range(3):
        case = world.enrol(facts={"housing": "homeless"})
        due(need_of(case, "enhanced_response"), world.at + timedelta(hours=30 - n))
    stuck = world.enrol(facts=SETTLED | {"identity_document": "none"})
    due(need_of(stuck, "identity_document_application"), world.at - timedelta(days=90))
    work = worklist_read(world.aigul, officer_id=world.aigul.pk, at=world.at)
    cases = [place.case_id for place in work.places[Group.NOW]]
    assert len(cases) == len(set(cases)) == 4
    # The agency at the one-stop shop is to be called, there is nothing else to do: such a case comes last.
    assert cases == [*sorted(cases[:3], reverse=True), stuck.pk]
    for case_id in cases:
        needs = work.needs[Group.NOW, case_id]
        assert list(needs) == sorted(needs)
        assert needs[0] in work.places[Group.NOW]


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def now_world(db: None) -> World:
    """The world of this moment: the page reads the clock itself."""
    return build(timezone.localtime())


def page(client: Client, user: object, query: str = "", **headers: str) -> str:
    client.force_login(user)
    response = client.get(f"/today{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def section(html: str, group: Group) -> str:
    return re.search(
        rf'<section class="group" id="{group}".*?</section>\s*(?=<section class="group"|</main>)', html, re.S
    )[0]


def test_the_page_has_three_groups_with_rows_deadlines_and_acts(client: Client, now_world: World) -> None:
    now_world.enrol(facts={"housing": "homeless", "identity_document": "none"})
    html = page(client, now_world.aigul)
    assert re.findall(r'<section class="group" id="(\w+)"', html) == ["now", "today", "week"]
    assert [href for href in re.findall(r'href="(#\w+)"', html) if href != "#main"] == ["#now", "#today", "#week"]
    now = section(html, Group.NOW)
    assert "Безопасное место" in now
    assert str(now_world.agencies["crisis_centre"]) in now
    assert "Серикова Айгерим" in now
    assert "enhanced_response" not in html
    assert "safe_place" not in html
    first = re.search(r"<li class=.row-work.*?</li>", now, re.S)[0]
    assert "hx-get=" in first
    assert "countdown" in first


def test_an_empty_page_says_what_comes_next(client: Client, now_world: World) -> None:
    assert page(client, now_world.aigul).count('class="nothing"') == 3
    case = now_world.enrol(facts=SETTLED | {"clinic_attachment": "none"})
    need = need_of(case, "attachment_and_screening")
    html = page(client, now_world.aigul)
    assert html.count('class="nothing"') == 3
    assert "прикрепление к поликлинике" in section(html, Group.NOW)
    assert need.clock.limit_at > now_world.at + timedelta(days=7)


def test_another_unit_sees_none_of_it_and_other_roles_have_no_such_page(client: Client, now_world: World) -> None:
    now_world.enrol(facts={"housing": "homeless"})
    assert "Серикова" not in page(client, now_world.erlan)
    for user in (now_world.dana, now_world.kairat, now_world.admin):
        client.force_login(user)
        assert client.get("/today").status_code == 404
    client.logout()
    assert client.get("/today")["Location"].startswith("/login")


def test_a_head_sees_the_unit_and_may_choose_an_officer(client: Client, now_world: World) -> None:
    now_world.enrol(facts={"housing": "homeless"})
    html = page(client, now_world.bolat)
    assert "Серикова" in html
    assert 'name="officer"' in html
    assert "Серикова" in page(client, now_world.bolat, f"?officer={now_world.aigul.pk}")
    assert "Серикова" not in page(client, now_world.bolat, f"?officer={now_world.bolat.pk}")
    assert 'name="officer"' not in page(client, now_world.aigul)
    assert "Серикова" in page(client, now_world.aigul, f"?officer={now_world.bolat.pk}")


def test_a_long_group_is_paged_without_loss_or_repetition(client: Client, now_world: World) -> None:
    cases = {now_world.enrol(facts={"housing": "homeless"}).pk for _ in range(27)}
    work = worklist_read(now_world.aigul, officer_id=now_world.aigul.pk, at=timezone.now())
    expected = {f"need-{place.need_id}" for place in work.places[Group.NOW]}
    assert {place.case_id for place in work.places[Group.NOW]} == cases
    assert len(expected) > 25
    html, seen = page(client, now_world.aigul), []
    for _ in range(9):
        seen += re.findall(r'id="row-(need-\d+)"', section(html, Group.NOW))
        following = re.search(r'href="/today\?([^"]*)" rel="next"', section(html, Group.NOW))
        if following is None:
            break
        html = page(client, now_world.aigul, "?" + following[1].replace("&amp;", "&"))
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_an_address_that_makes_no_sense_is_not_found(client: Client, now_world: World) -> None:
    client.force_login(now_world.aigul)
    for query in ("?group=later", "?group=now&after=1", "?group=now&after=2026-01-01T00:00~1~2026-01-01T00:00~1"):
        assert client.get(f"/today{query}").status_code == 404


def test_the_number_of_queries_does_not_grow(client: Client, now_world: World, django_assert_max_num_queries) -> None:
    client.force_login(now_world.aigul)
    now_world.enrol(facts={"housing": "homeless"})
    client.get("/today")
    with django_assert_max_num_queries(22) as few:
        client.get("/today")
    for _ in range(9):
        now_world.enrol(facts={"housing": "homeless", "identity_document": "none"})
    with django_assert_max_num_queries(22) as many:
        client.get("/today")
    assert len(many) == len(few)


def test_whom_to_call_is_a_page_and_a_panel_for_the_own_unit_only(client: Client, now_world: World) -> None:
    case = now_world.enrol(facts=PAPERS)
    referral = Referral.objects.get(case=case, agency=now_world.agencies["one_stop_shop"])
    address = f"/today/referrals/{referral.pk}/contact"
    client.force_login(now_world.aigul)
    html = client.get(address).content.decode()
    assert "<html" in html
    assert "+7 700 000 00 00" in html
    assert "Ответственное лицо" in html
    panel = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert "data-panel" in panel
    for user in (now_world.erlan, now_world.dana):
        client.force_login(user)
        assert client.get(address).status_code == 404


def test_the_unit_closes_its_own_need_and_the_row_goes(world: World) -> None:
    case = world.enrol(facts=SETTLED | {"housing": "homeless"})
    need = need_of(case, "enhanced_response")
    assert need.service in groups(world)[Group.NOW]
    evidence = EvidenceData("Протокол", "3")
    own_need_serve(need=need, note="решено", evidence=evidence, actor=world.aigul, at=world.at)
    assert need.service not in groups(world)[Group.NOW]
    assert Person.objects.count() == 1


def test_the_further_needs_of_a_case_open_in_their_place_and_on_a_page(client: Client, now_world: World) -> None:
    case = now_world.enrol(facts={"housing": "homeless"})
    work = worklist_read(now_world.aigul, officer_id=now_world.aigul.pk, at=timezone.now())
    all_of_it = [f"need-{place.need_id}" for place in work.needs[Group.NOW, case.pk]]
    assert len(all_of_it) > 1
    html = page(client, now_world.aigul)
    now = section(html, Group.NOW)
    assert re.findall(r'id="row-(need-\d+)"', now) == all_of_it[:1]
    query = f"?group=now&case={case.pk}"
    assert f'hx-get="/today{query.replace("&", "&amp;")}"' in now
    whole = page(client, now_world.aigul, query)
    assert "<html" in whole
    assert re.findall(r'id="row-(need-\d+)"', whole) == all_of_it
    rest = page(client, now_world.aigul, query + "&rows=1", **{"HX-Request": "true"})
    assert "<html" not in rest
    assert re.findall(r'id="row-(need-\d+)"', rest) == all_of_it[1:]
    client.force_login(now_world.erlan)
    assert client.get(f"/today{query}").status_code == 404


def test_answers_lie_folded_in_this_week_with_their_count(client: Client, now_world: World) -> None:
    case = now_world.enrol(facts=SETTLED | {"clinic_attachment": "none"})
    referral = need_of(case, "attachment_and_screening").referrals.get()
    referral_handed_over(referral=referral, actor=now_world.aigul, at=now_world.at)
    referral_serve_on(now_world, referral)
    week = section(page(client, now_world.aigul), Group.WEEK)
    assert "Ответы на подтверждение: 1" in week
    assert f"row-need-{referral.need_id}" not in week
    assert 'href="/today?group=answers"' in week
    for query, headers in (("?group=answers", {}), ("?group=answers&rows=1", {"HX-Request": "true"})):
        assert f"row-need-{referral.need_id}" in page(client, now_world.aigul, query, **headers)
