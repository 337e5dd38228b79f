"""The pages of a working day, asked over HTTP by fifty people at a time, in one register that grows: what a page costs
may follow what is on it, and not how many cases there are.

The demo's world (people, agencies, accounts, 200 days of history) is multiplied to each of SIZES. A web server as
`oralu run` starts it answers, with row security and the journal on, and a durable database; the people think two
seconds on the average between their pages. Run by `make bench-pages`; SIZES, USERS, SECONDS and
LARGEST_UNIT in the environment change what is measured."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,1000000").split(",")]
USERS = int(os.environ.get("USERS", "50"))
SECONDS = int(os.environ.get("SECONDS", "120"))
LARGEST_UNIT = int(os.environ.get("LARGEST_UNIT", "1000000"))
"""Officers and heads are those of units with no more cases: two registers are compared by units that both have."""
SEED_CASES = int(os.environ.get("SEED_CASES", "150"))
THINK = 2.0
WARM = 15
PORT = 8765
SINGLE = ["leb_leadership", "police_chief", "health_authority", "probation_service"]
OUT = ROOT / "build" / "bench-pages.json"
SHARES = {"case_manager": 0.62, "unit_head": 0.14, "provider": 0.16, "leadership": 0.08}
"""Who is at work: as the accounts of the demo are spread, in the rough."""


@dataclass
class Person:
    """Somebody at work: the cookie of the session, and the addresses that this person opens, by kind of page."""

    cookie: str
    pages: dict[str, list[str]]


@dataclass
class Measured:
    """Milliseconds by kind of page; and whatever was not answered with 200."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)


def settings_of(folder: Path, url: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url,
        "ORALU_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
        "ORALU_DEMO": "no",
        "ORALU_MFA": "no",
        "ORALU_IDLE_MINUTES": "720",
        "ORALU_POOL": "yes",
    }


def prepare(folder: Path) -> None:
    """Migrate and load the seed world, as `oralu run` would."""
    from oralu.server.postgres import Server

    with Server(folder, durable=False) as server:
        owner = settings_of(folder, server.owner_url) | {"ORALU_AS": "owner"}
        subprocess.run([sys.executable, "-m", "oralu.server.prepare", "--migrate"], env=owner, check=True)
        worker = settings_of(folder, server.worker_url) | {"ORALU_AS": "worker"}
        command = [sys.executable, "-m", "oralu.server.demo", "load", "--size", str(SEED_CASES)]
        subprocess.run(command, env=worker, check=True)


def grow(folder: Path, copies: int) -> None:
    """Add copies of the world that stands, on a server that is quick and not durable."""
    from oralu.server.postgres import Server

    with Server(folder, durable=False) as server:
        command = [sys.executable, str(Path(__file__).with_name("growing.py")), server.admin_url, str(copies), *SINGLE]
        subprocess.run(command, env=settings_of(folder, server.worker_url), check=True)


@contextmanager
def served(folder: Path) -> Iterator[object]:
    """A durable database and a web server as `oralu run` starts it; gives the server of the database."""
    from oralu.server.postgres import Server

    with Server(folder) as server:
        owner = settings_of(folder, server.owner_url) | {"ORALU_AS": "owner"}
        subprocess.run([sys.executable, "-m", "oralu.server.prepare", "--migrate"], env=owner, check=True)
        command = [sys.executable, "-m", "oralu.server.web", "--host", "127.0.0.1", "--port", str(PORT)]
        log = (folder / "web.log").open("ab")
        process = subprocess.Popen([*command, "--workers", "2"], env=settings_of(folder, server.app_url), stderr=log)
        try:
            for _ in range(600):
                try:
                    if ask(HTTPConnection("127.0.0.1", PORT, timeout=5), "/login", "")[0] == 200:
                        break
                except (OSError, HTTPException):
                    time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def ask(connection: HTTPConnection, path: str, cookie: str) -> tuple[int, float]:
    began = time.perf_counter()
    headers = {"Accept-Encoding": "gzip", "Accept-Language": "ru"} | ({"Cookie": cookie} if cookie else {})
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, (time.perf_counter() - began) * 1000


def sign_in_people(folder: Path, url: str) -> list[Person]:
    """In a process of its own: the sessions, and what each person would open, looked up as that person."""
    environment = settings_of(folder, url) | {"ORALU_AS": "worker", "ORALU_POOL": "no"}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("people.py")), str(USERS), json.dumps(SHARES), str(LARGEST_UNIT)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return [Person(**one) for one in json.loads(done.stdout)]


def work(person: Person, measured: Measured, chance: random.Random, start: float, end: float) -> None:
    """One person's day: a page, a pause, a page."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=30)
    time.sleep(chance.uniform(0, THINK))
    while (now := time.monotonic()) < end:
        kind = chance.choice(sorted(person.pages))
        try:
            status, spent = ask(connection, chance.choice(person.pages[kind]), person.cookie)
        except (OSError, HTTPException):
            connection.close()
            status, spent = 0, 0.0
        if now > start:
            with measured.lock:
                if status == 200:
                    measured.times[kind].append(spent)
                else:
                    measured.wrong[f"{kind} {status}"] += 1
        time.sleep(min(10.0, chance.expovariate(1 / THINK)))


def measure(people: list[Person]) -> tuple[Measured, float]:
    """The times, and the processor that asking itself has cost, in shares of one core."""
    measured, began = Measured(), time.monotonic()
    start, end = began + WARM, began + WARM + SECONDS
    before = resource.getrusage(resource.RUSAGE_SELF)
    threads = [
        threading.Thread(target=work, args=(person, measured, random.Random(n), start, end))
        for n, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return measured, spent / (time.monotonic() - began)


def figures(measured: Measured) -> dict[str, dict[str, float]]:
    """Median and 95th percentile in milliseconds, and how many, by kind of page and over all."""
    every = [spent for times in measured.times.values() for spent in times]
    found = {}
    for kind, times in [*sorted(measured.times.items()), ("all pages", every)]:
        cut = quantiles(times, n=20) if len(times) > 1 else times * 20
        found[kind] = {"n": len(times), "p50": cut[9], "p95": cut[18], "most": max(times)}
    return found


def rows_of(server: object) -> dict[str, int]:
    tables = ("cases_case", "cases_statement", "referrals_referral", "referrals_clock", "people_person")
    with server.connect_admin() as admin:  # type: ignore[attr-defined]
        return {t: admin.execute(f"select count(*) from {t}").fetchone()[0] for t in tables}


def register_of(base: Path, size: int) -> tuple[Path, float]:
    """A data folder with so many cases, made from the seed once and kept; and the seconds that filling it took."""
    seed, folder = base / "seed", base / str(size)
    if not (seed / "seeded").exists():
        seed.mkdir(mode=0o711, exist_ok=True)
        prepare(seed)
        (seed / "seeded").touch()
    began = time.monotonic()
    if not (folder / "grown").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", str(seed), str(folder)], check=True)
        grow(folder, size // SEED_CASES - 1)
        (folder / "grown").touch()
    return folder, time.monotonic() - began


def main() -> None:
    base = Path(os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="oralu-pages-"))
    base.chmod(0o711)
    results = []
    for size in SIZES:
        folder, filled = register_of(base, size)
        with served(folder) as server:
            rows = rows_of(server)
            people = sign_in_people(folder, server.worker_url)  # type: ignore[attr-defined]
            measured, share = measure(people)
        result = {"rows": rows, "filled_in": filled, "generator_share": share, "wrong": dict(measured.wrong)}
        result["pages"] = figures(measured)
        result["load"] = os.getloadavg()
        results.append(result)
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(results, indent=1))
        print(
            f"{rows['cases_case']:,} cases, generator {share:.0%} of a core, load {os.getloadavg()[0]:.1f}", flush=True
        )
        for kind, one in result["pages"].items():
            print(f"  {kind:<28} {one['n']:>6} p50 {one['p50']:7.1f} ms  p95 {one['p95']:7.1f} ms", flush=True)
        if measured.wrong:
            print("  not answered with 200:", dict(measured.wrong), flush=True)
    first, last = results[0]["pages"]["all pages"], results[-1]["pages"]["all pages"]
    print(f"growth of p95: {last['p95'] / first['p95']:.2f} x")


if __name__ == "__main__":
    main()
