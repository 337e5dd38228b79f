"""`oralu run`: starts the database, the web server and the worker, keeps them alive, and stops them in order."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

from oralu.config.environment import PROJECT_FOLDER
from oralu.server import demo, roles
from oralu.server.errors import CannotStartError
from oralu.server.postgres import Server
from oralu.server.processes import preexec_dying

RESTARTS = 5
"""A child that stops more often than this within WINDOW seconds has a reason that restarting does not cure."""
WINDOW = 60.0
GRACE = 20.0


@dataclass(frozen=True)
class Plan:
    """What the person at the terminal asked for. `demo_size` None: no demo cohort is loaded."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 2
    demo_size: int | None = 150


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


@dataclass
class Child:
    """A process that is started again when it dies."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))

    def start(self) -> None:
        self.process = spawn(self.command, self.environment)

    def revive(self) -> None:
        """Start it again if it died; raises CannotStartError when it keeps dying."""
        if self.process is None or self.process.poll() is None:
            return
        note_death(self.name, self.process.returncode, self.deaths)
        self.start()

    def stop(self, seconds: float = GRACE) -> None:
        if self.process is not None:
            end_process(self.process, seconds)


def run(plan: Plan, say: Callable[[str], None]) -> None:
    """Run Oralu until it is told to stop.

    Raises:
        CannotStartError: with one sentence, when it cannot start or a part of it keeps dying.
    """
    check_browser_files()
    check_port(plan.host, plan.port)
    with stop_on_signals(), ExitStack() as stack:
        try:
            server, environment = open_database(plan, stack, say)
            children = start_children(plan, environment, stack)
            wait_until_served(plan, children[0])
            welcome(plan, environment, say)
            watch(children, server, say)
        except StopRequested:
            ignore_signals()
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
        environment = child_environment(folder) | {"DATABASE_URL": server.app_url}
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


def open_database(plan: Plan, stack: ExitStack, say: Callable[[str], None]) -> tuple[Server | None, dict[str, str]]:
    """Start the private server, or take DATABASE_URL; migrate; load the demo where it belongs.

    Returns the server (None under DATABASE_URL) and the environment for the web server and the worker, from which
    the owner's address is removed.
    """
    base = child_environment(plan.folder)
    if "DATABASE_URL" in base:
        owned = "ORALU_OWNER_DATABASE_URL" in base
        prepare(base | {"ORALU_AS_OWNER": "yes"}, "--migrate" if owned else "--check-only")
        base.pop("ORALU_OWNER_DATABASE_URL", None)
        return None, base
    server = stack.enter_context(Server(plan.folder))
    environment = base | {"DATABASE_URL": server.app_url}
    prepare_private(server, environment)
    if load_demo_if_empty(server, environment, plan.demo_size, say):
        environment["ORALU_DEMO"] = "yes"
    return server, environment


def prepare_private(server: Server, environment: dict[str, str]) -> None:
    """Bring the private database's schema up to date, as its owner."""
    prepare(environment | {"DATABASE_URL": server.owner_url, "ORALU_AS_OWNER": "yes"}, "--migrate")


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
    if not demo.available():
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


def start_children(plan: Plan, environment: dict[str, str], stack: ExitStack) -> list[Child]:
    """Start the worker and the web server; on leaving, the web server stops first and the database last."""
    module = [sys.executable, "-m", "oralu.server.web"]
    options = ["--host", plan.host, "--port", str(plan.port), "--workers", str(plan.web_workers)]
    web = Child("web server", [*module, *options], environment | {"ORALU_POOL": "yes"})
    worker = Child("worker", [sys.executable, "-m", "oralu", "worker"], environment)
    children = [web, worker] if find_spec("oralu.apps.routing.worker") else [web]
    for child in reversed(children):
        stack.callback(child.stop)
        child.start()
    return children


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
    if environment["ORALU_DEMO"] == "yes" and find_spec("oralu.apps.access.demo"):
        say("This is a demo: every person in it is generated. Sign in as:")
        run_step("oralu.server.demo", ["accounts"], environment)


def watch(children: list[Child], server: Server | None, say: Callable[[str], None]) -> NoReturn:
    """Look after the processes for ever."""
    deaths: deque[float] = deque(maxlen=RESTARTS)
    while True:
        time.sleep(0.2)
        if server is not None and (code := server.died()) is not None:
            note_death("database server", code, deaths)
            server.restart()
        for child in children:
            child.revive()


def note_death(name: str, code: int, deaths: deque[float]) -> None:
    """Report a death and count it; raises CannotStartError when there were too many within WINDOW."""
    now = time.monotonic()
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
    if len(deaths) == deaths.maxlen and now - deaths[0] < WINDOW:
        raise CannotStartError(
            f"The {name} stopped {len(deaths) + 1} times within a minute (last with {how}), so Oralu stops too: "
            "the reason stands in the lines above."
        )
    deaths.append(now)
    print(f"The {name} stopped ({how}) and is started again.", file=sys.stderr, flush=True)


def run_step(module: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
    """Run one preparing process to its end; if it fails, its last line on stderr is the reason that is shown."""
    process = spawn([sys.executable, "-m", module, *arguments], environment, stderr=subprocess.PIPE)
    try:
        _, words = process.communicate()
    except BaseException:
        end_process(process, 5)
        raise
    lines = words.decode(errors="replace").strip().splitlines()
    if process.returncode != 0:
        reason = lines[-1] if lines else f"{module} ended with code {process.returncode}"
        if len(lines) > 1:
            print("\n".join(lines[:-1]), file=sys.stderr)
        raise CannotStartError(reason)
    if lines:
        print("\n".join(lines), file=sys.stderr)


def spawn(command: Sequence[str], environment: dict[str, str], stderr: int | None = None) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own (Ctrl-C reaches only us) that the kernel ends if we are killed."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=PROJECT_FOLDER,
        stdin=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=preexec_dying(signal.SIGTERM),  # noqa: PLW1509
    )


def end_process(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask a child to stop; insist when it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def check_browser_files() -> None:
    """Raises CannotStartError when set-up never fetched what the pages need."""
    if not (PROJECT_FOLDER / "node_modules" / "htmx.org").is_dir():
        raise CannotStartError(
            f"The browser files are missing ({PROJECT_FOLDER / 'node_modules'}): "
            "run `make setup`, which needs Node.js 18 or newer with npm."
        )


def check_port(host: str, port: int) -> None:
    """Raises CannotStartError when the address cannot be listened on, before anything has been started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStartError(
                    f"Port {port} is taken by another program: choose another, for example PORT={port + 1}."
                ) from error
            raise CannotStartError(f"Oralu cannot listen on {host}:{port} ({error.strerror}).") from error


def reachable_host(host: str) -> str:
    """The address to show and to ask: "every interface" is no address that a browser can open."""
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn the words of a terminal or a service manager into StopRequested, wherever the main thread is."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise StopRequested

    words = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {word: signal.getsignal(word) for word in words}
    for word in words:
        if before[word] is not signal.SIG_IGN:
            signal.signal(word, stop)
    try:
        yield
    except StopRequested:
        pass
    finally:
        for word, handler in before.items():
            signal.signal(word, handler)


def ignore_signals() -> None:
    """While stopping, a second Ctrl-C must not interrupt the order of it."""
    for word in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, signal.SIG_IGN)
