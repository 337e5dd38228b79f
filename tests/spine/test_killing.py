"""No deadline is lost or fired twice, whatever process dies at whatever moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.referrals.models import Clock, Escalation
from world import World, build

if TYPE_CHECKING:
    from oralu.server.postgres import Server

FACTS = {"identity_document": "none", "housing": "homeless", "income": "none", "medical_need": "high"}


def start_worker(server: Server, at: str, data: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DATABASE_URL": server.app_url,
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
        "ORALU_DATA": str(data),
    }
    script = Path(__file__).with_name("sweeping_process.py")
    return subprocess.Popen([sys.executable, str(script), at], env=environment, stderr=subprocess.PIPE)


@pytest.mark.django_db(transaction=True)
def test_two_workers_killed_at_random_fire_each_clock_once(database_server: Server, tmp_path: Path) -> None:
    world: World = build()
    for n in range(40):
        world.enrol(facts=FACTS if n % 2 else {"identity_document": "none"}, at=world.at + timedelta(minutes=n))
    at = world.at + timedelta(days=200)
    due = set(Clock.objects.filter(due_at__isnull=False).values_list("pk", flat=True))
    dice = random.Random(7)
    workers = [start_worker(database_server, at.isoformat(), tmp_path) for _ in range(2)]
    kills = 0
    while kills < 6 and Clock.objects.filter(due_at__lte=at).exists():
        worker = workers[dice.randrange(2)]
        left = Clock.objects.filter(due_at__lte=at).count()
        while worker.poll() is None and Clock.objects.filter(due_at__lte=at).count() > left - 6:
            time.sleep(dice.random() / 50)
        if worker.poll() is None:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills += 1
        workers[workers.index(worker)] = start_worker(database_server, at.isoformat(), tmp_path)
    for worker in workers:
        assert worker.wait(timeout=120) in (0, -signal.SIGKILL), worker.stderr and worker.stderr.read().decode()
    assert kills >= 4, "the workers were done before they could be killed: give them more to do"
    assert not Clock.objects.filter(due_at__lte=at).exists()
    fired = Counter(Entry.objects.filter(kind="clock.breached").values_list("data__need", flat=True))
    assert len(due) <= len(fired)
    assert set(fired.values()) == {1}
    breaches = Escalation.objects.filter(kind="breach")
    assert breaches.count() == len(fired)
    leaders = Message.objects.filter(user=world.kairat, template="escalation").count()
    assert leaders == breaches.filter(agency=world.agencies["leb_leadership"]).count()
