"""What people and the log are told when a request could not be carried out: the disk is full, the database is away, or
Oralu is at fault. Nothing of the request is written then: its transaction is rolled back.

The page asks nothing of the database, since that may be what failed."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Iterator
from enum import Enum

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

DISK_FULL = "53100"
"""SQLSTATE of PostgreSQL."""


class Failure(Enum):
    """Why a request failed, and the status that says so."""

    DISK_FULL = 507
    NO_DATABASE = 503
    DEFECT = 500


def failure_of(error: BaseException | None) -> Failure:
    """What stands behind an exception."""
    for one in _chain(error):
        if getattr(one, "sqlstate", None) == DISK_FULL or getattr(one, "errno", None) == errno.ENOSPC:
            return Failure.DISK_FULL
    if any(isinstance(one, OperationalError) for one in _chain(error)):
        return Failure.NO_DATABASE
    return Failure.DEFECT


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of a request that failed (`handler500`)."""
    failure = failure_of(sys.exc_info()[1])
    title, text = {
        Failure.DISK_FULL: (
            _("The disk of the server is full"),
            _("Nothing of this was saved. Tell the administrator to free some space, then do it again."),
        ),
        Failure.NO_DATABASE: (
            _("The database does not answer"),
            _("Nothing of this was saved. Try again in a minute; if it stays so, tell the administrator."),
        ),
        Failure.DEFECT: (
            _("Oralu has made a mistake"),
            _("Nothing of this was saved. Tell the administrator what you did and when: the log says more."),
        ),
    }[failure]
    page = render_to_string("web/failure.html", {"title": title, "text": text, "language": get_language()})
    return HttpResponse(page, status=failure.value)


class PlainFailures(logging.Filter):
    """In the log a full disk and a lost database are one sentence: a trace of the program would hide it."""

    def filter(self, record: logging.LogRecord) -> bool:
        failure = failure_of(record.exc_info[1]) if record.exc_info else Failure.DEFECT
        if failure is Failure.DISK_FULL:
            record.msg, record.args = "The disk is full: nothing of a request was saved. Free some space.", ()
        elif failure is Failure.NO_DATABASE:
            record.msg, record.args = "The database does not answer: nothing of a request was saved.", ()
        if failure is not Failure.DEFECT:
            record.exc_info, record.exc_text = None, None
        return True
