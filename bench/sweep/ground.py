"""What the measurements stand on: a private PostgreSQL of their own, and a world of cases to multiply."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

if TYPE_CHECKING:
    from oralu.server.postgres import Server
    from world import World

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
"""For the sweep: every rule with a long term holds, so that most clocks of a case are still to come, as the largest part
of a register's are."""
SETTLED = {
    "identity_document": ("held", "held", "applied"),
    "residence_registration": ("permanent", "temporary", "applied"),
    "housing": ("stable", "stable", "temporary"),
    "violence_threat": ("no",),
    "exploitation_risk": ("no",),
    "income": ("lawful", "lawful", "none"),
    "clinic_attachment": ("attached",),
    "screening": ("done", "done", "none"),
    "medical_need": ("low", "low", "high"),
    "psychological_need": ("low",),
    "family_contact": ("none",),
    "plan": ("agreed", "agreed", "draft"),
}
"""A register in its usual state: of the steps that can be open one in three is."""


def pending(n: int) -> dict[str, str]:
    return {name: value for i, (name, value) in enumerate(PENDING.items()) if (n + i) % 7}


def settled(n: int) -> dict[str, str]:
    return {name: values[(n + i * 5 + n // 3 * i) % len(values)] for i, (name, values) in enumerate(SETTLED.items())}


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


def world_of(cases: int, facts: Callable[[int], dict[str, str]] = pending) -> tuple[World, datetime]:
    """A world whose cases were enrolled over the last nine days before the moment returned; what fell due until then
    has fired."""
    from oralu.apps.routing.worker import turn
    from world import build

    world = build()
    for n in range(cases):
        at = world.at + timedelta(hours=n * 9 * 24 / cases)
        turn(at)
        world.enrol(facts=facts(n), at=at)
    now = world.at + timedelta(days=9, minutes=1)
    turn(now)
    return world, now
