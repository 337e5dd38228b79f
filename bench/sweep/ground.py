"""What the measurements stand on: a private PostgreSQL of their own, and a world of cases to multiply."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

if TYPE_CHECKING:
    from oralu.server.postgres import Server
    from world import World

# Every rule with a long term holds: most clocks of such a case are still to come, as the register's largest part is.
PENDING = {
    "identity_document": "applied",
    "residence_registration": "applied",
    "housing": "temporary",
    "violence_threat": "no",
    "exploitation_risk": "no",
    "income": "none",
    "clinic_attachment": "none",
    "screening": "none",
    "medical_need": "high",
    "psychological_need": "high",
    "family_contact": "wanted",
    "plan": "draft",
}


def processor_of(pid: int) -> float:
    """Seconds of processor that a process has used, with its children that have ended: what a busy machine does not
    change, as it changes the seconds on the wall."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def database() -> Iterator[Server]:
    """A migrated server in a temporary folder, not durable; Django speaks to it as the application role."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "oralu.config.testing"
    import django

    django.setup()
    from django.conf import settings

    from oralu.server.testdatabase import migrated_server

    with migrated_server(Path(settings.DATA_DIR)) as server:
        yield server


def world_of_pending(cases: int) -> tuple[World, datetime]:
    """A world whose cases were enrolled over the last nine days before the moment returned; what fell due until then
    has fired."""
    from oralu.apps.routing.worker import turn
    from world import build

    world = build()
    for n in range(cases):
        at = world.at + timedelta(hours=n * 9 * 24 / cases)
        turn(at)
        world.enrol(facts={k: v for i, (k, v) in enumerate(PENDING.items()) if (n + i) % 7}, at=at)
    now = world.at + timedelta(days=9, minutes=1)
    turn(now)
    return world, now
