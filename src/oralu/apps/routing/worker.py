"""The worker's loop: due clocks, days that have come, holds that lapsed, places to offer, files left behind, the
outbox; and the seals of the journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from oralu.apps.access.walls import require_system
from oralu.apps.agencies.services import holds_expire
from oralu.apps.cases.evidence import evidence_files_settle
from oralu.apps.journal.keeping import Keeper
from oralu.apps.messages.services import deliveries_send
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.routing.adoption_selectors import adoptions_changed
from oralu.apps.routing.board_figures import figures_keep
from oralu.apps.routing.country_figures import country_keep
from oralu.apps.routing.erasing import erasures_turn
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.models import Heartbeat
from oralu.apps.routing.passing import days_pass, first_day_due
from oralu.apps.routing.placing import places_offer
from oralu.apps.routing.quarantine import quarantine_scan
from oralu.apps.routing.sweeping import sweep

log = logging.getLogger(__name__)
PAUSE = 1.0
NO_DATABASE = "no database, trying again"
WHY = {"53100": "the disk is full: free some space; what is due waits and is made good then"}
"""Why a turn failed, by the SQLSTATE of the database."""


def turn(at: datetime, *, batch: int = 500, beat: Callable[[], None] = lambda: None) -> int:
    """One turn: everything that is due at a moment, in batches, in the order in which it fell due (days in between
    clocks), so that an outage of a month is made good as if there had been none. `beat` is called after each batch: a
    long turn must not look like a silent worker. Returns how much was done; figures kept for the board do not count, so
    that the worker rests between two of them."""
    done = 0
    while True:
        before, day = done, first_day_due(at=at)
        until = min(at, start_of_day(day)) if day else at
        while took := sweep(at=at, until=until, batch=batch):
            done += took
            beat()
        if day is not None:
            done += days_pass(day=day, at=at, batch=batch)
            beat()
        if day is None or done == before:
            break
    done += holds_expire(at=at)
    done += places_offer(at=at)
    done += evidence_files_settle(at=at)
    done += quarantine_scan(at=at)
    done += erasures_turn(at=at)
    done += deliveries_send(at=at)
    beat()
    figures_keep(at=at)
    country_keep(at=at)
    heartbeat(at)
    return done


def heartbeat(at: datetime) -> None:
    """The worker is alive: read by the watchdog, the doctor and `/health`."""
    Heartbeat.objects.filter(pk=1).update(seen_at=at)


def policy_check(at: datetime) -> None:
    """Say at start which adopted editions do not lie here as they were adopted."""
    try:
        changed = adoptions_changed(on=local_day(at))
    except OperationalError:
        return
    for adoption in changed:
        log.error(
            "%s: the files of the edition %s are not those that were adopted: put the adopted files back, or adopt the "
            "edition anew.",
            adoption.region_id,
            adoption.edition,
        )


def run(stop: threading.Event) -> None:
    """Turn until told to stop. A lost database is waited for; anything else is a defect and ends the process, so that
    the supervisor and the log show it.

    Raises WrongRoleError at once if this process would meet the walls of rows and so sweep nothing."""
    require_system()
    log.info("worker started")
    policy_check(timezone.now())
    waited_for, keeper = "", Keeper()
    while not stop.is_set():
        close_old_connections()
        try:
            done = turn(timezone.now(), beat=lambda: heartbeat(timezone.now()))
            keeper.turn(timezone.now())
        except OperationalError as error:
            if str(error) != waited_for:
                log.warning("worker: %s", WHY.get(getattr(error.__cause__, "sqlstate", None) or "", NO_DATABASE))
            waited_for = str(error)
            done = 0
        else:
            waited_for = ""
        if not done:
            stop.wait(PAUSE)
    log.info("worker stopped")
