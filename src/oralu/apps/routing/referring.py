"""What happens between the unit and an agency: a referral is sent, answered, taken back and sent elsewhere. Every act
takes the lock of the case, moves the referral and evaluates the case in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access.selectors import at_work
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import Directory
from oralu.apps.agencies.services import place_take, places_release
from oralu.apps.cases.services import EvidenceData, evidence_add
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.referrals.escalation_services import Leadership, escalations_settle, escalations_write
from oralu.apps.referrals.models import Clock, Escalation, Need, Referral
from oralu.apps.referrals.services import referral_move
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import FactData, case_lock, facts_record
from oralu.apps.routing.frames import frames_load, local_day
from oralu.apps.routing.planning import Cause, first_state, needs_duty
from oralu.apps.routing.sending import referral_new, referrals_announce
from oralu.core.lifecycle import UNSENT, WITH_AGENCY
from oralu.policyfiles import load_edition

if TYPE_CHECKING:
    from oralu.apps.access.models import User


def _evaluate(referral: Referral, actor: User | None, at: datetime) -> None:
    cases_evaluate(case_ids=[referral.case_id], actor=actor, at=at, cause=Cause("referral"))


@transaction.atomic
def referral_handed_over(*, referral: Referral, actor: User, at: datetime) -> Referral:
    """The printed referral has been handed to an agency without an account: from now on it counts as sent. One that
    went to a system alone may be handed over on paper too, while it is with the agency: from then on the case manager
    records what the agency says, and the system may still answer. The time used goes on.

    Raises ValidationError where people of the agency answer in Oralu."""
    case_lock(referral.case, at)
    referral = Referral.objects.select_for_update(of=("self",)).select_related("agency", "need").get(pk=referral.pk)
    if referral.state not in WITH_AGENCY:
        changes = {"sent_at": at, "on_paper": True, "paper_at": at}
        referral = referral_move(referral=referral, event="send", actor=actor, at=at, **changes)
        _evaluate(referral, actor, at)
        return referral
    if referral.on_paper:
        raise ValidationError(_("This referral has been handed over on paper already."))
    if at_work().filter(agency=referral.agency).exists():
        raise ValidationError(_("This agency answers in Oralu itself."))
    referral.on_paper, referral.paper_at = True, at
    referral.save(update_fields=["on_paper", "paper_at"])
    data = {"referral": referral.pk, "agency": referral.agency_id}
    entry_record(kind="referral.paper_too", actor=actor, at=at, case_id=referral.case_id, **data)
    return referral


@transaction.atomic
def referral_acknowledge(*, referral: Referral, actor: User, at: datetime) -> Referral:
    """The agency has read the referral."""
    case_lock(referral.case, at)
    return referral_move(
        referral=referral, event="acknowledge", actor=actor, at=at, acknowledged_at=at, handled_by=actor
    )


@transaction.atomic
def referral_accept(*, referral: Referral, actor: User, at: datetime) -> Referral:
    """The agency takes it on. Where places are counted one is taken for the person; without a free one it is
    refused."""
    case_lock(referral.case, at)
    referral = referral_move(referral=referral, event="accept", actor=actor, at=at, accepted_at=at, handled_by=actor)
    agency = referral.agency
    if agency.counts_places and place_take(referral_id=referral.pk, agency=agency, at=at) is None:
        raise ValidationError(_("There is no free place left. Decline with the reason “no free places”."))
    escalations_settle(needs=[referral.need], actor=actor, at=at)
    _tell_officer(referral, "accepted", at)
    return referral


@transaction.atomic
def referral_decline(*, referral: Referral, reason: str, note: str, actor: User, at: datetime) -> Referral | None:
    """The agency cannot: a coded reason; the need goes to the next agency with the time used kept. Returns the new
    referral, or None when nobody else can and the leadership has been told."""
    case_lock(referral.case, at)
    referral = referral_move(
        referral=referral,
        event="decline",
        actor=actor,
        at=at,
        answered_at=at,
        reason=reason,
        note=note,
        handled_by=actor,
    )
    places_release(referral_ids=[referral.pk], at=at)
    _tell_officer(referral, "declined", at)
    new = need_refer(need=referral.need, actor=actor, at=at)
    _evaluate(referral, actor, at)
    return new


@transaction.atomic
def need_refer(*, need: Need, actor: User | None, at: datetime, agency: Agency | None = None) -> Referral | None:
    """Another attempt for an open need: to the agency given, or to the next that fits and has not declined. Where there
    is none its addressee is told, once. In a transaction that holds the lock of the case."""
    case = case_lock(need.case, at)
    if need.state != Need.State.OPEN:
        raise ValidationError(_("This need is closed already."))
    earlier = list(need.referrals.order_by("attempt"))
    frame = frames_load([case.pk], lock=False)[case.pk]
    clock = Clock.objects.get(need=need)
    if agency is None:
        without = [r.agency_id for r in earlier if r.state in (Referral.State.DECLINED, Referral.State.NOT_SERVED)]
        agency = Directory([case.region_id]).choose(
            need.addressee, frame.seeker(local_day(at)), needs_duty=needs_duty(clock.limit, at), without=without
        )
    else:
        agency = Directory([case.region_id]).known(agency)
    if agency is None:
        _tell_leadership(need, clock, at)
        return None
    state = first_state(agency, is_consented=frame.is_consented)
    new = referral_new(need, clock, agency, state, at, attempt=earlier[-1].attempt + 1 if earlier else 1)
    new.save()
    referrals_announce([new], actor=actor, at=at)
    return new


def _tell_leadership(need: Need, clock: Clock, at: datetime) -> None:
    told = Escalation.objects.filter(clock=clock, kind=Escalation.Kind.NO_AGENCY).first()
    if told is not None:
        _stands_again(told, at)
        return
    clock = Clock.objects.select_related("need", "case__unit").get(pk=clock.pk)
    need.escalated_no_agency = True
    need.save(update_fields=["escalated_no_agency"])
    escalations_write(
        clocks=[clock], kind=Escalation.Kind.NO_AGENCY, fell_due={clock.pk: at}, leadership=Leadership(), at=at
    )


def _stands_again(escalation: Escalation, at: datetime) -> None:
    """What was settled is not: whoever took the need on has sent it back, and nobody else can."""
    if escalation.solved_at is None:
        return
    escalation.solved_at = None
    escalation.save(update_fields=["solved_at"])
    entry_record(
        kind="escalation.stands_again",
        actor=None,
        at=at,
        case_id=escalation.case_id,
        need=escalation.need_id,
        escalation=escalation.pk,
    )


@transaction.atomic
def referral_withdraw(*, referral: Referral, agency: Agency | None, note: str, actor: User, at: datetime) -> None:
    """The case manager takes a referral back and sends the need elsewhere (reassignment): the time used is kept."""
    case_lock(referral.case, at)
    event = "discard" if referral.state in UNSENT else "withdraw"
    referral = referral_move(referral=referral, event=event, actor=actor, at=at, answered_at=at, note=note)
    places_release(referral_ids=[referral.pk], at=at)
    need_refer(need=referral.need, actor=actor, at=at, agency=agency)
    _evaluate(referral, actor, at)


@transaction.atomic
def referral_serve(
    *,
    referral: Referral,
    facts: Sequence[FactData],
    evidence: EvidenceData,
    note: str,
    actor: User,
    at: datetime,
) -> Referral:
    """The agency has helped, with the proof: the facts that the need was about are recorded with it.

    `facts` are those that the policy names for the service. An answer given on paper is recorded by the case manager; a
    referral not yet accepted is accepted by it."""
    case = case_lock(referral.case, at)
    referral.refresh_from_db()
    if referral.state in (Referral.State.SENT, Referral.State.ACKNOWLEDGED):
        referral = referral_move(
            referral=referral, event="accept", actor=actor, at=at, accepted_at=at, handled_by=actor
        )
        if referral.agency.counts_places and place_take(referral_id=referral.pk, agency=referral.agency, at=at) is None:
            raise ValidationError(_("There is no free place left. Decline with the reason “no free places”."))
    escalations_settle(needs=[referral.need], actor=actor, at=at)
    _may_record(referral.need, facts)
    proof = evidence_add(case=case, data=evidence, actor=actor, at=at)
    referral = referral_move(
        referral=referral,
        event="report_served",
        actor=actor,
        at=at,
        answered_at=at,
        evidence=proof,
        note=note,
        handled_by=actor,
        reason="",
    )
    facts_record(
        case=case,
        facts=[FactData(f.name, f.value, f.effective_on, f.until, proof) for f in facts],
        actor=actor,
        at=at,
        referral=referral,
        cause=Cause("referral"),
    )
    _tell_officer(referral, "served", at)
    return referral


def _may_record(need: Need, facts: Sequence[FactData]) -> None:
    """An agency records the facts of its service and no others."""
    offered = {name: set(values) for name, values in load_edition(need.edition).service_facts(need.service)}
    for fact in facts:
        if fact.value not in offered.get(fact.name, ()):
            raise ValidationError({fact.name: _("This service does not record this fact.")})


@transaction.atomic
def referral_not_served(*, referral: Referral, reason: str, note: str, actor: User, at: datetime) -> Referral:
    """The agency accepted but did not help: a coded reason (a no-show among them). The need stays open, its clock goes
    on."""
    case_lock(referral.case, at)
    referral = referral_move(
        referral=referral, event="report_not_served", actor=actor, at=at, answered_at=at, reason=reason, note=note
    )
    places_release(referral_ids=[referral.pk], at=at)
    _evaluate(referral, actor, at)
    _tell_officer(referral, "not_served", at)
    return referral


def _tell_officer(referral: Referral, answer: str, at: datetime) -> None:
    officer = referral.case.officer
    if officer is None or not officer.is_active:
        return
    need = referral.need
    messages_write(
        outgoing=[
            Outgoing(
                key=f"referral-{referral.pk}-{answer}-{at:%Y%m%d%H%M%S%f}",
                user_id=officer.pk,
                template="referral_answered",
                case_id=referral.case_id,
                data={"service": need.service, "edition": need.edition, "case": referral.case_id, "answer": answer},
            )
        ],
        at=at,
    )
