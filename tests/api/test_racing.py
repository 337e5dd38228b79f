"""Several at once: one effect under one key, one winner on one state, a limit for each system."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from oralu.api import door
from oralu.apps.access.models import ApiAct
from oralu.apps.cases.models import Case, Statement
from oralu.config.ratelimits import Counter, Limit
from stopped import stopped
from systems import CALM, System, system_of
from world import MONDAY, World, build

FACT = {"facts": [{"name": "identity_document", "value": "applied"}], "evidence": {"title": "Талон", "reference": "7"}}


@pytest.fixture
def committed(transactional_db: None) -> tuple[World, System, Case]:
    world = build(MONDAY)
    case = world.enrol(facts={"identity_document": "none", **CALM})
    return world, system_of(world, world.unit, "case_manager", world.bolat), case


def at_once(count: int, ask: Callable[[int], Any]) -> list[Any]:
    together = Barrier(count)

    def one(n: int) -> Any:
        together.wait()
        try:
            return ask(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_one_key_sent_by_many_at_once_has_one_effect(committed: tuple[World, System, Case]) -> None:
    _world, system, case = committed
    for n in range(5):
        before = Statement.objects.count()
        answers = at_once(6, lambda _n, n=n: system.act(f"/cases/{case.pk}/facts", FACT, key=f"the-same-key-{n}"))
        assert {answer.status_code for answer in answers} <= {201, 409}, answers[0].content
        done = [answer.json() for answer in answers if answer.status_code == 201]
        assert len(done) >= 1
        assert all(answer == done[0] for answer in done)
        assert Statement.objects.count() == before + 1
    assert ApiAct.objects.filter(status=201).count() == 5


def test_of_many_who_read_one_state_one_changes_it(committed: tuple[World, System, Case]) -> None:
    _world, system, case = committed
    for _n in range(5):
        etag, before = system.read(f"/cases/{case.pk}")["ETag"], Statement.objects.count()
        answers = at_once(5, lambda _n, etag=etag: system.act(f"/cases/{case.pk}/facts", FACT, etag=etag))
        assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412]
        assert Statement.objects.count() == before + 1


def test_a_system_that_asks_too_often_has_to_wait(
    unit: System, other_unit: System, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.RATE_LIMITS = {"api": Limit("api", 3, 3600)}
    monkeypatch.setattr(door, "_counter", Counter(tmp_path / "limits.sqlite3"))
    monkeypatch.setattr(door, "time", stopped())
    assert [unit.read("/token").status_code for _n in range(4)] == [200, 200, 200, 429]
    last = unit.read("/token")
    assert last.json()["type"] == "/problems/too-many-requests"
    assert int(last["Retry-After"]) > 0
    assert other_unit.read("/token").status_code == 200
