"""`oralu run`: starts the database, the web server and the worker, keeps them alive, and stops them in order."""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from oralu.server import roles
from oralu.server.backup import archive
from oralu.server.checks import check_browser_files, check_port, reachable_host
from oralu.server.children import RESTARTS, Child, note_death, run_step
from oralu.server.errors import CannotStartError
from oralu.server.postgres import Server
from oralu.server.stopping import StopRequested, ignore_signals, stop_on_signals
from oralu.server.watchdog import Watchdog

PRUNING = 3600.0
"""Seconds between two looks at the size of the log's archive."""


@dataclass(frozen=True)
class Plan:
    """What the person at the terminal asked for. `demo_size` None: no demo cohort is loaded."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 2
    demo_size: int | None = 150


def run(plan: Plan, say: Callable[[str], None]) -> None:
    """Run Oralu until it is told to stop.

    Raises:
        CannotStartError: with one sentence, when it cannot start or a part of it keeps dying.
    """
    check_browser_files()
    check_port(plan.host, plan.port)
    with stop_on_signals(), ExitStack() as stack:
        try:
            server, environment, worker = open_database(plan, stack, say)
            children = start_children(plan, environment, worker, stack)
            wait_until_served(plan, children[0])
            welcome(plan, environment, say)
            watch(children, server, Watchdog(environment["DATABASE_URL"], children[1]))
        except StopRequested:
            say("Stopping…")
        except BaseException:
            ignore_signals()
            raise


def fill_with_demo(folder: Path, size: int, *, replace: bool, say: Callable[[str], None]) -> None:
    """Load the demo into the private database of `folder` and stop it again.

    Raises:
        CannotStartError: when the database holds real cases, or a demo and `replace` is not set; nothing is changed.
    """
    with stop_on_signals(), Server(folder) as server:
        environment = child_environment(folder) | {"DATABASE_URL": server.worker_url}
        with server.connect_admin() as admin:
            mark, used = roles.demo_mark(admin), roles.has_cases(admin)
        if mark == "no" or (mark == "" and used):
            raise CannotStartError(
                f"The database in {folder} is no demo, so it was left as it is: choose another by DATA=…."
            )
        if mark == "yes" and not replace:
            raise CannotStartError(f"The database in {folder} already holds a demo: give --replace to load another.")
        if not used:
            prepare_private(server, environment)
        load_demo(server, environment, size, say, fresh=not used and mark == "")


def child_environment(folder: Path) -> dict[str, str]:
    """What every process that we start finds in its environment, before the database is known."""
    return os.environ | {
        "ORALU_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
        "ORALU_COLLECTED": "yes",
        "ORALU_DEMO": "no",
    }


def open_database(
    plan: Plan, stack: ExitStack, say: Callable[[str], None]
) -> tuple[Server | None, dict[str, str], dict[str, str]]:
    """Start the private server, or take DATABASE_URL; migrate; load the demo where it belongs.

    Returns the server (None under DATABASE_URL), the environment of the web server and that of the worker: each knows
    the address of its own role and no other.

    Raises:
        CannotStartError: under DATABASE_URL without an address for the worker.
    """
    base = child_environment(plan.folder)
    if "DATABASE_URL" in base:
        owned = "ORALU_OWNER_DATABASE_URL" in base
        prepare(base | {"ORALU_AS": "owner"}, "--migrate" if owned else "--check-only")
        base.pop("ORALU_OWNER_DATABASE_URL", None)
        address = base.pop("ORALU_WORKER_DATABASE_URL", None)
        if address is None:
            raise CannotStartError(
                "DATABASE_URL is the address of the web server's role: give ORALU_WORKER_DATABASE_URL too, "
                "the same database as oralu_worker."
            )
        return None, base, base | {"DATABASE_URL": address, "ORALU_AS": "worker"}
    server = stack.enter_context(Server(plan.folder))
    environment = base | {"DATABASE_URL": server.app_url}
    worker = base | {"DATABASE_URL": server.worker_url, "ORALU_AS": "worker"}
    prepare_private(server, environment)
    if load_demo_if_empty(server, worker, plan.demo_size, say):
        environment["ORALU_DEMO"] = worker["ORALU_DEMO"] = "yes"
    return server, environment, worker


def prepare_private(server: Server, environment: dict[str, str]) -> None:
    """Bring the private database's schema up to date, as its owner."""
    prepare(environment | {"DATABASE_URL": server.owner_url, "ORALU_AS": "owner"}, "--migrate")


def prepare(environment: dict[str, str], mode: str) -> None:
    """Run the step that migrates and collects; its own sentence on stderr becomes ours."""
    run_step("oralu.server.prepare", [mode], environment)


def load_demo_if_empty(
    server: Server, environment: dict[str, str], size: int | None, say: Callable[[str], None]
) -> bool:
    """Load the demo into a private database that has no case and was never declared real; True if it holds the demo.

    The mark `loading` stays when a load is killed half-way: the next start begins again with an empty database.
    """
    with server.connect_admin() as admin:
        mark, used = roles.demo_mark(admin), roles.has_cases(admin)
        if mark in {"yes", "no"} or (mark == "" and used):
            return mark == "yes"
        if size is None:
            roles.set_demo_mark(admin, server.database, "no")
            return False
    load_demo(server, environment, size, say, fresh=mark == "")
    return True


def load_demo(
    server: Server, environment: dict[str, str], size: int, say: Callable[[str], None], *, fresh: bool
) -> None:
    """Fill the private database with `size` generated cases; unless it is `fresh`, whatever it held is thrown away."""
    if not fresh:
        server.recreate_database()
        prepare_private(server, environment)
    with server.connect_admin() as admin:
        roles.set_demo_mark(admin, server.database, "loading")
        say(f"Filling the empty database with a demo of {size} generated cases…")
        run_step("oralu.server.demo", ["load", "--size", str(size)], environment)
        roles.set_demo_mark(admin, server.database, "yes")


def start_children(
    plan: Plan, environment: dict[str, str], worker_environment: dict[str, str], stack: ExitStack
) -> list[Child]:
    """Start the worker and the web server; on leaving, the web server stops first and the database last."""
    module = [sys.executable, "-m", "oralu.server.web"]
    options = ["--host", plan.host, "--port", str(plan.port), "--workers", str(plan.web_workers)]
    web = Child("web server", [*module, *options], environment | {"ORALU_POOL": "yes"})
    worker = Child("worker", [sys.executable, "-m", "oralu", "worker"], worker_environment)
    for child in (worker, web):
        stack.callback(child.stop)
        child.start()
    return [web, worker]


def wait_until_served(plan: Plan, web: Child, seconds: float = 60) -> None:
    """Wait for the first good answer of /health."""
    end = time.monotonic() + seconds
    request = urllib.request.Request(f"http://{reachable_host(plan.host)}:{plan.port}/health")
    while time.monotonic() < end:
        web.revive()
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise CannotStartError(f"The web server gave no good answer within {seconds:.0f} s: see the lines above.")


def welcome(plan: Plan, environment: dict[str, str], say: Callable[[str], None]) -> None:
    """Say where Oralu is, and who may sign in if this is the demo."""
    say(f"Oralu is open at http://{reachable_host(plan.host)}:{plan.port}/ — Ctrl-C stops it.")
    if environment["ORALU_DEMO"] == "yes":
        say("This is a demo: every person in it is generated. Sign in as:")
        run_step("oralu.server.demo", ["accounts"], environment)


def watch(children: list[Child], server: Server | None, watchdog: Watchdog) -> NoReturn:
    """Look after the processes for ever."""
    deaths: deque[float] = deque(maxlen=RESTARTS)
    pruned = time.monotonic()
    while True:
        time.sleep(0.2)
        watchdog.look()
        if server is not None and time.monotonic() - pruned > PRUNING:
            pruned = time.monotonic()
            archive.prune(archive.archive_folder(server.home), archive.bounds(), time.time())
        if server is not None and (code := server.died()) is not None:
            note_death("database server", code, deaths)
            server.restart()
        for child in children:
            child.revive()
