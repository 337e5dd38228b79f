"""The needs of a case as rows: until when, why, with whom, and the one act that moves each on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.referrals.models import Escalation, Need, Referral
from oralu.apps.routing.case_file import CaseFile
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.core.lifecycle import REFERRAL
from oralu.policyfiles import load_edition
from oralu.web.case.attempts import ReferralRow, attempt_of
from oralu.web.case.need_acts import acts_of, earlier_acts, is_unsettled, latest_of, nobody_else, reached_act
from oralu.web.case.reasons import closed_because, goes_on_because, opened_because, why_of_need
from oralu.web.components import Act, Countdown, Why
from oralu.web.countdown import moment
from oralu.web.presenting import addressee_label, need_countdown, rule_of, service_label
from oralu.web.screens import lang


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
    `closed`, the latest first; `closed_now`: one of them closed today, which nobody is to overlook."""

    open: tuple[NeedRow, ...]
    unsettled: tuple[NeedRow, ...]
    closed: tuple[NeedRow, ...]
    closed_now: bool = False


def needs_of(file: CaseFile, at: datetime, actor: User) -> Needs:
    """`actor`: who reads the page, since a claim of an earlier meeting is not decided by who made it."""
    far = datetime.max.replace(tzinfo=at.tzinfo)
    open_ = sorted((n for n in file.needs if n.state == Need.State.OPEN), key=lambda n: (n.clock.limit_at or far, n.pk))
    closed = [n for n in file.needs if n.state != Need.State.OPEN]
    unsettled = [n for n in closed if not file.is_closed and is_unsettled(latest_of(file, n))]
    return Needs(
        tuple(_row(file, need, at, actor) for need in open_),
        tuple(_row(file, need, at, actor) for need in unsettled),
        tuple(
            _row(file, need, at, actor)
            for need in sorted(closed, key=lambda n: (n.closed_at or at, n.pk), reverse=True)
            if need not in unsettled
        ),
        closed_now=any(n.closed_at is not None and local_day(n.closed_at) == file.on for n in closed),
    )


def _row(file: CaseFile, need: Need, at: datetime, actor: User) -> NeedRow:
    rule = rule_of(need)
    attempts = list(file.referrals.get(need.pk, ()))
    latest = attempts[-1] if attempts else None
    acts = [] if file.is_closed else acts_of(file, need, latest)
    acts += earlier_acts(file, need, actor)
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
        referral=attempt_of(latest) if latest else None,
        earlier=tuple(attempt_of(r) for r in reversed(attempts[:-1])),
        escalations=tuple(_escalated(e) for e in gone_up if not is_solved(e, need, attempts)),
        settled=tuple(_escalated(e) for e in gone_up if is_solved(e, need, attempts)),
        alone=_alone(file, need, gone_up),
        contacts=_contacts(file, need),
        waits=rule.waits_why(lang()) if is_waiting else "",
        goes_on=goes_on_because(file, need, is_waiting=is_waiting),
        opened_why=opened_because(file, need),
        stuck=_declined(latest) if latest is not None and nobody_else(need, latest) else "",
        act=acts[0] if acts and acts[0].tone == "primary" else None,
        reached=reached_act(file, need),
        others=tuple(a for a in acts if a.tone != "primary"),
        ended="" if need.state == Need.State.OPEN else _ended(need),
        ended_why=closed_because(file, need),
        ended_note=need.close_note,
        met=_met_earlier(need),
    )


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


def is_solved(escalation: Escalation, need: Need, attempts: Sequence[Referral]) -> bool:
    """Whether a matter that no agency could take is no longer so: the need is closed, or an agency has it."""
    if escalation.kind != Escalation.Kind.NO_AGENCY:
        return False
    return need.state != Need.State.OPEN or any(r.state not in REFERRAL.final for r in attempts)


def _alone(file: CaseFile, need: Need, escalations: Sequence[Escalation]) -> str:
    """What has been done about a need without an agency, what happens by itself, and what the leadership does."""
    if need.pk not in file.helpers or nobody_else(need, latest_of(file, need)):
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


def _escalated(escalation: Escalation) -> str:
    """Where a matter went; of one that was over when the case was transferred, that the case was elsewhere then."""
    where = str(escalation.agency) if escalation.agency else _("nobody is appointed")
    words = _("went up to %(where)s %(when)s (%(kind)s)") % {
        "where": where,
        "when": moment(escalation.at),
        "kind": escalation.get_kind_display(),
    }
    if escalation.handed_on_at is not None:
        words = _("went up %(when)s (%(kind)s); %(moved)s, with the transfer of the case, it went on to %(where)s") % {
            "where": where,
            "when": moment(escalation.at),
            "moved": moment(escalation.handed_on_at),
            "kind": escalation.get_kind_display(),
        }
    if escalation.cause:
        words += "; " + _("cause: %(cause)s") % {"cause": escalation.get_cause_display()}
    measure = getattr(escalation, "measure", None)
    if measure is not None:
        words += "; " + _("measure: %(text)s") % {"text": measure.text.rstrip(".")}
    if escalation.agency is not None and escalation.agency.region_id != escalation.case.region_id:
        words += "; " + _("the case was led in that region then")
    return words
