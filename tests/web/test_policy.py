"""The policy page says what the edition says, in the reader's language, with the cases it touches."""

from __future__ import annotations

import pytest
from django.test import Client

from oralu.policyfiles import load_edition
from world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_every_rule_stands_with_its_basis_in_each_language(world: World, client: Client, lang: str) -> None:
    world.aigul.language = lang
    world.aigul.save()
    client.force_login(world.aigul)
    page = client.get("/policy").content.decode()
    edition = load_edition("kz-pilot-2026")
    for rule in edition.rules:
        assert f'id="{rule.code}"' in page
    for domain in edition.domains:
        assert edition.label("domain", domain, lang) in page


def test_it_counts_the_open_needs_of_the_own_unit_alone(world: World, client: Client) -> None:
    world.enrol(facts={"housing": "homeless"})
    for user, expected in ((world.aigul, 1), (world.erlan, 0)):
        client.force_login(user)
        rows = {row.code: row for row in client.get("/policy").context["rules"]}
        assert rows["H1"].count == expected


def test_an_administrator_reads_the_policy_without_counts(world: World, client: Client) -> None:
    client.force_login(world.admin)
    assert client.get("/policy").context["rules"][0].count is None


def test_the_page_takes_a_fixed_number_of_queries(world: World, client: Client, django_assert_max_num_queries) -> None:
    client.force_login(world.aigul)
    with django_assert_max_num_queries(14):
        client.get("/policy")
