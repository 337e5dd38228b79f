"""The worker's loop: due clocks, days that have come, holds that lapsed, files left behind, the outbox."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from oralu.apps.agencies.services import holds_expire
from oralu.apps.cases.services import evidence_files_settle
from oralu.apps.messages.services import deliveries_send
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.routing.models import Heartbeat
from oralu.apps.routing.passing import days_pass, first_day_due
from oralu.apps.routing.sweeping import sweep

log = logging.getLogger(__name__)
PAUSE = 1.0


def turn(at: datetime, *, batch: int = 500) -> int:
    """One turn: everything that is due at a moment, in batches, in the order in which it fell due (days in between
    clocks), so that an outage of a month is made good as if there had been none. Returns how much was done."""
    done = 0
    while True:
        before, day = done, first_day_due(at=at)
        until = min(at, start_of_day(day)) if day else at
        while took := sweep(at=at, until=until, batch=batch):
            done += took
        if day is not None:
            done += days_pass(day=day, at=at, batch=batch)
        if day is None or done == before:
            break
    done += holds_expire(at=at)
    done += evidence_files_settle(at=at)
    done += deliveries_send(at=at)
    Heartbeat.objects.filter(pk=1).update(seen_at=at)
    return done


def run(stop: threading.Event) -> None:
    """Turn until told to stop. A lost database is waited for; anything else is a defect and ends the process, so that
    the supervisor and the log show it."""
    log.info("worker started")
    while not stop.is_set():
        close_old_connections()
        try:
            done = turn(timezone.now())
        except OperationalError as error:
            log.warning("worker: no database (%s), trying again", type(error).__name__)
            done = 0
        if not done:
            stop.wait(PAUSE)
    log.info("worker stopped")
