"""The needs of a case as rows: until when, why, with whom, and the one act that moves each on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.cases.models import Plan
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.case_file import CaseFile
from oralu.apps.routing.earlier_selectors import decides_on
from oralu.apps.routing.planning import OWN_UNIT
from oralu.core.lifecycle import GOING, REFERRAL
from oralu.policyfiles import load_edition
from oralu.web.case.cards import Proof, proof_of
from oralu.web.case.need_facts import records_of
from oralu.web.case.reasons import closed_because, goes_on_because, opened_because, why_of_need
from oralu.web.case.referral_views import answers_of, knows_refuge
from oralu.web.components import Act, Countdown, Text, Tone, Why
from oralu.web.context import address
from oralu.web.countdown import moment
from oralu.web.presenting import addressee_label, need_countdown, rule_of, service_label
from oralu.web.screens import lang

State = Referral.State
PLAN = "plan"


@dataclass(frozen=True)
class ReferralRow:
    """One attempt: with whom, how far, what was answered."""

    agency: str
    person: str
    phone: str
    state: str
    tone: Tone
    steps: tuple[str, ...]
    note: str = ""
    proof: Proof | None = None
    pdf_href: str = ""
    whereabouts_href: str = ""


@dataclass(frozen=True)
class Contact:
    """Whom to call while nobody has the need."""

    agency: str
    person: str
    phone: str
    duty: str


@dataclass(frozen=True)
class NeedRow:
    """A need. `opened_why` says which facts opened it, `goes_on` why it does not wait, `stuck` why nothing goes on by
    itself, `ended` how a closed one ended and `ended_why` what ended it, `met` what is claimed of an earlier time, and
    who decided. `reached` is the act that records the very facts that it is about. `escalations` are matters that still
    stand, `settled` those that no longer do; `alone` says what happens to a need without an agency, `contacts` whom one
    can call for it."""

    key: str
    title: str
    domain: str
    addressee: str
    countdown: Countdown
    why: Why
    opened_at: datetime
    is_inherited: bool
    is_own: bool
    referral: ReferralRow | None = None
    earlier: tuple[ReferralRow, ...] = ()
    escalations: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    alone: str = ""
    contacts: tuple[Contact, ...] = ()
    waits: str = ""
    goes_on: str = ""
    stuck: str = ""
    opened_why: str = ""
    act: Act | None = None
    reached: Act | None = None
    others: tuple[Act, ...] = ()
    ended: str = ""
    ended_why: str = ""
    ended_note: str = ""
    met: str = ""


@dataclass(frozen=True)
class Needs:
    """`open` by the next deadline; `unsettled`: met by facts, while the person or the case manager has not signed;
    `closed`, the latest first."""

    open: tuple[NeedRow, ...]
    unsettled: tuple[NeedRow, ...]
    closed: tuple[NeedRow, ...]


def needs_of(file: CaseFile, at: datetime, actor: User) -> Needs:
    """`actor`: who reads the page, since a claim of an earlier meeting is not decided by who made it."""
    far = datetime.max.replace(tzinfo=at.tzinfo)
    open_ = sorted((n for n in file.needs if n.state == Need.State.OPEN), key=lambda n: (n.clock.limit_at or far, n.pk))
    closed = [n for n in file.needs if n.state != Need.State.OPEN]
    unsettled = [n for n in closed if not file.is_closed and _is_unsettled(_latest(file, n))]
    return Needs(
        tuple(_row(file, need, at, actor) for need in open_),
        tuple(_row(file, need, at, actor) for need in unsettled),
        tuple(
            _row(file, need, at, actor)
            for need in sorted(closed, key=lambda n: (n.closed_at or at, n.pk), reverse=True)
            if need not in unsettled
        ),
    )


def _latest(file: CaseFile, need: Need) -> Referral | None:
    return next(reversed(file.referrals.get(need.pk, ())), None)


def _is_unsettled(referral: Referral | None) -> bool:
    return referral is not None and (
        (referral.state == State.SERVED and referral.case_accepted_at is None) or referral.state == State.DISPUTED
    )


def _row(file: CaseFile, need: Need, at: datetime, actor: User) -> NeedRow:
    rule = rule_of(need)
    attempts = list(file.referrals.get(need.pk, ()))
    latest = attempts[-1] if attempts else None
    acts = [] if file.is_closed else _acts(file, need, latest)
    acts += _earlier_acts(file, need, actor)
    log = file.logs.get(need.clock.pk, [])
    is_waiting = bool(log) and log[-1].kind == "waiting" and need.state == Need.State.OPEN
    gone_up = file.escalations.get(need.pk, ())
    return NeedRow(
        key=f"need-{need.pk}",
        title=service_label(need),
        domain=load_edition(need.edition).label("domain", need.domain, lang()),
        addressee=addressee_label(need),
        countdown=need_countdown(need, need.clock, log, at),
        why=why_of_need(file, need, is_waiting=is_waiting),
        opened_at=need.opened_at,
        is_inherited=need.is_inherited,
        is_own=need.addressee == OWN_UNIT,
        referral=_referral(latest) if latest else None,
        earlier=tuple(_referral(r) for r in reversed(attempts[:-1])),
        escalations=tuple(_escalated(e) for e in gone_up if not is_solved(e, need, attempts)),
        settled=tuple(_escalated(e) for e in gone_up if is_solved(e, need, attempts)),
        alone=_alone(file, need, gone_up),
        contacts=_contacts(file, need),
        waits=rule.waits_why(lang()) if is_waiting else "",
        goes_on=goes_on_because(file, need, is_waiting=is_waiting),
        opened_why=opened_because(file, need),
        stuck=_declined(latest) if latest is not None and _nobody_else(need, latest) else "",
        act=acts[0] if acts and acts[0].tone == "primary" else None,
        reached=_reached_act(file, need),
        others=tuple(a for a in acts if a.tone != "primary"),
        ended="" if need.state == Need.State.OPEN else _ended(need),
        ended_why=closed_because(file, need),
        ended_note=need.close_note,
        met=_met_earlier(need),
    )


def _reached_act(file: CaseFile, need: Need) -> Act | None:
    if file.is_closed or need.state != Need.State.OPEN or not records_of(file.edition, need.service):
        return None
    return _act(_("Record what has been done"), "need-facts", need.pk, "secondary")


def _met_earlier(need: Need) -> str:
    claim = getattr(need, "earlier_meeting", None)
    if claim is None or need.closed_at is None:
        return ""
    words = {"met": moment(claim.met_at), "recorded": moment(need.closed_at), "asked": claim.asked_by.full_name}
    if claim.is_approved is None:
        return _("met on %(met)s, as %(asked)s claims; to be approved by a second person") % words
    words["decided"] = claim.decided_by.full_name
    if claim.is_approved:
        return _("met on %(met)s, recorded on %(recorded)s, approved by %(decided)s") % words
    return _("recorded on %(recorded)s; the claim that it was met on %(met)s was rejected by %(decided)s") % words


def _ended(need: Need) -> str:
    parts = [need.get_state_display(), need.get_close_reason_display()]
    words = ": ".join(dict.fromkeys(part for part in parts if part))
    return f"{words}, {moment(need.closed_at)}" if need.closed_at else words


def _acts(file: CaseFile, need: Need, latest: Referral | None) -> list[Act]:
    """The act that moves the need on, first and primary if there is one, then the others, quiet."""
    if need.state != Need.State.OPEN:
        return _acts_of_closed(need, latest)
    first = _own_act(file, need) if need.addressee == OWN_UNIT else _referral_act(file, need, latest)
    acts = [first] if first else []
    if latest is not None and latest.state in GOING:
        acts.append(_act(_("Send to another agency"), "referral-withdraw", latest.pk, "quiet"))
    if _is_unsettled(latest) and latest is not None and latest.state == State.SERVED:
        acts.append(_act(_("Accept without the person's word"), "referral-accept", latest.pk, "quiet"))
    if need.addressee != OWN_UNIT:
        acts.append(_act(_("The person refuses"), "need-refused", need.pk, "quiet"))
    acts += _clock_acts(file, need)
    acts.append(_act(_("Withdraw"), "need-withdraw", need.pk, "quiet"))
    return [a for n, a in enumerate(acts) if n == 0 or a.href != acts[0].href]


def _acts_of_closed(need: Need, latest: Referral | None) -> list[Act]:
    acts = []
    if latest is not None and _is_unsettled(latest):
        acts.append(_closure_act(latest))
        if latest.state == State.SERVED and not latest.person_answer:
            acts.append(_act(_("Accept without the person's word"), "referral-accept", latest.pk, "quiet"))
    if need.still_holds and need.state in (Need.State.REFUSED, Need.State.WITHDRAWN):
        acts.append(_act(_("Open anew"), "need-reopen", need.pk, "quiet"))
    return acts


def _earlier_acts(file: CaseFile, need: Need, actor: User) -> list[Act]:
    """A met need may have been met earlier; a claim is decided by a second person, in a closed case too."""
    if need.state != Need.State.MET:
        return []
    claim = getattr(need, "earlier_meeting", None)
    if claim is None:
        return [] if file.is_closed else [_act(_("It was met earlier"), "need-earlier", need.pk, "quiet")]
    if claim.is_approved is not None or not decides_on(actor, claim):
        return []
    return [_act(_("Decide on the earlier time"), "earlier-decide", claim.pk, "secondary")]


def _act(label: Text, name: str, pk: int, tone: str = "primary") -> Act:
    return Act(label, reverse(name, args=[pk]), tone=tone)


def _own_act(file: CaseFile, need: Need) -> Act | None:
    """What the unit itself owes: the plan, its agreement, the conference of the agencies."""
    rule = rule_of(need)
    if rule.served_meets:
        return _act(_("Record the conference"), "need-served", need.pk)
    if PLAN not in rule.facts:
        return None
    if file.plans and file.plans[0].state == Plan.State.DRAFT:
        return _act(_("Record the agreement"), "plan-agree", file.case.pk)
    return _act(_("Write the plan"), "plan", file.case.pk)


def _referral_act(file: CaseFile, need: Need, latest: Referral | None) -> Act | None:
    if latest is None or latest.state in REFERRAL.final:
        helpers = file.helpers.get(need.pk)
        if helpers is not None and not helpers.is_fitting and not _nobody_else(need, latest):
            return None
        log = file.logs.get(need.clock.pk, [])
        waits = bool(log) and log[-1].kind == "waiting"
        if latest is not None and _nobody_else(need, latest):
            return _act(_("Ask again"), "need-agency", need.pk)
        return None if latest is None and waits else _act(_("Refer to an agency"), "need-agency", need.pk)
    if latest.state == State.WAITING_CONSENT:
        return _act(_("Record the consent"), "consent", file.case.pk)
    if latest.state == State.DRAFT:
        return _act(_("Hand over"), "referral-hand-over", latest.pk)
    if _is_unsettled(latest):
        return _closure_act(latest)
    if answers_of(latest) and not latest.accounts:
        return _act(_("Record the answer"), "referral-answer", latest.pk)
    if need.clock.breached_at is not None and latest.state in GOING:
        return _act(_("Send to another agency"), "referral-withdraw", latest.pk)
    return None


def _nobody_else(need: Need, latest: Referral | None) -> bool:
    """Whether the agency that was asked last declined and the choice found no other: nothing goes on by itself."""
    return (
        latest is not None
        and latest.state == State.DECLINED
        and need.escalated_no_agency
        and need.state == Need.State.OPEN
    )


def is_solved(escalation: Escalation, need: Need, attempts: Sequence[Referral]) -> bool:
    """Whether a matter that no agency could take is no longer so: the need is closed, or an agency has it."""
    if escalation.kind != Escalation.Kind.NO_AGENCY:
        return False
    return need.state != Need.State.OPEN or any(r.state not in REFERRAL.final for r in attempts)


def _alone(file: CaseFile, need: Need, escalations: Sequence[Escalation]) -> str:
    """What has been done about a need without an agency, what happens by itself, and what the leadership does."""
    if need.pk not in file.helpers or _nobody_else(need, _latest(file, need)):
        return ""
    told = next((e for e in escalations if e.kind == Escalation.Kind.NO_AGENCY), None)
    if file.helpers[need.pk].is_fitting:
        return _("An agency fits now: refer the need to it.")
    words = _("No agency fits now: there is none, or no place is free.")
    if told is not None:
        where = str(told.agency) if told.agency else _("nobody is appointed")
        words += " " + _("%(who)s was told on %(when)s.") % {"who": where, "when": moment(told.at)}
        words += " " + (_("It has answered.") if told.answered_at else _("It has not answered yet."))
    return (
        words
        + " "
        + _("When a place becomes free, the need is referred by itself, in the order of deadlines, and you are told.")
    )


def _contacts(file: CaseFile, need: Need) -> tuple[Contact, ...]:
    if need.pk not in file.helpers:
        return ()
    return tuple(
        Contact(str(agency), agency.named_person, agency.phone, agency.duty_contact)
        for agency in file.helpers[need.pk].agencies
    )


def _declined(latest: Referral) -> str:
    words = _(
        "%(agency)s has declined (%(reason)s), and no other agency fits. The leadership was told. Agree with the "
        "agency, then ask it again: by itself this does not happen."
    )
    return words % {"agency": latest.agency, "reason": latest.get_reason_display() or _("no reason given")}


def _closure_act(referral: Referral) -> Act:
    if referral.state == State.DISPUTED:
        return _act(_("Decide the dispute"), "referral-accept", referral.pk)
    if not referral.person_answer:
        return _act(_("What the person says"), "referral-person", referral.pk)
    return _act(_("Accept the help"), "referral-accept", referral.pk)


def _clock_acts(file: CaseFile, need: Need) -> list[Act]:
    log = file.logs.get(need.clock.pk, [])
    standing = log[-1].kind if log else ""
    if standing == "running":
        return [_act(_("Pause the deadline"), "clock-pause", need.pk, "quiet")]
    if standing == "paused":
        return [_act(_("Let the deadline run on"), "clock-resume", need.pk, "quiet")]
    return []


def _referral(referral: Referral) -> ReferralRow:
    agency = referral.agency
    return ReferralRow(
        agency=str(agency),
        person=agency.named_person,
        phone=agency.phone,
        state=referral.get_state_display(),
        tone=_tone(referral),
        steps=tuple(_steps(referral)),
        note=referral.note,
        proof=proof_of(referral.evidence),
        pdf_href=address("referral-pdf", referral.pk),
        whereabouts_href=reverse("referral-whereabouts", args=[referral.pk]) if knows_refuge(referral) else "",
    )


def _tone(referral: Referral) -> Tone:
    if referral.state == State.SERVED:
        return Tone.DONE
    if referral.state in (State.DISPUTED, State.DECLINED, State.NOT_SERVED):
        return Tone.LATE
    return Tone.QUIET if referral.state in REFERRAL.final else Tone.CALM


def _steps(referral: Referral) -> Sequence[str]:
    """What has happened to an attempt, each step with its time."""
    steps = []
    if referral.sent_at:
        word = _("handed over on paper %(when)s") if referral.on_paper else _("sent %(when)s")
        steps.append(word % {"when": moment(referral.sent_at)})
    if referral.acknowledged_at:
        steps.append(_("read %(when)s") % {"when": moment(referral.acknowledged_at)})
    if referral.accepted_at:
        steps.append(_("accepted %(when)s") % {"when": moment(referral.accepted_at)})
    if referral.answered_at and referral.state not in (State.WITHDRAWN, State.DISCARDED):
        steps.append(_("answered %(when)s") % {"when": moment(referral.answered_at)})
    if referral.reason:
        steps.append(_("reason: %(reason)s") % {"reason": referral.get_reason_display()})
    if referral.person_answer:
        said = _("the person confirms") if referral.person_answer == "confirmed" else _("the person disputes")
        by = referral.person_answer_by.full_name if referral.person_answer_by else ""
        steps.append(_("%(said)s (recorded on their behalf: %(who)s)") % {"said": said, "who": by} if by else said)
    if referral.case_accepted_at:
        by = referral.case_accepted_by.full_name if referral.case_accepted_by else ""
        steps.append(_("accepted by the case manager %(who)s") % {"who": by})
    return steps


def _escalated(escalation: Escalation) -> str:
    where = str(escalation.agency) if escalation.agency else _("nobody is appointed")
    words = _("went up to %(where)s %(when)s (%(kind)s)") % {
        "where": where,
        "when": moment(escalation.at),
        "kind": escalation.get_kind_display(),
    }
    if escalation.cause:
        words += "; " + _("cause: %(cause)s") % {"cause": escalation.get_cause_display()}
    measure = getattr(escalation, "measure", None)
    if measure is not None:
        words += "; " + _("measure: %(text)s") % {"text": measure.text}
    return words
