"""A need that no agency could take: what was done, whom to call, no act that does nothing; and how it is settled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Occupancy
from oralu.apps.agencies.services import place_release
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.placing import places_offer
from oralu.apps.routing.referring import need_refer, referral_accept, referral_not_served
from oralu.apps.routing.refusing import need_refused
from world import World, build

DANGER = {"housing": "with_aggressor", "violence_threat": "yes"}


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now())


def shelter(case: Case) -> Need:
    return Need.objects.get(case=case, addressee="crisis_centre", state=Need.State.OPEN)


@pytest.fixture
def taken(world: World) -> Case:
    """The case whose person will leave; the other place stays taken."""
    cases = [world.enrol(facts=DANGER), world.enrol(facts=DANGER)]
    for case in cases:
        referral_accept(referral=Referral.objects.get(need=shelter(case)), actor=world.gulnar, at=world.at)
    return cases[0]


@pytest.fixture
def waiting(world: World, taken: Case) -> Case:
    return world.enrol(facts=DANGER)


def row_of(client: Client, case: Case, need: Need) -> str:
    page = client.get(reverse("case", args=[case.pk]), headers={"accept-language": "en"}).content.decode()
    return page.split(f'id="need-{need.pk}"')[1].split("</li>\n<li")[0].split('id="panel-need-')[0]


def test_the_page_says_what_was_done_and_whom_to_call(client: Client, world: World, waiting: Case) -> None:
    client.force_login(world.aigul)
    need = shelter(waiting)
    told = Escalation.objects.get(need=need, kind=Escalation.Kind.NO_AGENCY)
    row = row_of(client, waiting, need)
    assert str(told.agency) in row
    assert f"{timezone.localtime(told.at):%H:%M}" in row
    assert "+7 700 000 00 00" in row
    assert "need-contacts" in row
    assert f'href="{reverse("need-agency", args=[need.pk])}"' not in row


def test_the_leadership_is_not_told_twice(client: Client, world: World, waiting: Case) -> None:
    client.force_login(world.aigul)
    need = shelter(waiting)
    answer = client.post(reverse("need-agency", args=[need.pk]))
    assert answer.status_code == 409
    assert Escalation.objects.filter(need=need, kind=Escalation.Kind.NO_AGENCY).count() == 1
    assert "error-summary" in answer.content.decode()
    today = client.get(reverse("today")).content.decode()
    assert reverse("need-agency", args=[need.pk]) not in today


def test_when_a_place_is_found_the_red_line_goes(client: Client, world: World, taken: Case, waiting: Case) -> None:
    need = shelter(waiting)
    client.force_login(world.aigul)
    assert "need-escalated" in row_of(client, waiting, need)
    at = timezone.now() + timedelta(minutes=1)
    place_release(occupancy=Occupancy.objects.get(referral__case=taken), actor=world.gulnar, at=at)
    places_offer(at=at)
    row = row_of(client, waiting, need)
    assert "need-escalated" not in row
    assert "need-contacts" not in row
    assert str(world.agencies["crisis_centre"]) in row


def found(world: World, taken: Case, waiting: Case) -> Referral:
    at = timezone.now()
    place_release(occupancy=Occupancy.objects.get(referral__case=taken), actor=world.gulnar, at=at)
    places_offer(at=at)
    return Referral.objects.get(need=shelter(waiting))


def no_agency(case: Case) -> Escalation:
    return Escalation.objects.get(case=case, kind=Escalation.Kind.NO_AGENCY)


def test_what_an_agency_takes_on_is_no_longer_broken(client: Client, world: World, taken: Case, waiting: Case) -> None:
    leader = User.objects.get(agency=no_agency(waiting).agency)
    client.force_login(leader)
    page = reverse("escalation", args=[no_agency(waiting).pk])
    assert page in client.get(reverse("board")).content.decode()
    referral = found(world, taken, waiting)
    assert page in client.get(reverse("board")).content.decode()
    client.force_login(world.gulnar)
    assert client.post(reverse("inbox-acknowledge", args=[referral.pk])).status_code == 303
    assert client.post(reverse("inbox-accept", args=[referral.pk])).status_code == 303
    escalation = no_agency(waiting)
    assert escalation.solved_at is not None
    assert escalation.answered_at is None
    assert Entry.objects.filter(kind="escalation.solved", case_id=waiting.pk).count() == 1
    client.force_login(leader)
    board = client.get(reverse("board")).content.decode()
    assert page not in board
    assert reverse("board-rows", args=["settled"]) in board
    assert page in client.get(reverse("board-rows", args=["settled"])).content.decode()
    answer = {"cause": "no_resources", "measure": "Открыть места", "responsible": "Зам. акима"}
    due = (timezone.localdate() + timedelta(days=7)).isoformat()
    assert client.post(page, answer | {"due_on": due}).status_code == 303
    assert no_agency(waiting).answered_at is not None


def test_what_is_closed_is_no_longer_broken_and_what_comes_back_is(world: World, taken: Case, waiting: Case) -> None:
    need = shelter(waiting)
    need_refused(need=need, note="", actor=world.aigul, at=timezone.now())
    assert no_agency(waiting).solved_at is not None
    other = world.enrol(facts=DANGER)
    referral = found(world, taken, other)
    referral_accept(referral=referral, actor=world.gulnar, at=timezone.now())
    assert no_agency(other).solved_at is not None
    referral_not_served(referral=referral, reason="no_places", note="", actor=world.gulnar, at=timezone.now())
    need_refer(need=shelter(other), actor=world.aigul, at=timezone.now())
    assert no_agency(other).solved_at is None
    assert Entry.objects.filter(kind="escalation.stands_again", case_id=other.pk).count() == 1


def test_the_leader_reads_the_real_limit_and_that_nobody_was_late_is_not_said(
    client: Client, world: World, waiting: Case
) -> None:
    escalation = no_agency(waiting)
    leader = User.objects.get(agency=escalation.agency)
    User.objects.filter(pk=leader.pk).update(language="en")
    client.force_login(leader)
    page = client.get(reverse("escalation", args=[escalation.pk])).content.decode()
    limit = timezone.localtime(shelter(waiting).clock.limit_at)
    assert f"{limit:%H:%M}" in page
    assert "Who was late" not in page
    assert "nobody had it" not in page + client.get(reverse("board")).content.decode()
