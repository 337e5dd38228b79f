"""The interface under a hundred thousand requests made from its own description, by systems of every role, against a
real `oralu run` with a durable database, row security and the journal on. Run by `make bench-api`; CALLS, CASES and
SEED in the environment change what is asked, MINUTES ends it early: the figures then say how many calls were made. They
go to build/bench-api.json."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

CALLS = int(os.environ.get("CALLS", "100000"))
CASES = int(os.environ.get("CASES", "60"))
SEED = int(os.environ.get("SEED", "2026"))
MINUTES = float(os.environ.get("MINUTES", "1440"))
PORT = int(os.environ.get("PORT", "8791"))
OUT = ROOT / "build" / "bench-api.json"
BASE = f"http://127.0.0.1:{PORT}"


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="oralu-api-"))
    folder.chmod(0o711)
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("ORALU_")}
    # The limit of requests is proven by a test of its own: here it would only make the bench wait.
    environment |= {"DJANGO_SETTINGS_MODULE": "oralu.config.settings", "ORALU_API_RATE": "100000000"}
    command = [sys.executable, "-m", "oralu", "run", "--port", str(PORT), "--data", str(folder / "data"), "--no-demo"]
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen([*command, "--web-workers", "2"], env=environment, stdout=log, stderr=log)
    try:
        _wait(process, folder)
        return _hammered(folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    for _n in range(1200):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{BASE}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    raise SystemExit(f"Oralu did not open:\n{(folder / 'run.log').read_text(errors='replace')[-3000:]}")


def _hammered(folder: Path) -> int:
    from oralu.config.environment import private_connection

    os.environ |= {"ORALU_DATA": str(folder / "data"), "ORALU_AS": "worker"}
    os.environ["DATABASE_URL"] = private_connection(folder / "data")["worker"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "oralu.config.settings"
    import django

    django.setup()
    import requests
    import schemathesis

    from hammering import hammer

    tokens, ids = _scene()
    first = next(iter(tokens.values()))
    schema = schemathesis.openapi.from_url(f"{BASE}/api/v1/openapi.json", headers={"Authorization": f"Bearer {first}"})
    session, began = requests.Session(), time.monotonic()

    def send(case: Any, headers: dict[str, str]) -> Any:
        return case.call(base_url=BASE, headers=headers, session=session, timeout=60)

    told = 0

    def going_on(tally: Any) -> bool:
        nonlocal told
        spent = time.monotonic() - began
        if tally.calls - told >= 2000:
            told = tally.calls
            print(
                f"{told} calls in {spent:.0f} s, {tally.server_errors} answers 5xx, {len(tally.wrong)} breaks",
                flush=True,
            )
        return spent < MINUTES * 60

    tally = hammer(schema, tokens=tokens, ids=ids, calls=CALLS, dice=random.Random(SEED), send=send, going_on=going_on)
    log = (folder / "run.log").read_text(errors="replace")
    figures = {
        "calls": tally.calls,
        "seed": SEED,
        "seconds": round(time.monotonic() - began),
        "server_errors": tally.server_errors,
        "breaks": len(tally.wrong),
        "defects_in_the_log": log.count('"level": "ERROR"') + log.count('"level": "CRITICAL"'),
        "statuses": dict(sorted(tally.statuses.items())),
        "by_system": {
            name: {status: n for (who, status), n in sorted(tally.by_system.items()) if who == name}
            for name in sorted(tokens)
        },
        "reached": sorted({label for label, status in tally.reached if status in (200, 201)}),
        "wrong": tally.wrong,
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    print(json.dumps({name: figures[name] for name in figures if name != "wrong"}, indent=1))
    print("\n\n".join(tally.wrong))
    return 1 if tally.wrong or tally.server_errors or figures["defects_in_the_log"] else 0


def _scene() -> tuple[dict[str, str], dict[str, list[int]]]:
    """The small world, now, with CASES cases and a system for each role."""
    from django.utils import timezone

    from oralu.apps.cases.models import Statement
    from oralu.apps.referrals.models import Referral
    from systems import CALM, systems_of_every_role
    from world import build

    world = build(timezone.now())
    cases = [world.enrol(facts={"identity_document": "none", **CALM}) for _n in range(CASES)]
    tokens = {name: system.token for name, system in systems_of_every_role(world).items()}
    ids = {
        "case_id": [case.pk for case in cases],
        "fact_id": list(Statement.objects.values_list("pk", flat=True)),
        "referral_id": list(Referral.objects.values_list("pk", flat=True)),
    }
    return tokens, ids


if __name__ == "__main__":
    sys.exit(main())
