"""What one evaluation of a case opens, closes and sends: decided in memory, written by `routing.evaluating` all
together or not at all.

Sending a referral changes the institutional domain, which may open or close needs in turn; so the plan is repeated
until it stands still, and a need that one round would open and the next would close never comes into being."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.frames import Frame
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition, Rule
from oralu.core.evaluation import Evaluation, ReferralState, evaluate, waiting
from oralu.core.lifecycle import REFERRAL, can
from oralu.core.worktime import Allowance

OWN_UNIT = "probation_unit"
ROUNDS = 6
WORK_STARTS, WORK_ENDS = 9, 18

CauseKind = Literal["enrolled", "facts", "retraction", "referral", "breach", "day", "consent", "transfer", "human"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a case is evaluated. `reason` are the words given with a retraction; they go into the needs it withdraws."""

    kind: CauseKind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """A referral to write: to which agency, in which state; no agency: the leadership is told at once."""

    rule: Rule
    agency: Agency | None
    state: str


@dataclass
class Plan:
    """The outcome of planning for one case. `since`: the moment from which what it changes counts."""

    frame: Frame
    edition: Edition
    on: date
    since: datetime
    evaluation: Evaluation
    opening: dict[str, Rule] = field(default_factory=dict)
    closing: dict[str, Need] = field(default_factory=dict)
    sending: dict[str, Sending] = field(default_factory=dict)
    waits: dict[str, bool] = field(default_factory=dict)
    ceased: list[Need] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)


def plan_case(frame: Frame, edition: Edition, on: date, at: datetime, directory: Directory) -> Plan:
    """Evaluate a case on a day and decide what follows. Changes nothing."""
    sending: dict[str, Sending] = {}
    closing: dict[str, Need] = {}
    seen: tuple[object, ...] | None = None
    for _ in range(ROUNDS):
        planned = [ReferralState(s.rule.domain, "sent") for s in sending.values() if s.state == Referral.State.SENT]
        if seen == (planned, closing.keys()):
            break  # what was only drafted changes nothing that the policy sees
        seen = planned, closing.keys()
        snapshot = frame.snapshot(edition, on, planned=planned, closing=closing)
        evaluation = evaluate(edition, snapshot)
        rules = {rule.need: rule for rule in evaluation.actions}
        opening = {s: r for s, r in rules.items() if s not in frame.open and s not in frame.holding}
        now_closing = {service: need for service, need in frame.open.items() if service not in rules}
        waits = {service: waiting(edition, rule, snapshot) for service, rule in rules.items()}
        now_sending = {
            service: sending.get(service) or _sending(frame, rule, on, at, directory)
            for service, rule in rules.items()
            if not waits[service] and _wants_referral(frame, service, rule, opening)
        }
        if now_sending.keys() == sending.keys() and now_closing.keys() == closing.keys():
            break
        sending, closing = now_sending, now_closing
    return Plan(
        frame,
        edition,
        on,
        at,
        evaluation,
        opening,
        closing,
        sending,
        waits,
        ceased=[need for service, need in frame.holding.items() if service not in rules],
        rules=rules,
    )


def _wants_referral(frame: Frame, service: str, rule: Rule, opening: dict[str, Rule]) -> bool:
    """A need is referred when it opens, or when it no longer waits on its prerequisite; later attempts are a person's
    act."""
    if rule.agency == OWN_UNIT:
        return False
    if service in opening:
        return True
    need = frame.open.get(service)
    return need is not None and not any(r.need_id == need.pk for r in frame.referrals) and not need.escalated_no_agency


def _sending(frame: Frame, rule: Rule, on: date, at: datetime, directory: Directory) -> Sending:
    agency = directory.choose(rule.agency, frame.seeker(on), needs_duty=needs_duty(rule.limit, at))
    return Sending(rule, agency, first_state(agency, is_consented=frame.is_consented))


def first_state(agency: Agency | None, *, is_consented: bool) -> str:
    """A referral waits visibly on the written consent; one to an agency without an account is handed over on paper."""
    if not is_consented:
        return can(REFERRAL, REFERRAL.initial, "ask_consent")
    if agency is None or not agency.has_account:
        return REFERRAL.initial
    return can(REFERRAL, REFERRAL.initial, "send")


def needs_duty(limit: str, at: datetime) -> bool:
    """Whether somebody has to answer outside working hours: the clock runs in hours and nobody is at work now."""
    if Allowance.parse(limit).unit != "hours":
        return False
    calendar = load_calendar()
    local = at.astimezone(calendar.zone)
    return not (calendar.is_working(local.date()) and WORK_STARTS <= local.hour < WORK_ENDS)
