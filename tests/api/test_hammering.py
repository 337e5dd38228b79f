"""Item 10 of the test programme, in small; `make bench-api` asks a hundred thousand times."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from hammering import hammer, loaded, was_lost_on_the_way
from oralu.apps.cases.models import Case, Statement
from oralu.apps.referrals.models import Referral
from oralu.config.wsgi import application
from systems import CALM, systems_of_every_role
from world import World

CALLS = int(os.environ.get("CALLS", "2000"))


@pytest.fixture
def cases(world: World) -> list[Case]:
    return [world.enrol(facts={"identity_document": "none", **CALM}) for _n in range(6)]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A server closes its connection after each request; the test's one transaction has to go on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_two_thousand_requests_of_every_role_find_no_defect(world: World, cases: list[Case]) -> None:
    tokens = {name: system.token for name, system in systems_of_every_role(world).items()}
    ids = {
        "case_id": [case.pk for case in cases],
        "fact_id": list(Statement.objects.values_list("pk", flat=True)),
        "referral_id": list(Referral.objects.values_list("pk", flat=True)),
    }
    schema = loaded("/api/v1/openapi.json", application, tokens["unit"])
    tally = hammer(schema, tokens=tokens, ids=ids, calls=CALLS, dice=random.Random(2026))
    assert tally.wrong == [], "\n\n".join(tally.wrong)
    assert tally.calls >= CALLS
    assert tally.server_errors == 0
    # The proof would be worth nothing if everything had been turned away at the door.
    reached = {label for label, status in tally.reached if status in (200, 201)}
    assert len(reached) >= 12, sorted(reached)
    assert {200, 201, 404, 422} <= set(tally.statuses), tally.statuses


@pytest.mark.usefixtures("one_connection")
def test_only_what_arrived_as_described_is_excused(world: World) -> None:
    """What the generator broke may be whole again when it arrives; whatever arrives broken has to be refused."""
    token = systems_of_every_role(world)["unit"].token
    found = [one.ok() for one in loaded("/api/v1/openapi.json", application, token).get_all_operations()]
    operations = {one.definition.raw["operationId"]: one for one in found}

    def lost(name: str, query: str, *violated: str) -> bool:
        words = "\n".join(["Invalid component:", *(f"  - {part}" for part in violated)])
        return was_lost_on_the_way(
            SimpleNamespace(request=SimpleNamespace(url=f"http://x/?{query}")), operations[name], AssertionError(words)
        )

    kind, further = "query: violates `anyOf` at /properties/kind", "query: violates `additionalProperties`"
    assert lost("directory.agencies", "kind=null", kind, "header: violates `format` at /properties/Authorization")
    assert lost("cases.cases", "limit=50&breached=true", further)
    assert not lost("directory.agencies", "kind=%20A", kind)
    assert not lost("cases.cases", "limit=5000", further)
    assert not lost("cases.cases", "more=", further)
    assert not lost("directory.agencies", "kind=null", "path: violates `type`")
