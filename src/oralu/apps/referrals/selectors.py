"""Reading needs, referrals and escalations: the doors of each role."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.reaching import cases_reached, shut_out_of
from oralu.apps.journal.reading import Shown
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.core.lifecycle import UNSENT


def referrals_visible_to(actor: User) -> QuerySet[Referral]:
    """Staff of an agency see the referrals sent to it, until these are declined or withdrawn; a unit those of its
    cases. An agency gets no case with it: `disclosure.cases_attach` composes what it may know."""
    joined = ("need__clock", "agency__responsible", "agency__deputy")
    if actor.role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        whole = Shown.of(Referral, "case_id").select_related(*joined, "case__person", "case__unit", "case__officer")
        return whole.filter(cases_reached(actor, Permission.CASE_WORK))
    referrals = Referral.objects.select_related(*joined)
    if actor.role in (Role.PROVIDER, Role.LEADERSHIP):
        ended = (Referral.State.DECLINED, Referral.State.WITHDRAWN)
        answering = referrals.filter(agency_id=actor.agency_id).exclude(state__in=[*UNSENT, *ended])
        return answering.exclude(case_id__in=shut_out_of(actor))
    return referrals.none()


def needs_visible_to(actor: User) -> QuerySet[Need]:
    """The needs of the cases of the own unit."""
    if actor.role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        needs = Shown.of(Need, "case_id").filter(cases_reached(actor, Permission.CASE_WORK))
        return needs.select_related("case__person", "clock")
    return Need.objects.none()


def escalations_visible_to(actor: User) -> QuerySet[Escalation]:
    """Escalations in front of the own agency; those addressed to the head of a unit only for the head; the officers of
    a unit see what has gone up from their cases."""
    escalations = Escalation.objects.select_related(
        "need", "late_agency", "case__unit", "measure", "agency", "clock__measure"
    )
    if actor.role == Role.LEADERSHIP:
        return escalations.filter(agency_id=actor.agency_id).exclude(case_id__in=shut_out_of(actor))
    if actor.role in (Role.UNIT_HEAD, Role.CASE_MANAGER):
        return escalations.filter(cases_reached(actor, Permission.CASE_WORK))
    return escalations.none()


def open_needs_by_rule(actor: User, edition: str) -> dict[str, int] | None:
    """How many needs each rule of an edition holds open now, among the cases of the actor's unit, or of the region for
    the leadership; None for those who have nothing to do with cases."""
    needs = Need.objects.filter(state=Need.State.OPEN, edition=edition)
    if actor.role in (Role.CASE_MANAGER, Role.UNIT_HEAD):
        needs = needs.filter(cases_reached(actor, Permission.CASE_LIST))
    elif actor.role == Role.LEADERSHIP and actor.agency is not None:
        needs = needs.filter(cases_reached(actor, Permission.BOARD_READ))
    else:
        return None
    return dict(needs.values_list("rule").annotate(n=Count("pk")))
