"""Killing at size: workers killed with -9 while they make good tens of thousands of clocks, and a durable PostgreSQL
stopped at once while writers write. Run by `make bench-kill`; CLOCKS, KILLS, WORKERS and STOPS change what is done."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from ground import ROOT, database, world_of

CLOCKS, KILLS = int(os.environ.get("CLOCKS", "40000")), int(os.environ.get("KILLS", "200"))
WORKERS, STOPS = int(os.environ.get("WORKERS", "2")), int(os.environ.get("STOPS", "20"))
OUT = ROOT / "build" / "bench-kill.json"


def kills() -> dict[str, Any]:
    """Lost, twice and late of KILLS kills, while workers make good an outage of a day in which CLOCKS clocks of cases
    enrolled over nine days ran out."""
    with database() as server:
        from killing import kill_workers
        from oralu.apps.agencies.models import Region
        from oralu.apps.referrals.models import Clock
        from oralu.load import Multiplier

        _, now = world_of(30)
        at = now + timedelta(days=1, hours=1)
        with server.connect_admin() as admin:
            each = Clock.objects.filter(due_at__lte=at).count()
            multiplier = Multiplier(admin, regions=list(Region.objects.values_list("code", flat=True)))
            multiplier.add(-(-CLOCKS // each))
        found = kill_workers(
            at,
            workers=WORKERS,
            kills=KILLS,
            batch=40,
            dice=random.Random(11),
            pause=float(os.environ.get("PAUSE", "1.0")),
        )
        result = {
            "clocks": found.clocks,
            "workers": WORKERS,
            "kills": found.kills,
            "lost": len(found.lost),
            "twice": len(found.twice),
            "late": found.late,
            "seconds": round(found.seconds),
        }
        print(result, flush=True)
        return result


def stops() -> dict[str, Any]:
    """Acknowledged writes lost in STOPS immediate stops of a database with fsync on."""
    from django.core.management import call_command

    from killing import stop_database
    from oralu.apps.cases.models import Case
    from oralu.server.postgres import Server
    from oralu.server.testdatabase import speak_to
    from world import build

    folder = Path(tempfile.mkdtemp(prefix="oralu-durable-"))
    folder.chmod(0o711)
    try:
        with Server(folder) as server:
            speak_to(server.owner_url)
            call_command("migrate", verbosity=0, interactive=False)
            speak_to(server.worker_url)
            world = build()

            def write(key: str) -> None:
                world.enrol(facts={"identity_document": "none"}, person=world.person(iin=""), import_key=key)

            def standing() -> set[str]:
                return set(Case.objects.exclude(import_key="").values_list("import_key", flat=True))

            found = stop_database(server, write, standing, stops=STOPS, writers=2, load=2.0)
            from django.db import connection

            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = {"stops": found.stops, "acknowledged": found.acknowledged, "lost": len(found.lost)}
    print(result, flush=True)
    return result


def main() -> None:
    results = {"kills": kills(), "stops": stops()}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1))
    if results["kills"]["lost"] or results["kills"]["twice"] or results["stops"]["lost"]:
        raise SystemExit("something was lost or fired twice")


if __name__ == "__main__":
    main()
