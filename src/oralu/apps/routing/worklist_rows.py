"""The rows of the page "Today": a need with the attempt that counts and the next step. `routing.worklist_selectors`
says which needs stand where, from numbers alone; here those of one page are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet

from oralu.apps.access.models import User
from oralu.apps.cases.models import Plan
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.models import Clock, ClockInterval, Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.planning import OWN_UNIT
from oralu.apps.routing.worklist_selectors import UNSETTLED, State, following_failure
from oralu.core.lifecycle import GOING
from oralu.policyfiles import load_edition

PLAN_FACT = "plan"


class Step(StrEnum):
    """What the case manager does next about a need."""

    DISPUTE = "dispute"
    PERSON = "person"
    ACCEPT = "accept"
    CONSENT = "consent"
    HAND_OVER = "hand_over"
    ANSWER = "answer"
    CALL = "call"
    PLAN = "plan"
    AGREE = "agree"
    OWN = "own"
    CHOOSE = "choose"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Item:
    """A need in the list, with what its row shows. `referral` is the attempt that the next step is about."""

    need: Need
    clock: Clock
    log: Sequence[ClockInterval]
    referral: Referral | None
    step: Step
    at_highest_risk: bool


def needs_listed(actor: User, ids: Iterable[int]) -> dict[int, Need]:
    """The needs with what their rows show, by id."""
    needs = needs_visible_to(actor).filter(pk__in=list(ids)).select_related("case__person", "case__officer", "clock")
    return {need.pk: need for need in needs}


def items_of(needs: Sequence[Need]) -> list[Item]:
    """The needs with their clocks' logs, the attempt that counts and the next step: three queries for any number."""
    ids = [need.pk for need in needs]
    attempts: dict[int, Referral] = {}
    for referral in _attempts(ids):
        standing = attempts.get(referral.need_id)
        if standing is None or _weight(referral) >= _weight(standing):
            attempts[referral.need_id] = referral
    logs = intervals_of(need.clock.pk for need in needs)
    drafted = set(
        Plan.objects.filter(case__in={need.case_id for need in needs}, state=Plan.State.DRAFT).values_list(
            "case_id", flat=True
        )
    )
    return [
        Item(
            need=need,
            clock=need.clock,
            log=logs.get(need.clock.pk, []),
            referral=attempts.get(need.pk),
            step=next_step(need, attempts.get(need.pk), has_draft_plan=need.case_id in drafted),
            at_highest_risk=_is_at_highest_risk(need),
        )
        for need in needs
    ]


def _attempts(need_ids: Iterable[int]) -> QuerySet[Referral]:
    staff = User.objects.filter(agency=OuterRef("agency"), is_active=True)
    return (
        Referral.objects.filter(need__in=need_ids)
        .select_related("agency__responsible", "agency__deputy")
        .annotate(has_account=Exists(staff))
        .order_by("attempt")
    )


def _weight(referral: Referral) -> int:
    """An answer to be settled counts before an attempt under way, and that before those that have ended."""
    if referral.state in UNSETTLED and referral.case_accepted_at is None:
        return 2
    return int(referral.state in GOING)


def _is_at_highest_risk(need: Need) -> bool:
    edition = load_edition(need.case.edition)
    kept = need.case.domains.get(need.domain)
    at_top = kept is not None and kept["risk"] == len(edition.risk_levels) - 1
    return at_top or (need.state == Need.State.OPEN and need.rule in following_failure(load_edition(need.edition)))


def next_step(need: Need, referral: Referral | None, *, has_draft_plan: bool) -> Step:
    """What the case manager does next. `referral` is the attempt that counts, with `has_account` of its agency."""
    if referral is not None and _weight(referral) == 2:
        if referral.state == State.DISPUTED:
            return Step.DISPUTE
        return Step.ACCEPT if referral.person_answer else Step.PERSON
    if need.addressee == OWN_UNIT:
        rule = load_edition(need.edition).rule(need.rule)
        if rule.served_meets or PLAN_FACT not in rule.facts:
            return Step.OWN
        return Step.AGREE if has_draft_plan else Step.PLAN
    if referral is None or referral.state not in GOING:
        return Step.WAIT if need.clock.limit_at is None else Step.CHOOSE
    if referral.state == State.WAITING_CONSENT:
        return Step.CONSENT
    if referral.state == State.DRAFT:
        return Step.HAND_OVER
    by_account = getattr(referral, "has_account", False) and not referral.on_paper
    return Step.CALL if by_account else Step.ANSWER
