"""Who has looked at a case: seen by the unit that leads it, in words, a page at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Access
from oralu.apps.journal.reading import access_record, denied_record
from oralu.web.case.access_views import PAGES
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    made = build(timezone.localtime())
    User.objects.update(language="en")
    return made


def look(world: World, actor: User, *cases: int, route: str = "case", kind: str = "read", after: int = 0) -> None:
    access_record(
        subjects=cases,
        actor=actor,
        at=world.at + timedelta(minutes=after),
        route=route,
        purpose="resocialisation",
        kind=kind,
    )


def text_of(client: Client, world: World, case: Case, query: str = "", user: User | None = None) -> str:
    client.force_login(User.objects.get(pk=(user or world.bolat).pk))
    response = client.get(f"/cases/{case.pk}/access{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_who_where_and_what_for(world: World, client: Client) -> None:
    case = world.enrol()
    look(world, world.aigul, case.pk)
    look(world, world.dana, case.pk, case.pk + 50, route="inbox", after=1)
    denied_record(
        actor=world.erlan, at=world.at, route="case", purpose="resocialisation", object="case", subjects=[case.pk]
    )
    text = text_of(client, world, case)
    for words in (
        world.aigul.full_name,
        "The page of the case",
        "Leading the person",
        world.dana.full_name,
        str(world.dana.agency),
        "The inbox of the agency, with 1 other case",
        world.erlan.full_name,
        "Refused: the page of the case",
    ):
        assert words in text
    assert text.index(world.dana.full_name) < text.index("The page of the case")


def test_it_is_narrowed_by_the_filter(world: World, client: Client) -> None:
    case = world.enrol()
    look(world, world.aigul, case.pk)
    look(world, world.dana, case.pk, case.pk + 1, route="caseload")
    look(world, world.bolat, case.pk, case.pk + 1, route="caseload-csv", kind="export")
    everything = text_of(client, world, case)
    assert everything.count('id="access-') >= 4
    alone = text_of(client, world, case, "?view=alone")
    assert "The page of the case" in alone
    assert "The list of cases" not in alone
    export = text_of(client, world, case, "?view=export")
    assert export.count('<li id="access-') == 1
    assert text_of(client, world, case, "?view=emergency").count('<li id="access-') == 0
    assert text_of(client, world, case, "?view=nonsense&before=x").count('<li id="access-') >= 3


def test_pages_follow_one_another_without_a_gap(world: World, client: Client) -> None:
    case = world.enrol()
    for n in range(70):
        look(world, world.aigul, case.pk, after=n)
    keys = set(map(str, Access.objects.values_list("pk", flat=True)))
    seen: list[str] = []
    query = ""
    for _ in range(3):
        text = text_of(client, world, case, query)
        rows = [part.partition('"')[0] for part in text.split('<li id="access-')[1:]]
        seen += rows
        query = f"?before={rows[-1]}"
    assert len(seen) == len(set(seen))
    assert keys <= set(seen)
    assert [int(key) for key in seen] == sorted(map(int, seen), reverse=True)


@pytest.mark.parametrize("who", ["erlan", "dana", "kairat", "admin"])
def test_to_others_it_does_not_exist(world: World, client: Client, who: str) -> None:
    case = world.enrol()
    client.force_login(getattr(world, who))
    assert client.get(f"/cases/{case.pk}/access").status_code == 404


def test_it_asks_a_fixed_number_of_times(world: World, client: Client, django_assert_max_num_queries: object) -> None:
    case = world.enrol()
    for user in (world.aigul, world.bolat, world.dana, world.gulnar, world.kairat) * 6:
        look(world, user, case.pk)
    client.force_login(world.bolat)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get(f"/cases/{case.pk}/access")


def test_every_page_named_has_an_address() -> None:
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert sorted(set(PAGES) - known) == []
