"""One row for an answer with somebody's data, written before the bytes leave; a refusal outlives the rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse

from journal_ground import AT, Ground
from oralu.apps.cases.caseload_selectors import cases_page
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import Access
from oralu.apps.journal.reading import access_record, collecting, denied_record, seen
from oralu.apps.referrals.selectors import needs_visible_to
from world import World, build

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


def test_what_is_seen_in_a_block_comes_together_once() -> None:
    seen(1)
    with collecting() as reading:
        seen(5)
        seen([7, None, 5])
        with collecting() as inner:
            seen(9)
        assert inner is reading
    seen(11)
    assert reading.subjects == {5, 7, 9}


@pytest.mark.django_db
def test_an_answer_is_one_row() -> None:
    world: World = build()
    written = access_record(
        subjects=[9, 7, 7], actor=world.aigul, at=AT, route="caseload", purpose="resocialisation", object=""
    )
    assert written
    row = Access.objects.get()
    assert (row.actor, row.role, row.agency) == (world.aigul.pk, "case_manager", world.unit.pk)
    assert (row.kind, row.route, row.subjects) == ("read", "caseload", [7, 9])
    assert not access_record(subjects=[], actor=world.aigul, at=AT, route="caseload", purpose="resocialisation")
    assert Access.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "journal"])
def test_a_refusal_outlives_the_rollback_of_its_request(settings: SettingsWrapper) -> None:
    settings.REFUSALS_DATABASE = "journal"
    world: World = build()
    with transaction.atomic():
        access_record(subjects=[1], actor=world.aigul, at=AT, route="case", purpose="resocialisation")
        denied_record(actor=world.erlan, at=AT, route="case", purpose="resocialisation", object="case 1", subjects=[1])
        transaction.set_rollback(True)
    row = Access.objects.get()
    assert (row.kind, row.actor, row.object, row.subjects) == ("denied", world.erlan.pk, "case 1", [1])


@pytest.mark.django_db(transaction=True, databases=["default", "journal"])
def test_a_refusal_does_not_wait_for_an_actor_that_is_not_committed(settings: SettingsWrapper) -> None:
    settings.REFUSALS_DATABASE = "journal"
    with transaction.atomic():
        world: World = build()
        denied_record(actor=world.erlan, at=AT, route="case", purpose="resocialisation")
        transaction.set_rollback(True)
    assert Access.objects.get().kind == "denied"


@pytest.mark.django_db
def test_a_row_that_cannot_be_written_is_an_error_and_not_an_answer() -> None:
    world: World = build()
    with pytest.raises(Error), transaction.atomic():
        access_record(subjects=[1], actor=world.aigul, at=AT, route="case", purpose="x" * 33)
    assert Access.objects.count() == 0


def test_readings_are_sealed_and_tampering_with_them_is_found(ground: Ground, database_server: object) -> None:
    world: World = build()
    for n in range(1, 6):
        access_record(subjects=[n, n + 1], actor=world.aigul, at=AT, route="case", purpose="resocialisation")
    denied_record(actor=None, at=AT, route="case", purpose="resocialisation", object="case 1")
    ground.seal()
    report = ground.verify()
    assert report.findings == []
    assert report.accesses == 6
    victims = list(Access.objects.order_by("pk").values_list("pk", flat=True))
    with database_server.connect_admin() as admin:  # type: ignore[attr-defined]
        assert isinstance(admin, psycopg.Connection)
        admin.execute("update journal_access set subjects = '{99}' where id = %s", [victims[1]])
        admin.execute("delete from journal_access where id = %s", [victims[3]])
    assert ground.codes() == {"edited", "deleted"}
    assert f"Reading {victims[1]} was edited" in ground.words()
    assert f"Reading {victims[3]} is gone" in ground.words()


@pytest.mark.django_db
def test_what_a_door_hands_out_is_seen_and_what_it_only_counts_is_not() -> None:
    world: World = build()
    first, second = world.enrol(facts={"housing": "homeless"}), world.enrol()
    with collecting() as reading:
        cases = cases_visible_to(world.aigul)
        assert cases.count() == 2
        assert set(cases.values_list("pk", flat=True)) == {first.pk, second.pk}
        assert needs_visible_to(world.aigul).filter(case__in=cases).exists()
        assert reading.subjects == set()
        assert cases.get(pk=second.pk) == second
        assert reading.subjects == {second.pk}
        assert list(needs_visible_to(world.aigul).filter(case=first))
        assert reading.subjects == {first.pk, second.pk}


@pytest.mark.django_db
def test_the_row_past_the_end_of_a_page_was_not_shown() -> None:
    world: World = build()
    found = [world.enrol(), world.enrol(), world.enrol()]
    with collecting() as reading:
        page, has_more = cases_page(cases_visible_to(world.aigul), "day", after=None, size=2)
    assert has_more
    assert reading.subjects == {case.pk for case in page} < {case.pk for case in found}


@pytest.mark.django_db(transaction=True, databases=["default", "journal"])
def test_without_its_row_an_answer_is_withheld(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    world: World = build()
    case = world.enrol()
    client.force_login(world.aigul)
    client.raise_request_exception = False
    assert case.person.surname in client.get(f"/cases/{case.pk}").content.decode()
    assert Access.objects.filter(route="case", subjects=[case.pk]).count() == 1

    monkeypatch.setattr(
        "oralu.apps.journal.reading.INSERT", "insert into journal_nowhere values (%s" + ", %s" * 10 + ")"
    )
    for address in (reverse("case", args=[case.pk]), reverse("caseload"), reverse("caseload-csv")):
        response = client.get(address)
        assert response.status_code == 500, address
        assert case.person.surname not in response.content.decode()
    monkeypatch.undo()
    assert Access.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "journal"])
def test_a_denial_of_a_screen_is_kept(client: Client, settings: SettingsWrapper) -> None:
    settings.REFUSALS_DATABASE = "journal"
    world: World = build()
    case = world.enrol()
    client.force_login(world.erlan)
    assert client.get(f"/cases/{case.pk}").status_code == 404
    client.force_login(world.dana)
    assert client.get(f"/cases/{case.pk}").status_code == 404
    rows = Access.objects.filter(kind="denied").order_by("pk")
    assert [(row.actor, row.subjects, row.object) for row in rows] == [
        (world.erlan.pk, [case.pk], f"case_id {case.pk}"),
        (world.dana.pk, [case.pk], f"case_id {case.pk}"),
    ]
