"""Workers that are killed and a database that is stopped at once, while both are at work. Used by the tests and, at
size, by the measurements."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F

from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.referrals.models import Clock, Escalation
from oralu.apps.routing.worker import turn

if TYPE_CHECKING:
    from oralu.server.postgres import Server

LOST_CONNECTION = (OperationalError, InterfaceError)


def fork(work: Callable[[], None]) -> int:
    """A child that does the work and ends; the parent's connection is closed first, so that nobody shares it."""
    connection.close()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def sweep_all(at: datetime, batch: int) -> None:
    """Turn until nothing is due by a moment, whoever else does the same."""
    while Clock.objects.filter(due_at__lte=at).exists():
        if not turn(at, batch=batch):
            time.sleep(0.02)


@dataclass
class Killed:
    """What was found after all workers had been killed and the last had finished."""

    clocks: int
    kills: int = 0
    lost: list[int] = field(default_factory=list)
    twice: list[tuple[str, int]] = field(default_factory=list)
    late: int = 0
    seconds: float = 0.0


def kill_workers(at: datetime, *, workers: int, kills: int, batch: int, dice: random.Random, pause: float) -> Killed:
    """Let workers make good what is due by a moment, and kill one of them at random, again and again. `pause`: the
    longest time between two kills, in seconds."""
    due = list(Clock.objects.filter(due_at__lte=at, need__isnull=False).values_list("pk", flat=True))
    found, began = Killed(len(due)), time.monotonic()
    pids = [fork(lambda: sweep_all(at, batch)) for _ in range(workers)]
    while found.kills < kills and Clock.objects.filter(due_at__lte=at).exists():
        time.sleep(dice.random() * pause)
        place = dice.randrange(workers)
        os.kill(pids[place], signal.SIGKILL)
        if os.WIFSIGNALED(os.waitpid(pids[place], 0)[1]):
            found.kills += 1
        pids[place] = fork(lambda: sweep_all(at, batch))
    for pid in pids:
        status = os.waitpid(pid, 0)[1]
        assert os.waitstatus_to_exitcode(status) == 0, "a worker ended by itself with an error"
    found.seconds = time.monotonic() - began
    _count(found, due, at)
    return found


def _count(found: Killed, due: list[int], at: datetime) -> None:
    """Lost: due and not fired, or fired without what belongs to it. Twice: anything that may be there once."""
    found.lost = list(Clock.objects.filter(due_at__lte=at).values_list("pk", flat=True))
    entries = {
        kind: Counter(Entry.objects.filter(kind=kind, data__need__isnull=False).values_list("data__need", flat=True))
        for kind in ("clock.breached", "clock.target_passed")
    }
    escalated = set(Escalation.objects.filter(kind="breach").values_list("clock_id", flat=True))
    told = set(Message.objects.filter(template="escalation").values_list("key", flat=True))
    clocks = Clock.objects.filter(pk__in=due).select_related("case__officer")
    for clock in clocks.iterator(chunk_size=2000):
        if clock.breached_at is not None:
            is_whole = entries["clock.breached"][clock.need_id] == 1 and clock.pk in escalated
        else:
            is_whole = clock.warned_at is not None or clock.stopped_at is not None
        if not is_whole:
            found.lost.append(clock.pk)
    for kind, counts in entries.items():
        found.twice += [(kind, need) for need, count in counts.items() if count > 1]
    assert len(told) == Message.objects.filter(template="escalation").count()
    found.late = Escalation.objects.filter(kind="breach", at__gt=F("fell_due_at")).count()


@dataclass
class Stopped:
    """What was found after the database had been stopped at once and started again."""

    stops: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)


def stop_database(
    server: Server,
    write: Callable[[str], None],
    standing: Callable[[], set[str]],
    *,
    stops: int,
    writers: int,
    load: float,
) -> Stopped:
    """Stop PostgreSQL at once (SIGQUIT: no checkpoint, no goodbye) while writers write. `write(key)` commits a write
    named by the key; once it has returned, the key is passed on as acknowledged. `standing()`: the keys that the
    database holds. `load`: seconds of writing before each stop."""
    found = Stopped()
    acknowledged: set[str] = set()
    for n in range(stops):
        read, say = os.pipe()
        pids = [fork(lambda w=w: _write_on(write, f"{n}-{w}", say)) for w in range(writers)]  # noqa: B023
        os.close(say)
        time.sleep(load)
        assert server.process is not None
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait(30)
        for pid in pids:
            os.waitpid(pid, 0)
        with os.fdopen(read, "rb") as told:
            acknowledged |= set(told.read().decode().split())
        server.restart()
        found.stops += 1
        found.lost = sorted(acknowledged - standing())
        found.acknowledged = len(acknowledged)
        assert not found.lost, f"stop {n + 1}: {len(found.lost)} acknowledged writes lost"
    return found


def _write_on(write: Callable[[str], None], name: str, say: int) -> None:
    """Write until the database is gone."""
    for n in range(10**9):
        try:
            write(f"{name}-{n}")
        except LOST_CONNECTION:
            return
        os.write(say, f"{name}-{n}\n".encode())
