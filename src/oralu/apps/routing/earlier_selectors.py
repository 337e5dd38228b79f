"""The claims of an earlier meeting, for who decides on them."""

from __future__ import annotations

from django.db.models import QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.journal.reading import Shown
from oralu.apps.referrals.models import EarlierMeeting


def decides_on(actor: User, claim: EarlierMeeting) -> bool:
    """Whether an officer of the unit is the second person: the head for the claims of others, another officer for one
    of the head. `claim` with `asked_by`."""
    if claim.asked_by_id == actor.pk:
        return False
    return actor.role == Role.UNIT_HEAD or (actor.role == Role.CASE_MANAGER and claim.asked_by.role == Role.UNIT_HEAD)


def claims_to_decide(actor: User) -> QuerySet[EarlierMeeting]:
    """The claims that wait for the actor as the second person, the oldest first: the head of the unit decides on those
    of others; one that the head has asked for is decided by another officer of the unit."""
    claims = (
        _reached(actor)
        .filter(decided_at=None)
        .exclude(asked_by=actor)
        .select_related("need__case__person", "need__case__unit", "need__clock", "evidence", "asked_by")
        .order_by("asked_at", "pk")
    )
    if actor.role == Role.UNIT_HEAD:
        return claims
    if actor.role == Role.CASE_MANAGER:
        return claims.filter(asked_by__role=Role.UNIT_HEAD)
    return claims.none()


def claims_decided(actor: User) -> QuerySet[EarlierMeeting]:
    """The claims in cases of the actor's unit on which a second person has decided."""
    if actor.role not in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        return EarlierMeeting.objects.none()
    return _reached(actor).exclude(decided_at=None).select_related("need__case__person", "decided_by")


def _reached(actor: User) -> QuerySet[EarlierMeeting]:
    claims = Shown.of(EarlierMeeting, "need.case_id")
    return claims.filter(cases_reached(actor, Permission.CASE_WORK, "need__case__"))
