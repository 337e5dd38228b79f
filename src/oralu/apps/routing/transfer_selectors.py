"""Reading requests for a transfer: those in front of the own unit, and how the own ones stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import TransferRequest
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.journal.reading import Shown

ANSWERED_SHOWN = timedelta(days=14)
"""How long an answer stands on the page of who asked."""


def requests_to_decide(actor: User) -> QuerySet[TransferRequest]:
    """The requests for cases that the actor's unit leads: all of them for the head, for a case manager those for own
    cases and for cases that nobody leads. The oldest first."""
    requests = Shown.of(TransferRequest, "case_id")
    found = requests.filter(cases_reached(actor, Permission.CASE_LEAD), state=TransferRequest.State.OPEN)
    if actor.role == Role.CASE_MANAGER:
        found = found.filter(Q(case__officer=actor) | Q(case__officer=None))
    elif actor.role != Role.UNIT_HEAD:
        return found.none()
    return found.select_related("case__person", "case__unit", "case__officer", "unit", "asked_by").order_by("pk")


def requests_asked(actor: User, *, at: datetime) -> list[TransferRequest]:
    """What the actor has asked for, or the unit for its head: what waits, and the answers of the last days. Carries the
    words of who asked; of the case it tells only when it has come to the own unit."""
    if actor.role not in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        return []
    found = TransferRequest.objects.filter(unit_id=actor.agency_id)
    if actor.role == Role.CASE_MANAGER:
        found = found.filter(asked_by=actor)
    recent = Q(state=TransferRequest.State.OPEN) | Q(decided_at__gt=at - ANSWERED_SHOWN)
    return list(found.filter(recent).only("asked_as", "asked_at", "state", "reason", "decided_at", "case_id"))


def all_asked(actor: User, person_ids: Collection[int]) -> bool:
    """Whether the actor's unit waits for an answer about every one of these persons."""
    waiting = TransferRequest.objects.filter(
        case__person__in=person_ids, unit_id=actor.agency_id, state=TransferRequest.State.OPEN
    )
    with walls.holding(persons=person_ids):
        return bool(person_ids) and waiting.values("case__person").distinct().count() == len(set(person_ids))
