"""The countdown: a deadline as a person says it, computed on the server at a stated moment.

Amber begins after the target, red only after the limit (UX, the countdown). A deadline at midnight ends a day, so it is
named by that day: "by the end of 23 November", never "24 November, 00:00".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oralu.web.components import Countdown, Text, Tone

ALMATY = ZoneInfo("Asia/Almaty")
STATES = ("waiting", "running", "paused", "met", "withdrawn")


def countdown(
    *,
    state: str,
    at: datetime,
    due_at: datetime | None = None,
    target_at: datetime | None = None,
    reason: Text = "",
    party: Text = "",
    working_days_left: int | None = None,
    ended_at: datetime | None = None,
) -> Countdown:
    """A clock in words.

    `state` is that of the clock: waiting, running, paused, met, withdrawn; whether the target or the limit has passed
    is read from `target_at`, `due_at` and `at`, all aware. `working_days_left` (whole working days, today excluded) is
    given for allowances in working days, and is then said as such. `reason` and `party` say why a clock stands and
    for whom it waits. Raises ValueError for an unknown state, a naive time, or a running clock without a deadline.
    """
    if state not in STATES:
        raise ValueError(f"countdown: unknown state {state!r}; expected one of {', '.join(STATES)}")
    for moment in (at, due_at, target_at, ended_at):
        if moment is not None and moment.tzinfo is None:
            raise ValueError("countdown: every time must be aware")
    if state == "waiting":
        return Countdown(_waits(_("waits"), party), Tone.QUIET, note=reason)
    if state == "paused":
        return Countdown(_waits(_("paused"), party), Tone.QUIET, note=reason)
    if state == "withdrawn":
        return Countdown(_("withdrawn"), Tone.QUIET, note=reason)
    if state == "met":
        return _met(ended_at, due_at)
    if due_at is None:
        raise ValueError("countdown: a running clock needs due_at")
    return _running(at, due_at, target_at, working_days_left)


def _waits(word: str, party: Text) -> str:
    return _("%(state)s: %(party)s") % {"state": word, "party": party} if party else word


def _met(ended_at: datetime | None, due_at: datetime | None) -> Countdown:
    late = bool(ended_at and due_at and ended_at >= due_at)
    exact = moment(ended_at) if ended_at else ""
    return Countdown(_("done after the limit") if late else _("done in time"), Tone.DONE, exact=exact, due_at=due_at)


def _running(at: datetime, due_at: datetime, target_at: datetime | None, working_days_left: int | None) -> Countdown:
    exact = _("limit: %(when)s") % {"when": moment(due_at)}
    if at >= due_at:
        return Countdown(_overdue(at - due_at), Tone.OVER, exact=exact, due_at=due_at)
    past_target = target_at is not None and at >= target_at
    note = ""
    if target_at is not None:
        word = _("target passed: %(when)s") if past_target else _("target: %(when)s")
        note = word % {"when": moment(target_at)}
    text = _left(at, due_at, working_days_left)
    return Countdown(text, Tone.LATE if past_target else Tone.CALM, exact=exact, note=note, due_at=due_at)


def _overdue(by: timedelta) -> str:
    if by >= timedelta(days=1):
        return ngettext("overdue by %(n)d day", "overdue by %(n)d days", by.days) % {"n": by.days}
    hours = int(by.total_seconds() // 3600)
    if hours:
        return ngettext("overdue by %(n)d h", "overdue by %(n)d h", hours) % {"n": hours}
    return _("overdue, less than an hour")


def _left(at: datetime, due_at: datetime, working_days_left: int | None) -> str:
    local, due, midnight = at.astimezone(ALMATY), due_at.astimezone(ALMATY), is_midnight(due_at)
    last_day = (due - timedelta(microseconds=1)).date() if midnight else due.date()
    days = (last_day - local.date()).days
    if days == 0 and midnight:
        return _("today, by the end of the day")
    if due_at - at < timedelta(hours=12) or days == 0:
        return _hours(due_at - at)
    if days == 1:
        clock = _("by the end of the day") if midnight else date_format(due, "H:i")
        return _("tomorrow, %(time)s") % {"time": clock}
    if working_days_left is not None:
        words = ngettext("%(n)d working day left", "%(n)d working days left", working_days_left)
        return words % {"n": working_days_left}
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


def _hours(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        minutes = max(minutes, 1)
        return ngettext("%(n)d min left", "%(n)d min left", minutes) % {"n": minutes}
    return ngettext("%(n)d h left", "%(n)d h left", minutes // 60) % {"n": minutes // 60}


def is_midnight(when: datetime) -> bool:
    """Whether a deadline ends a day in Kazakhstan, as those counted in days do."""
    local = when.astimezone(ALMATY)
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def moment(when: datetime) -> str:
    """A deadline or an event to the minute in the reader's language; a midnight is named by the day that it ends."""
    local = when.astimezone(ALMATY)
    if is_midnight(when):
        return _("end of %(date)s") % {"date": date_format(local - timedelta(days=1), "DATE_FORMAT")}
    return _("%(date)s, %(time)s") % {"date": date_format(local, "DATE_FORMAT"), "time": date_format(local, "H:i")}
