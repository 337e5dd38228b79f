"""The pages as they are served: by the plain role of the application from the first byte to the last, with nothing
around a request that could see more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Access
from oralu.server.testdatabase import speak_to
from walls.scene import scene
from world import World

if TYPE_CHECKING:
    from oralu.server.postgres import Server


@pytest.fixture
def served(database_server: Server, transactional_db: None) -> Iterator[tuple[World, dict[str, Case]]]:
    made = scene()
    speak_to(database_server.app_url)
    yield made
    speak_to(database_server.worker_url)


def body(user: User, path: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == 200, path
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


def test_each_role_sees_its_pages_filled(served: tuple[World, dict[str, Case]]) -> None:
    world, cases = served
    ours, theirs = cases["ours"], cases["theirs"]
    for path in ("/today", "/cases", f"/search?q={ours.pk}", f"/cases/{ours.pk}", "/cases.csv"):
        page = body(world.aigul, path)
        assert "Серикова" in page, path
        assert f"/cases/{theirs.pk}" not in page, path
    assert "Серикова" in body(world.bolat, "/board") or "/board/escalations" in body(world.bolat, "/board")
    assert "/inbox/" in body(world.dana, "/inbox")
    assert "/inbox/" in body(world.gulnar, "/inbox")
    assert "/board/escalations/" in body(world.kairat, "/board")
    assert "Айгуль" in body(world.admin, "/administration/users")


def test_each_answer_with_personal_data_has_one_row(served: tuple[World, dict[str, Case]]) -> None:
    """Programme, item 11."""
    world, cases = served
    ours = cases["ours"]
    for user, path in (
        (world.aigul, "/today"),
        (world.aigul, "/cases"),
        (world.aigul, "/cases.csv"),
        (world.aigul, f"/cases/{ours.pk}"),
        (world.dana, "/inbox"),
    ):
        before = Access.objects.count()
        body(user, path)
        rows = list(Access.objects.order_by("-pk")[: Access.objects.count() - before])
        assert len(rows) == 1, (path, rows)
        assert rows[0].actor == user.pk
        assert ours.pk in rows[0].subjects


@pytest.mark.django_db(transaction=True, databases=["default", "journal"])
def test_a_denial_is_kept_though_the_request_is_rolled_back(
    served: tuple[World, dict[str, Case]], settings: Any
) -> None:
    settings.REFUSALS_DATABASE = "journal"
    world, cases = served
    client = Client()
    client.force_login(world.erlan)
    assert client.get(f"/cases/{cases['ours'].pk}").status_code == 404
    row = Access.objects.latest("pk")
    assert (row.kind, row.actor, row.object) == ("denied", world.erlan.pk, f"case_id {cases['ours'].pk}")
