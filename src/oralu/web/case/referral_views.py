"""Acts of the unit on a referral: the paper handed over, the referral taken back, the person's word, the case manager's
acceptance, and where a refuge is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.selectors import refuge_address
from oralu.apps.journal.selectors import entry_last
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing import confirming, referring
from oralu.apps.routing.case_selectors import agencies_fitting, has_people
from oralu.core.lifecycle import WITH_AGENCY
from oralu.web.acting import Deed, asked, case_crumb, case_deed, perform, sent
from oralu.web.case.forms import AgencyForm, DisputeForm, PersonSaysForm
from oralu.web.context import address
from oralu.web.over import over, told
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen

State = Referral.State
HANDED_OVER = ("referral.send", "referral.paper_too")


def referral_of(request: StaffRequest, referral_id: int) -> Referral:
    return get_object_or_404(referrals_visible_to(request.user), pk=referral_id)


def words_of(referral: Referral) -> str:
    return _("%(service)s: %(agency)s") % {"service": service_label(referral.need), "agency": referral.agency}


def referral_deed(referral: Referral, **more: Any) -> Deed:
    """An act on a referral of a case; its result is seen at the need."""
    return case_deed(referral.case, anchor=f"need-{referral.need_id}", **more)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def hand_over(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = referral_of(request, referral_id)
    if referral.on_paper:
        entry = entry_last(case_id=referral.case_id, kinds=HANDED_OVER, referral=referral.pk)
        back = case_crumb(referral.case, f"need-{referral.need_id}")
        return over(request, back, title=_("Hand over the printed referral"), done=told(entry))
    deed = _paper_beside_system(request, referral) if referral.state in WITH_AGENCY else _paper(request, referral)
    return perform(request, deed)


def _paper(request: StaffRequest, referral: Referral) -> Deed:
    return _handing_over(
        request,
        referral,
        done=_("The referral counts as sent from now on."),
        lead=_("%(what)s. The agency has no account in Oralu: print the referral and hand it over."),
        records=(_("the referral as sent on paper, with the time"),),
    )


def _paper_beside_system(request: StaffRequest, referral: Referral) -> Deed:
    deed = _handing_over(
        request,
        referral,
        done=_("Handed over on paper: record here what the agency answers."),
        lead=_(
            "%(what)s. Nobody of the agency signs in to Oralu, only its system. Print the referral and hand it over;"
            " then record here what the agency answers."
        ),
        records=(_("the referral as handed over on paper, with the time; the deadline goes on"),),
    )
    return replace(deed, refusal=_("This agency answers in Oralu itself.")) if has_people(referral.agency) else deed


def _handing_over(request: StaffRequest, referral: Referral, *, lead: str, **more: Any) -> Deed:
    return referral_deed(
        referral,
        title=_("Hand over the printed referral"),
        submit=_("Handed over"),
        form=asked(request),
        run=lambda data: referring.referral_handed_over(referral=referral, actor=request.user, at=request.at),
        lead=lead % {"what": words_of(referral)},
        paper=address("referral-pdf", referral.pk),
        **more,
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def withdraw(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = referral_of(request, referral_id)
    others = [pair for pair in agencies_fitting(need=referral.need, at=request.at) if pair[0].pk != referral.agency_id]
    form = AgencyForm(*sent(request), agencies=others, with_note=True)
    return perform(
        request,
        referral_deed(
            referral,
            title=_("Send to another agency"),
            submit=_("Send"),
            done=_("The referral is taken back and the need sent on."),
            form=form,
            run=lambda data: referring.referral_withdraw(
                referral=referral, agency=form.chosen(), note=data["note"], actor=request.user, at=request.at
            ),
            lead=(
                _("Now with: %(what)s.")
                if others
                else _("Now with: %(what)s. No other agency fits; the leadership will be told.")
            )
            % {"what": words_of(referral)},
            records=(_("the referral is taken back; the new one keeps the time already used"),),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def person_says(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = referral_of(request, referral_id)

    def run(data: dict[str, str]) -> None:
        if data["answer"] == "confirmed":
            confirming.referral_person_confirms(referral=referral, actor=request.user, at=request.at)
        else:
            confirming.referral_person_disputes(referral=referral, note=data["note"], actor=request.user, at=request.at)

    return perform(
        request,
        referral_deed(
            referral,
            title=_("What the person says of the help"),
            submit=_("Record"),
            done=_("The person's word is recorded."),
            form=PersonSaysForm(*sent(request)),
            run=run,
            lead=_("%(what)s. Ask: has the help come?") % {"what": words_of(referral)},
            records=(_("the person's word, shown and counted as recorded on their behalf by you"),),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def accept(request: StaffRequest, referral_id: int) -> HttpResponse:
    """The third signature; where the person disputes, the decision."""
    referral = referral_of(request, referral_id)
    if referral.state == State.DISPUTED:
        return perform(request, _dispute(request, referral))
    said = (
        _("The person has confirmed it.")
        if referral.person_answer == "confirmed"
        else _("The person has not said anything yet; silence neither closes nor punishes.")
    )
    return perform(
        request,
        referral_deed(
            referral,
            title=_("Accept the help as given"),
            submit=_("Accept"),
            done=_("Accepted."),
            form=asked(request),
            run=lambda data: confirming.referral_accept_service(referral=referral, actor=request.user, at=request.at),
            lead=f"{words_of(referral)}. {said}",
            records=(_("your acceptance with the time: the third signature"),),
        ),
    )


def _dispute(request: StaffRequest, referral: Referral) -> Deed:
    def run(data: dict[str, str]) -> None:
        decide = confirming.dispute_uphold if data["decision"] == "uphold" else confirming.dispute_overrule
        decide(referral=referral, note=data["note"], actor=request.user, at=request.at)

    return referral_deed(
        referral,
        title=_("Decide on the person's dispute"),
        submit=_("Decide"),
        done=_("The decision is recorded."),
        form=DisputeForm(*sent(request)),
        run=run,
        lead=_("%(what)s. The person says: %(note)s") % {"what": words_of(referral), "note": referral.note},
        records=(_("the decision with its reasons"),),
    )


@screen(Permission.CASE_WORK, audit=Audit.READ)
def whereabouts(request: StaffRequest, referral_id: int) -> HttpResponse:
    """Where the refuge is, for the unit that places the person, once the referral has gone. Each reading is kept."""
    referral = referral_of(request, referral_id)
    if not knows_refuge(referral):
        raise Http404
    entry_record(
        kind="refuge.address_read",
        actor=request.user,
        at=request.at,
        case_id=referral.case_id,
        referral=referral.pk,
        agency=referral.agency_id,
    )
    context = {"referral": referral, "place": refuge_address(referral.agency), "case": referral.case}
    template = "case/_whereabouts.html" if request.htmx else "case/whereabouts.html"
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response


def knows_refuge(referral: Referral) -> bool:
    """Whether the unit may read the address: a refuge, and the referral has gone and has not come back."""
    return referral.agency.is_refuge and referral.state in (
        State.SENT,
        State.ACKNOWLEDGED,
        State.ACCEPTED,
        State.SERVED,
        State.DISPUTED,
    )
