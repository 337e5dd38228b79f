"""The files in quarantine that somebody may decide about."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission, may
from oralu.apps.cases.models import Evidence, Scan
from oralu.apps.routing.case_selectors import evidence_visible_to


def quarantine_visible_to(actor: User) -> QuerySet[Evidence]:
    """The files that wait, of the cases that an actor may open, the oldest first; none for who may not decide."""
    waiting = evidence_visible_to(actor).filter(scan=Scan.WAITING).exclude(file="")
    waiting = waiting.select_related("case__person", "case__unit", "recorded_by").order_by("pk")
    return waiting if may(actor.role, [Permission.EVIDENCE_RELEASE]) else waiting.none()


def decided_visible_to(actor: User) -> QuerySet[Evidence]:
    """The files that wait no more, for who might have decided on them."""
    found = evidence_visible_to(actor).exclude(scan=Scan.WAITING).select_related("case__person")
    return found if may(actor.role, [Permission.EVIDENCE_RELEASE]) else found.none()
