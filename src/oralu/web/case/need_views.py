"""Acts on a need: send it to an agency, record a refusal, withdraw it, open it anew, pause its deadline."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.journal.selectors import entry_last
from oralu.apps.referrals.clocks import end_of_day
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing import confirming, pausing, referring, refusing
from oralu.apps.routing.case_selectors import agencies_fitting, agencies_that_could_not, needs_to_act_on
from oralu.apps.routing.planning import OWN_UNIT
from oralu.policyfiles import load_edition
from oralu.web.acting import asked, case_crumb, case_deed, perform, sent
from oralu.web.case.forms import AgencyForm, NoteForm, PauseForm
from oralu.web.fields import ProofForm
from oralu.web.over import over, said, told
from oralu.web.presenting import rule_of, service_label, why_line
from oralu.web.screens import StaffRequest, lang, screen


def _need(request: StaffRequest, need_id: int) -> Need:
    return get_object_or_404(needs_to_act_on(request.user), pk=need_id)


def _anchor(need: Need) -> str:
    return f"need-{need.pk}"


class HeldConferenceForm(ProofForm):
    """The conference of the agencies: its decision and date stand in the proof."""

    proof_required = True
    field_order = ["note", "evidence_title", "evidence_reference", "evidence"]


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_agency(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    agencies, again = agencies_fitting(need=need, at=request.at), agencies_that_could_not(need=need)
    form = AgencyForm(*sent(request), agencies=agencies, with_note=False, again=again)
    lead = _("Need: %(service)s. The time already used stays used.") % {"service": service_label(need)}
    title, submit, refusal = _("Refer to an agency"), _("Refer"), ""
    if not agencies and again:
        title, submit = _("Ask again"), _("Ask again")
        lead = _("No other agency fits now. Agree with the agency first that it can help this time.") + f" {lead}"
    elif not agencies and need.escalated_no_agency:
        refusal = _("No agency fits now, and the leadership has been told already. Whom to call stands at the need.")
    elif not agencies:
        title = submit = _("Tell the leadership")
        lead = _(
            "No agency fits now: there is none, or no place is free. Sending the need on tells the leadership of it at "
            "once."
        )
    records = (_("the referral; with consent and an account in Oralu the agency sees it at once"),)
    deed = case_deed(
        need.case,
        title=title,
        submit=submit,
        done=_sent_on,
        form=form,
        run=lambda data: referring.need_refer(need=need, actor=request.user, at=request.at, agency=form.chosen()),
        lead=lead,
        records=records if agencies or again else (_("that the leadership was told, and when"),),
        anchor=_anchor(need),
    )
    return perform(request, replace(deed, refusal=deed.refusal or refusal))


def _sent_on(referral: Referral | None) -> str:
    if referral is None:
        return _("No agency could be found: the leadership has been told. Whom to call stands at the need.")
    return _("The need has been referred: %(agency)s.") % {"agency": referral.agency}


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_refused(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    form = NoteForm(*sent(request), label=_("In the person's words"))
    return perform(
        request,
        case_deed(
            need.case,
            title=_("The person refuses this help"),
            submit=_("Record the refusal"),
            done=_("The refusal is recorded. It can be opened anew at any time."),
            form=form,
            run=lambda data: refusing.need_refused(need=need, note=data["note"], actor=request.user, at=request.at),
            lead=_("Need: %(service)s. A refusal is nobody's failure and no violation.")
            % {"service": service_label(need)},
            records=(_("the need closes as refused, its deadline stops, a referral under way is withdrawn"),),
            anchor=_anchor(need),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_withdraw(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    form = NoteForm(*sent(request), label=_("Why it is withdrawn"), required=True)
    return perform(
        request,
        case_deed(
            need.case,
            title=_("Withdraw what the system opened"),
            submit=_("Withdraw"),
            done=_("The need is withdrawn with your reason."),
            form=form,
            run=lambda data: refusing.need_withdrawn(need=need, note=data["note"], actor=request.user, at=request.at),
            lead=_("Need: %(service)s. A human decides; the reason is kept.") % {"service": service_label(need)},
            why=why_line(rule_of(need), load_edition(need.edition)),
            records=(_("the need closes as withdrawn with this reason, its deadline stops"),),
            tone="danger",
            anchor=_anchor(need),
        ),
    )


NEED_ENDS = ("need.met", "need.refused", "need.withdrawn", "need.reconsidered")


def need_over(request: StaffRequest, need: Need, *, title: str) -> HttpResponse:
    """The need is closed, or was looked at anew already: how, by whom and when."""
    entry = entry_last(case_id=need.case_id, kinds=NEED_ENDS, need=need.pk)
    done = told(entry) or said(need.get_state_display(), need.closed_at)
    return over(request, case_crumb(need.case, _anchor(need)), title=title, heading=service_label(need), done=done)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_reopen(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    if need.state == Need.State.OPEN:
        raise Http404
    if not need.still_holds:
        return need_over(request, need, title=_("Open the need anew"))
    return perform(
        request,
        case_deed(
            need.case,
            title=_("Open the need anew"),
            submit=_("Open anew"),
            done=_("The need is looked at anew: if its rule holds it is open again."),
            form=asked(request),
            run=lambda data: refusing.need_reopen(need=need, actor=request.user, at=request.at),
            lead=_("Need: %(service)s. The person has changed their mind, or the withdrawal was a mistake.")
            % {"service": service_label(need)},
            records=(_("if its rule still holds the need opens with a new deadline and is referred"),),
            anchor="needs",
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def need_served(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    if not rule_of(need).served_meets or need.addressee != OWN_UNIT:
        raise Http404
    form = HeldConferenceForm(*sent(request), title=_("Minutes of the conference of the agencies"))
    form.fields["note"] = NoteForm(label=_("Decision and date by which it is carried out"), required=True).fields[
        "note"
    ]
    form.order_fields(form.field_order)
    return perform(
        request,
        case_deed(
            need.case,
            title=_("Record the conference of the agencies"),
            submit=_("Record"),
            done=_("The conference is recorded and the need is met."),
            form=form,
            run=lambda data: confirming.own_need_serve(
                need=need, note=data["note"], evidence=form.proof(), actor=request.user, at=request.at
            ),
            lead=rule_of(need).why(lang()),
            records=(_("the decision and its proof; the need closes as met"),),
            anchor=_anchor(need),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def clock_pause(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    return perform(
        request,
        case_deed(
            need.case,
            title=_("Pause the deadline"),
            submit=_("Pause"),
            done=_("The deadline is paused."),
            form=PauseForm(*sent(request)),
            run=lambda data: pausing.need_clock_pause(
                need=need,
                reason=data["reason"],
                party=data["party"],
                until=end_of_day(data["until"]),
                actor=request.user,
                at=request.at,
            ),
            lead=_("Need: %(service)s. Everybody who sees the deadline sees why it stands and who is waited for.")
            % {"service": service_label(need)},
            records=(_("the pause with its reason, who is waited for and its last day"),),
            anchor=_anchor(need),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def clock_resume(request: StaffRequest, need_id: int) -> HttpResponse:
    need = _need(request, need_id)
    return perform(
        request,
        case_deed(
            need.case,
            title=_("Let the deadline run on"),
            submit=_("Run on"),
            done=_("The deadline runs again."),
            form=asked(request),
            run=lambda data: pausing.need_clock_resume(need=need, actor=request.user, at=request.at),
            lead=_("Need: %(service)s. The time used before the pause is kept.") % {"service": service_label(need)},
            anchor=_anchor(need),
        ),
    )
