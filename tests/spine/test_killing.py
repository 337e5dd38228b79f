"""No deadline is lost or fired twice, whatever process dies at whatever moment; no acknowledged write is lost when the
database is stopped at once. At size: `make bench-kill`."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from killing import kill_workers, stop_database
from oralu.apps.cases.models import Case
from oralu.apps.referrals.models import Clock
from world import World, build

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from oralu.server.postgres import Server

FACTS = {"identity_document": "none", "housing": "homeless", "income": "none", "medical_need": "high"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_killed_at_random_fire_each_clock_once(database_server: Server) -> None:
    world: World = build()
    for n in range(40):
        world.enrol(facts=FACTS if n % 2 else {"identity_document": "none"}, at=world.at + timedelta(minutes=n))
    at = world.at + timedelta(days=100)
    found = kill_workers(at, workers=2, kills=8, batch=5, dice=random.Random(7), pause=0.3)
    assert found.kills >= 6, "the workers were done before they could be killed: give them more to do"
    assert (found.lost, found.twice) == ([], [])
    assert found.clocks >= 150
    assert found.late > 0
    assert not Clock.objects.filter(due_at__lte=at).exists()


@pytest.fixture
def durable_server(django_db_blocker: DjangoDbBlocker, database_server: Server) -> Iterator[Server]:
    """A server that keeps its promises, in a folder of its own; Django speaks to it for the time being."""
    from django.core.management import call_command

    from oralu.server.postgres import Server
    from oralu.server.testdatabase import speak_to

    folder = Path(tempfile.mkdtemp(prefix="oralu-durable-"))
    folder.chmod(0o711)
    default = connections["default"]
    before = dict(default.settings_dict)
    try:
        with django_db_blocker.unblock(), Server(folder) as server:
            speak_to(server.owner_url)
            call_command("migrate", verbosity=0, interactive=False)
            speak_to(server.worker_url)
            yield server
            default.close()
    finally:
        default.settings_dict.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_database_stopped_at_once_has_every_write_that_it_acknowledged(durable_server: Server) -> None:
    world: World = build()

    def write(key: str) -> None:
        world.enrol(facts={"identity_document": "none"}, person=world.person(iin=""), import_key=key)

    def standing() -> set[str]:
        return set(Case.objects.exclude(import_key="").values_list("import_key", flat=True))

    found = stop_database(durable_server, write, standing, stops=2, writers=2, load=1.5)
    assert found.acknowledged >= 10, "too little was written to prove anything"
    assert found.lost == []
