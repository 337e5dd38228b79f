"""The figures of the ministry: frozen for a month, without small numbers, for the analyst alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from oralu.apps.access.models import Role, User
from oralu.apps.cases.models import Case
from oralu.apps.routing.country_figures import country_figures, country_keep, told_of
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.routing.worker import turn
from oralu.core.disclosure import LEAST
from oralu.policyfiles import load_edition
from world import World, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def analyst(world: World) -> User:
    return User.objects.create_user("ministry", "x", role=Role.ANALYST, full_name="Аналитик", language="en")


def test_counts_stand_for_a_month(world: World) -> None:
    for _ in range(12):
        world.enrol(facts={"identity_document": "none"})
    turn(world.at)
    first = country_figures()
    assert first is not None
    assert list(first.country["all"]) == [10], "twelve, rounded"
    for _ in range(8):
        world.enrol(facts={"identity_document": "none"})
    assert not country_keep(at=world.at + timedelta(days=20))
    assert country_figures() == first
    assert country_keep(at=world.at + timedelta(days=31))
    second = country_figures()
    assert second is not None
    assert list(second.country["all"]) == [20]


def test_an_edition_with_more_domains_has_a_longer_table(world: World) -> None:
    case = world.enrol(facts={"identity_document": "none"})
    Case.objects.filter(pk=case.pk).update(index=12)
    assert country_keep(at=world.at)
    found = country_figures()
    assert found is not None
    assert len(found.country["index"]) == 13


def test_no_row_gives_away_what_another_hides() -> None:
    steady = {"risk": [100, 100, 100, 100], "index": [200, 200, *[0] * 9]}
    told = told_of({"a": steady, "b": {"risk": [9, 191, 100, 100], "index": [200, 200, *[0] * 9]}})
    assert told["b"]["risk"][0] is None
    assert [told[one]["risk"][0] for one in ("a", "")].count(None) == 1, "else the column's sum gives it away"
    assert told["a"]["risk"][1:] == [100, 100, 100]
    assert all(number is None or number >= LEAST for row in told.values() for them in row.values() for number in them)


def test_the_page_says_of_which_day_and_hides_what_is_small(world: World, analyst: User, client: Client) -> None:
    client.force_login(analyst)
    assert "There are no figures yet" in client.get("/figures").content.decode()
    for _ in range(12):
        world.enrol(facts={"identity_document": "none"})
    turn(world.at)
    page = client.get("/figures").content.decode()
    assert "…" in page
    assert ">12<" not in page
    assert ">10<" in page


@pytest.mark.parametrize("who", ["kairat", "bolat", "aigul"])
def test_nobody_else_is_shown_them(world: World, client: Client, who: str) -> None:
    client.force_login(getattr(world, who))
    assert client.get("/figures").status_code == 404


def test_the_scale_is_that_of_the_edition(
    world: World, analyst: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(analyst)
    for _ in range(12):
        world.enrol(facts={"identity_document": "none"})
    turn(world.at)
    assert "points of 5 domains, from 0 to 10." in client.get("/figures").content.decode()
    in_force = load_edition()
    wider = replace(in_force, domains=(*in_force.domains, "sixth"))
    shorter = replace(in_force, domains=in_force.domains[:4])
    adopted = {"35": wider}
    monkeypatch.setattr(EditionsInForce, "on", lambda self, region, day: adopted[region])
    page = client.get("/figures").content.decode()
    assert "points of 6 domains, from 0 to 12." in page
    assert page.count(">12</th>") == 1
    adopted["35"] = shorter
    page = client.get("/figures").content.decode()
    assert "points of 4 domains, from 0 to 8." in page
    assert ">9</th>" not in page


def test_of_several_editions_it_says_that_their_scales_differ(
    world: World, analyst: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(analyst)
    for region in ("35", "39"):
        for _ in range(12):
            case = world.enrol(facts={"identity_document": "none"})
            Case.objects.filter(pk=case.pk).update(region=region)
    assert country_keep(at=world.at)
    in_force = load_edition()
    adopted = {"35": in_force, "39": replace(in_force, domains=(*in_force.domains, "sixth"))}
    monkeypatch.setattr(EditionsInForce, "on", lambda self, region, day: adopted[region])
    assert "not the same in all of them: 10, 12." in client.get("/figures").content.decode()
