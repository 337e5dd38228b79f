"""Escalations and measures in words, as the board, its rows and its acts say them."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import Role, User
from oralu.apps.journal.reading import seen
from oralu.apps.referrals.models import CorrectiveMeasure, EarlierMeeting, Escalation, Need
from oralu.apps.routing.planning import OWN_UNIT
from oralu.policyfiles import load_edition
from oralu.web.components import Act, Countdown, Term, Tone, WorkRow
from oralu.web.context import address
from oralu.web.countdown import countdown, moment
from oralu.web.presenting import addressee_label, rule_of, service_label, why_line


def case_words(case_id: int, person: str = "") -> str:
    """A case by its number, with the person where the reader may know."""
    number = _("Case No. %(n)s") % {"n": case_id}
    return f"{person}, № {case_id}" if person else number


def case_href(actor: User, case_id: int) -> str:
    """The page of the case for who may open it, else nowhere."""
    return address("case", case_id) if actor.role == Role.UNIT_HEAD else ""


def answers_for(actor: User, escalation: Escalation) -> bool:
    """Whether it is the actor who records the cause and the measure."""
    return escalation.agency_id == actor.agency_id


def person_of(actor: User, escalation: Escalation) -> str:
    if actor.role != Role.UNIT_HEAD:
        return ""
    seen(escalation.case_id)
    return escalation.case.person.full_name


def late_one(escalation: Escalation) -> str:
    """Who was late: whoever was to carry the measure out, the agency that had it, the unit for its own needs, else
    nobody."""
    if escalation.kind == Escalation.Kind.MEASURE_LATE and escalation.clock.measure is not None:
        return escalation.clock.measure.responsible
    if escalation.late_agency is not None:
        return str(escalation.late_agency)
    if escalation.kind != Escalation.Kind.NO_AGENCY and escalation.need.addressee == OWN_UNIT:
        return str(escalation.case.unit)
    return _("nobody had it")


def lateness(escalation: Escalation, at: datetime) -> Countdown:
    """How late: up to now, or up to the moment at which the need was closed."""
    need = escalation.need
    if escalation.kind == Escalation.Kind.NO_AGENCY and escalation.solved_at is not None:
        when = moment(escalation.solved_at)
        return Countdown(_("settled %(when)s") % {"when": when}, Tone.QUIET, exact=when)
    if escalation.kind == Escalation.Kind.NO_AGENCY:
        exact = _("since %(when)s") % {"when": moment(escalation.at)}
        return Countdown(_("no agency found"), Tone.OVER, exact=exact)
    ended = need.closed_at if need.state != Need.State.OPEN and escalation.kind == Escalation.Kind.BREACH else None
    shown = countdown(state="running", at=max(ended or at, escalation.fell_due_at), due_at=escalation.fell_due_at)
    if ended is None:
        return shown
    words = _("%(late)s, closed by now") % {"late": shown.text}
    return Countdown(words, Tone.QUIET, exact=shown.exact, due_at=shown.due_at)


def _who(escalation: Escalation) -> str:
    """Who was late; where no agency could be found nobody was, so it says whose help is needed."""
    is_homeless = escalation.kind == Escalation.Kind.NO_AGENCY
    return addressee_label(escalation.need) if is_homeless else late_one(escalation)


def escalation_row(actor: User, escalation: Escalation, at: datetime) -> WorkRow:
    """An escalation on the board: where, who was late, how much, and the act of whoever answers for it."""
    page = reverse("escalation", args=[escalation.pk])
    act = Act(_("Record cause and measure"), page) if answers_for(actor, escalation) else None
    return WorkRow(
        key=f"e{escalation.pk}",
        title=service_label(escalation.need).capitalize(),
        href=page,
        what=f"{escalation.get_kind_display()}: {_who(escalation)}",
        meta=(case_words(escalation.case_id, person_of(actor, escalation)), str(escalation.case.unit)),
        countdown=lateness(escalation, at),
        act=act,
        why=why_line(rule_of(escalation.need), load_edition(escalation.need.edition)),
    )


def claim_row(claim: EarlierMeeting) -> WorkRow:
    """A claim of an earlier meeting, for the head as the second person."""
    need = claim.need
    words = {"met": moment(claim.met_at), "recorded": moment(need.closed_at) if need.closed_at else ""}
    return WorkRow(
        key=f"c{claim.pk}",
        title=service_label(need).capitalize(),
        href=reverse("case", args=[need.case_id]) + f"#need-{need.pk}",
        what=_("met on %(met)s, recorded on %(recorded)s") % words,
        meta=(
            case_words(need.case_id, need.case.person.full_name),
            _("asked by %(who)s") % {"who": claim.asked_by.full_name},
        ),
        act=Act(_("Approve or reject"), reverse("earlier-decide", args=[claim.pk])),
    )


def measure_countdown(measure: CorrectiveMeasure, at: datetime) -> Countdown:
    return countdown(state="running", at=at, due_at=measure.clock.limit_at)


def measure_row(actor: User, measure: CorrectiveMeasure, at: datetime) -> WorkRow:
    escalation = measure.escalation
    return WorkRow(
        key=f"m{measure.pk}",
        title=measure.text,
        href=reverse("escalation", args=[escalation.pk]),
        what=_("carried out by: %(who)s") % {"who": measure.responsible},
        meta=(service_label(escalation.need), case_words(escalation.case_id), str(escalation.case.unit)),
        countdown=measure_countdown(measure, at),
        act=Act(_("Carried out"), reverse("measure-done", args=[measure.pk]), tone="secondary"),
    )


def escalation_terms(actor: User, escalation: Escalation, at: datetime) -> tuple[Term, ...]:
    """What the addressee has to know before the cause is recorded."""
    return (
        Term(_("Service"), service_label(escalation.need).capitalize()),
        Term(
            _("Case"),
            case_words(escalation.case_id, person_of(actor, escalation)),
            case_href(actor, escalation.case_id),
        ),
        Term(_("Unit"), str(escalation.case.unit)),
        Term(_("What happened"), str(escalation.get_kind_display())),
        *_of_limit(escalation, at),
    )


def _of_limit(escalation: Escalation, at: datetime) -> tuple[Term, ...]:
    if escalation.kind != Escalation.Kind.NO_AGENCY:
        late = Term(_("Limit"), moment(escalation.fell_due_at), note=str(lateness(escalation, at).text))
        return Term(_("Who was late"), late_one(escalation)), late
    limit, need = escalation.clock.limit_at, escalation.need
    running = limit is not None and need.state == Need.State.OPEN
    left = str(countdown(state="running", at=at, due_at=limit).text) if running else ""
    terms = [
        Term(_("Who should help"), addressee_label(need)),
        Term(_("Without an agency since"), moment(escalation.at)),
        Term(_("Limit"), moment(limit) if limit is not None else _("no deadline runs"), note=left),
    ]
    if escalation.solved_at is not None:
        terms.append(Term(_("Settled"), moment(escalation.solved_at), note=_("taken on by an agency, or closed")))
    return tuple(terms)


def answer_terms(escalation: Escalation, measure: CorrectiveMeasure | None) -> tuple[Term, ...]:
    """What has been recorded: the cause, the measure, who answers for it, whether it is carried out."""
    terms = [
        Term(_("Cause"), str(escalation.get_cause_display()), note=escalation.cause_note),
        Term(
            _("Recorded"),
            moment(escalation.answered_at) if escalation.answered_at else "",
            note=str(escalation.answered_by or ""),
        ),
    ]
    if measure is not None:
        done = moment(measure.done_at) if measure.done_at else _("not yet")
        terms += [
            Term(_("Measure"), measure.text),
            Term(_("Who carries it out"), measure.responsible),
            Term(_("By"), moment(measure.clock.limit_at)),
            Term(_("Carried out"), done, note=measure.done_note),
        ]
    return tuple(terms)
