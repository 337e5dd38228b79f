"""The page of a case: who sees it, what it says, and that it asks the database a fixed number of times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from oralu.apps.access.models import User
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.facts import FactData, facts_record
from world import World, build

MOST_QUERIES = 45
WITHOUT_PAPERS = {"identity_document": "none", "housing": "stable", "violence_threat": "no", "exploitation_risk": "no"}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def signed_in(client: Client) -> Callable[[User], Client]:
    def enter(user: User) -> Client:
        client.force_login(user)
        return client

    return enter


@pytest.fixture(autouse=True)
def english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


def page(client: Client, case) -> str:
    response = client.get(f"/cases/{case.pk}", headers={"accept-language": "en"})
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_of_an_enrolled_case(world: World, signed_in, django_assert_max_num_queries) -> None:
    case = world.enrol(facts=WITHOUT_PAPERS | {"housing": "homeless"})
    client = signed_in(world.aigul)
    with django_assert_max_num_queries(MOST_QUERIES):
        text = page(client, case)
    assert case.person.full_name in text
    for need in Need.objects.filter(case=case):
        assert f'id="need-{need.pk}"' in text
