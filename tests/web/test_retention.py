"""Terms of storage and erasure on the screens: one asks, another approves, and nobody else is there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Person
from oralu.apps.routing.erasing import erasures_turn
from oralu.apps.routing.lifecycle import case_close
from oralu.apps.routing.models import Erasure, LegalHold
from world import World, build


@pytest.fixture
def world(db: None, settings: object, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path / "evidence"  # type: ignore[attr-defined]
    made = build(timezone.localtime() - timedelta(days=500))
    for user in (made.aigul, made.bolat, made.admin, made.erlan):
        user.language = "en"
        user.save()
    return made


@pytest.fixture
def case(world: World) -> Case:
    """Closed long enough ago for its telephone and address to go."""
    person = world.person(surname="Canarova", phone="+7 CANARY")
    found = world.enrol(person=person, facts={"housing": "stable"})
    at = world.at + timedelta(hours=1)
    case_close(case=found, ground="term_ended", closed_on=at.date(), note="", actor=world.bolat, at=at)
    return found


def test_one_asks_another_approves_and_the_worker_does_it(world: World, case: Case, client: Client) -> None:
    client.force_login(world.bolat)
    assert "to be set by the owner of the data" in client.get("/retention").content.decode()
    assert client.get("/retention/ask").status_code == 200
    assert client.post("/retention/ask").status_code == 303
    again = client.post("/retention/ask")
    assert again.status_code == 409
    assert "under way" in again.content.decode()
    assert erasures_turn(at=timezone.now()) == 1
    erasure = Erasure.objects.get()
    page = client.get(f"/retention/{erasure.pk}").content.decode()
    assert "telephone, address and locality" in page
    assert f"№ {case.pk}" in page
    assert "/approve" not in page, "not by who asked"
    assert client.get(f"/retention/{erasure.pk}/approve").status_code == 404
    client.force_login(world.admin)
    page = client.get(f"/retention/{erasure.pk}").content.decode()
    assert f"№ {case.pk}" in page
    assert "Canarova" not in page
    refused = client.post(f"/retention/{erasure.pk}/refuse", {"refusal": ""})
    assert refused.status_code == 422
    assert client.post(f"/retention/{erasure.pk}/approve").status_code == 303
    assert Entry.objects.get(kind="erasure.approved", actor=world.admin).data["contacts"] == 1
    while erasures_turn(at=timezone.now()):
        pass
    person = Person.objects.get(pk=case.person_id)
    assert (person.phone, person.surname) == ("", "Canarova")
    assert "carried out" in client.get(f"/retention/{erasure.pk}").content.decode()


def test_the_erasure_of_one_person_keeps_what_was_typed_and_wants_the_act(
    world: World, case: Case, client: Client
) -> None:
    client.force_login(world.bolat)
    form = {"case": str(case.pk), "ground": "court", "decision": ""}
    answer = client.post("/retention/one", form)
    assert answer.status_code == 422
    assert f'value="{case.pk}"' in answer.content.decode()
    unknown = client.post("/retention/one", form | {"case": "999999", "decision": "No. 5"})
    assert "no case of this number" in unknown.content.decode()
    assert client.post("/retention/one", form | {"decision": "No. 5"}).status_code == 303
    erasures_turn(at=timezone.now())
    erasure = Erasure.objects.get()
    client.force_login(world.admin)
    client.post(f"/retention/{erasure.pk}/approve")
    while erasures_turn(at=timezone.now()):
        pass
    client.force_login(world.bolat)
    assert "data erased on" in client.get(f"/cases/{case.pk}").content.decode()
    assert "Canarova" not in client.get("/caseload?state=closed").content.decode()
    assert Person.objects.get(pk=case.person_id).birth_date == date(1990, 1, 1)


def test_a_hold_is_placed_and_lifted_with_a_reason(world: World, case: Case, client: Client) -> None:
    client.force_login(world.bolat)
    assert client.post("/retention/hold", {"case": case.pk, "reason": ""}).status_code == 422
    assert client.post("/retention/hold", {"case": case.pk, "reason": "Court 2-15"}).status_code == 303
    assert "Court 2-15" in client.get("/retention").content.decode()
    hold = LegalHold.objects.get()
    assert Entry.objects.filter(kind="hold.placed", case=case, actor=world.bolat).exists()
    assert client.post(f"/retention/holds/{hold.pk}/lift").status_code == 303
    assert Entry.objects.filter(kind="hold.lifted", case=case).exists()


def test_nobody_else_is_there(world: World, case: Case, client: Client) -> None:
    erasure = Erasure.objects.create(
        unit=world.unit, ground="term", on=date(2026, 1, 1), terms="x", state="proposed", asked_by=world.bolat,
        asked_at=world.at,
    )  # fmt: skip
    for user in (world.aigul, world.dana, world.kairat):
        client.force_login(user)
        for address in ("", "/ask", "/one", "/hold", f"/{erasure.pk}", f"/{erasure.pk}/approve"):
            assert client.get(f"/retention{address}").status_code == 404, (user.username, address)
    world.erlan.role = "unit_head"
    world.erlan.save()
    client.force_login(world.erlan)
    assert client.get(f"/retention/{erasure.pk}").status_code == 404, "of another unit"
    client.force_login(world.admin)
    assert client.post("/retention/ask").status_code == 404
    assert client.post(f"/retention/{erasure.pk}/withdraw").status_code == 404
