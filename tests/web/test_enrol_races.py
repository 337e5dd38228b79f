"""The same draft at the same moment: six clicks open one case, six pages that keep what is typed lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from test_enrol import begin, filled

from oralu.apps.cases.models import Case
from oralu.apps.people.models import Person
from oralu.web.enrol.drafts import KEY
from world import build

AT_ONCE = 6
STEPS = ("identity", "case", "children", "consent", "facts-legal", "facts-housing")


def at_once(client: Client, ask: Callable[[Client, int], Any]) -> list[Any]:
    """The same session in six threads that start together."""
    session, gate = client.cookies["sessionid"].value, threading.Barrier(AT_ONCE)

    def one(n: int) -> Any:
        own = Client()
        own.cookies["sessionid"] = session
        gate.wait()
        try:
            return ask(own, n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


@pytest.mark.django_db(transaction=True)
def test_one_draft_at_the_same_moment(client: Client) -> None:
    world = build(timezone.now())
    client.force_login(world.aigul)
    other = begin(client)
    kept = at_once(
        client, lambda c, n: c.post(reverse("enrol-keep", args=[other, STEPS[n]]), {f"x{n}": "1"}).status_code
    )
    assert kept == [200] * AT_ONCE
    assert set(client.session[KEY][other]["typed"]) == set(STEPS)
    draft = filled(client, world, housing="stable")
    sent = at_once(client, lambda c, _n: c.post(reverse("enrol-step", args=[draft, "review"])))
    assert {(a.status_code, a["Location"]) for a in sent} == {(303, reverse("enrolled", args=[Case.objects.get().pk]))}
    assert Person.objects.count() == 1
