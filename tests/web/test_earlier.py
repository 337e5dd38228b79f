"""A need that was met earlier than it was recorded: claimed with a proof, decided by a second person, counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import EarlierMeeting, Need
from oralu.apps.routing.board_selectors import sla_by_service
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.worker import turn
from world import World, build

FACTS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}
SERVICE = "identity_document_application"


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    User.objects.update(language="en")
    for user in (made.aigul, made.bolat, made.dana, made.erlan, made.kairat):
        user.refresh_from_db()
    return made


@pytest.fixture
def met_late(world: World) -> Need:
    """Opened three days ago, its limit of 24 hours missed, recorded as met now."""
    past = world.at - timedelta(days=3)
    case = world.enrol(facts=FACTS, at=past, enrolled_on=past.date())
    turn(world.at - timedelta(minutes=1))
    facts_record(case=case, facts=[FactData("identity_document", "held")], actor=world.aigul, at=world.at)
    need = Need.objects.get(case=case, service=SERVICE)
    assert need.state == "met"
    assert need.clock.breached_at is not None
    return need


def claimed(need: Need, hours: float, **changes: str) -> dict[str, str]:
    when = timezone.localtime(need.opened_at + timedelta(hours=hours))
    return {
        "met_on": when.date().isoformat(),
        "met_time": f"{when:%H:%M}",
        "evidence_title": "Receipt",
        "evidence_reference": "77-1",
    } | changes


def signed(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def kept(world: World) -> tuple[int, int]:
    found = {sla.key: sla for sla in sla_by_service(world.bolat, at=timezone.now())}
    return found[SERVICE].kept, found[SERVICE].all


def test_a_claim_and_its_approval_are_recorded_shown_and_counted(world: World, client: Client, met_late: Need) -> None:
    assert kept(world) == (0, 1)
    aigul = signed(client, world.aigul)
    page = f"/cases/{met_late.case_id}"
    assert f"/needs/{met_late.pk}/earlier" in aigul.get(page).content.decode()
    response = aigul.post(f"/needs/{met_late.pk}/earlier", claimed(met_late, 5))
    assert (response.status_code, response["Location"]) == (303, f"{page}#need-{met_late.pk}")
    claim = EarlierMeeting.objects.get(need=met_late)
    assert (claim.evidence.reference, claim.asked_by, claim.is_approved) == ("77-1", world.aigul, None)
    assert "to be approved by a second person" in aigul.get(page).content.decode()
    assert kept(world) == (0, 1)

    assert aigul.get(f"/earlier/{claim.pk}").status_code == 404
    bolat = signed(client, world.bolat)
    board = bolat.get("/board").content.decode()
    assert "To be approved by a second person" in board
    assert f"/earlier/{claim.pk}" in board
    assert "77-1" in bolat.get(f"/earlier/{claim.pk}").content.decode()
    assert bolat.post(f"/earlier/{claim.pk}", {}).status_code == 422
    assert bolat.post(f"/earlier/{claim.pk}", {"decision": "approve"}).status_code == 303
    met_late.refresh_from_db()
    assert met_late.met_at == claim.met_at < met_late.closed_at
    assert kept(world) == (1, 1)
    text = bolat.get(page).content.decode()
    assert "approved by Болат Ержанов" in text
    assert "To be approved by a second person" not in bolat.get("/board").content.decode()
    kinds = set(Entry.objects.filter(case=met_late.case_id).values_list("kind", flat=True))
    assert kinds >= {"need.earlier_asked", "need.earlier_approved"}


def test_a_rejected_claim_changes_nothing(world: World, client: Client, met_late: Need) -> None:
    signed(client, world.aigul).post(f"/needs/{met_late.pk}/earlier", claimed(met_late, 5))
    claim = EarlierMeeting.objects.get(need=met_late)
    signed(client, world.bolat).post(f"/earlier/{claim.pk}", {"decision": "reject"})
    met_late.refresh_from_db()
    assert met_late.met_at == met_late.closed_at
    assert kept(world) == (0, 1)
    assert "was rejected by Болат Ержанов" in client.get(f"/cases/{met_late.case_id}").content.decode()
    again = client.post(f"/earlier/{claim.pk}", {"decision": "approve"})
    assert again.status_code == 409
    assert world.bolat.full_name in again.content.decode()
    assert signed(client, world.erlan).get(f"/earlier/{claim.pk}").status_code == 404


def test_a_bad_claim_keeps_what_was_typed_and_writes_nothing(world: World, client: Client, met_late: Need) -> None:
    aigul, address = signed(client, world.aigul), f"/needs/{met_late.pk}/earlier"
    unproved = aigul.post(address, claimed(met_late, 5, evidence_reference=""))
    assert unproved.status_code == 422
    assert claimed(met_late, 5)["met_time"] in unproved.content.decode()
    before = met_late.case.evidence.count()
    early = aigul.post(address, claimed(met_late, -30))
    assert early.status_code == 422
    assert "between the opening of the need and its recording" in early.content.decode()
    assert met_late.case.evidence.count() == before
    assert not EarlierMeeting.objects.exists()


def test_a_claim_of_the_head_is_decided_by_another_officer(world: World, client: Client, met_late: Need) -> None:
    signed(client, world.bolat).post(f"/needs/{met_late.pk}/earlier", claimed(met_late, 5))
    claim = EarlierMeeting.objects.get(need=met_late)
    assert client.get(f"/earlier/{claim.pk}").status_code == 404
    assert f"/earlier/{claim.pk}" not in client.get("/board").content.decode()
    aigul = signed(client, world.aigul)
    assert f"/earlier/{claim.pk}" in aigul.get(f"/cases/{met_late.case_id}").content.decode()
    assert aigul.post(f"/earlier/{claim.pk}", {"decision": "approve"}).status_code == 303


def test_for_others_and_for_an_open_need_there_is_no_such_page(world: World, client: Client, met_late: Need) -> None:
    signed(client, world.aigul).post(f"/needs/{met_late.pk}/earlier", claimed(met_late, 5))
    claim = EarlierMeeting.objects.get(need=met_late)
    open_need = Need.objects.filter(case=Case.objects.get(pk=met_late.case_id), state="open").first()
    assert open_need
    assert client.get(f"/needs/{open_need.pk}/earlier").status_code == 404
    for user in (world.erlan, world.dana, world.kairat):
        signed(client, user)
        assert client.get(f"/needs/{met_late.pk}/earlier").status_code == 404
        assert client.get(f"/earlier/{claim.pk}").status_code == 404
