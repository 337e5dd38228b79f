"""Acts of the unit on a referral: the paper handed over, the answer of an agency without an account, the person's word,
the case manager's acceptance, and where a refuge is."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.selectors import refuge_address
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing import confirming, referring
from oralu.apps.routing.case_selectors import agencies_fitting, has_account
from oralu.apps.routing.frames import local_day
from oralu.policyfiles import load_edition
from oralu.web.acting import Deed, asked, case_deed, perform, sent
from oralu.web.answer_forms import CannotForm, ServedForm
from oralu.web.case.forms import AgencyForm, DisputeForm, PersonSaysForm
from oralu.web.components import Tab
from oralu.web.context import address
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, lang, screen

State = Referral.State


def _referral(request: StaffRequest, referral_id: int) -> Referral:
    return get_object_or_404(referrals_visible_to(request.user), pk=referral_id)


def _words(referral: Referral) -> str:
    return _("%(service)s: %(agency)s") % {"service": service_label(referral.need), "agency": referral.agency}


def _anchor(referral: Referral) -> str:
    return f"need-{referral.need_id}"


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def hand_over(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = _referral(request, referral_id)
    return perform(
        request,
        case_deed(
            referral.case,
            title=_("Hand over the printed referral"),
            submit=_("Handed over"),
            done=_("The referral counts as sent from now on."),
            form=asked(request),
            run=lambda data: referring.referral_handed_over(referral=referral, actor=request.user, at=request.at),
            lead=_("%(what)s. The agency has no account in Oralu: print the referral and hand it over.")
            % {"what": _words(referral)},
            records=(_("the referral as sent on paper, with the time"),),
            anchor=_anchor(referral),
            paper=address("referral-pdf", referral.pk),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def answer(request: StaffRequest, referral_id: int) -> HttpResponse:
    """What an agency without an account has answered, recorded on its behalf."""
    referral = _referral(request, referral_id)
    offered = answers_of(referral)
    if not offered or has_account(referral.agency):
        raise Http404
    kind = request.GET.get("answer", offered[0])
    if kind not in offered:
        raise Http404
    deed = {"accepted": _accepted, "served": _served, "cannot": _cannot, "not-served": _not_served}[kind]
    return perform(request, deed(request, referral, _tabs(request, offered, kind)))


def answers_of(referral: Referral) -> tuple[str, ...]:
    """The answers that an agency may give where its referral stands."""
    if referral.state in (State.SENT, State.ACKNOWLEDGED):
        return ("served", "accepted", "cannot")
    if referral.state == State.ACCEPTED:
        return ("served", "not-served", "cannot")
    return ()


def _tabs(request: StaffRequest, offered: tuple[str, ...], kind: str) -> tuple[Tab, ...]:
    words = {
        "accepted": _("takes it on"),
        "served": _("has helped"),
        "cannot": _("cannot"),
        "not-served": _("did not help"),
    }
    return tuple(Tab(words[code], f"{request.path}?answer={code}", code == kind) for code in offered)


def _accepted(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    return case_deed(
        referral.case,
        title=_("The agency takes it on"),
        submit=_("Record"),
        done=_("The agency's answer is recorded."),
        form=asked(request),
        run=lambda data: referring.referral_accept(referral=referral, actor=request.user, at=request.at),
        lead=_words(referral),
        records=(_("the answer, recorded by you on behalf of the agency"),),
        anchor=_anchor(referral),
        answers=tabs,
    )


def _served(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    edition = load_edition(referral.need.edition)
    form = ServedForm(
        *sent(request),
        edition=edition,
        facts=edition.service_facts(referral.need.service),
        today=local_day(request.at),
        lang=lang(),
    )
    return case_deed(
        referral.case,
        title=_("The agency has helped"),
        submit=_("Record"),
        done=_("The help is recorded with its proof. Ask the person whether it came."),
        form=form,
        run=lambda data: referring.referral_serve(
            referral=referral,
            facts=form.facts(),
            evidence=form.proof(),
            note=data["note"],
            actor=request.user,
            at=request.at,
        ),
        lead=_words(referral),
        records=(
            _("the answer, recorded by you on behalf of the agency"),
            _("the facts chosen, with this proof"),
            _("a new evaluation: needs open or close by it at once"),
        ),
        anchor=_anchor(referral),
        answers=tabs,
    )


def _cannot(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    return case_deed(
        referral.case,
        title=_("The agency cannot"),
        submit=_("Record"),
        done=_("Recorded. The need has gone to the next agency that fits, or to the leadership."),
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_decline(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        lead=_words(referral),
        records=(
            _("the reason, recorded by you on behalf of the agency"),
            _("the need goes to the next agency that fits, or to the leadership; the time used is kept"),
        ),
        anchor=_anchor(referral),
        answers=tabs,
    )


def _not_served(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    return case_deed(
        referral.case,
        title=_("The agency did not help"),
        submit=_("Record"),
        done=_("Recorded. The need stays open and its deadline goes on."),
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_not_served(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        lead=_words(referral),
        records=(_("the reason, recorded by you on behalf of the agency"), _("the need stays open")),
        anchor=_anchor(referral),
        answers=tabs,
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def withdraw(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = _referral(request, referral_id)
    others = [pair for pair in agencies_fitting(need=referral.need, at=request.at) if pair[0].pk != referral.agency_id]
    form = AgencyForm(*sent(request), agencies=others, with_note=True)
    return perform(
        request,
        case_deed(
            referral.case,
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
            % {"what": _words(referral)},
            records=(_("the referral is taken back; the new one keeps the time already used"),),
            anchor=_anchor(referral),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def person_says(request: StaffRequest, referral_id: int) -> HttpResponse:
    referral = _referral(request, referral_id)

    def run(data: dict[str, str]) -> None:
        if data["answer"] == "confirmed":
            confirming.referral_person_confirms(referral=referral, actor=request.user, at=request.at)
        else:
            confirming.referral_person_disputes(referral=referral, note=data["note"], actor=request.user, at=request.at)

    return perform(
        request,
        case_deed(
            referral.case,
            title=_("What the person says of the help"),
            submit=_("Record"),
            done=_("The person's word is recorded."),
            form=PersonSaysForm(*sent(request)),
            run=run,
            lead=_("%(what)s. Ask: has the help come?") % {"what": _words(referral)},
            records=(_("the person's word, shown and counted as recorded on their behalf by you"),),
            anchor=_anchor(referral),
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def accept(request: StaffRequest, referral_id: int) -> HttpResponse:
    """The third signature; where the person disputes, the decision."""
    referral = _referral(request, referral_id)
    if referral.state == State.DISPUTED:
        return perform(request, _dispute(request, referral))
    said = (
        _("The person has confirmed it.")
        if referral.person_answer == "confirmed"
        else _("The person has not said anything yet; silence neither closes nor punishes.")
    )
    return perform(
        request,
        case_deed(
            referral.case,
            title=_("Accept the help as given"),
            submit=_("Accept"),
            done=_("Accepted."),
            form=asked(request),
            run=lambda data: confirming.referral_accept_service(referral=referral, actor=request.user, at=request.at),
            lead=f"{_words(referral)}. {said}",
            records=(_("your acceptance with the time: the third signature"),),
            anchor=_anchor(referral),
        ),
    )


def _dispute(request: StaffRequest, referral: Referral) -> Deed:
    def run(data: dict[str, str]) -> None:
        decide = confirming.dispute_uphold if data["decision"] == "uphold" else confirming.dispute_overrule
        decide(referral=referral, note=data["note"], actor=request.user, at=request.at)

    return case_deed(
        referral.case,
        title=_("Decide on the person's dispute"),
        submit=_("Decide"),
        done=_("The decision is recorded."),
        form=DisputeForm(*sent(request)),
        run=run,
        lead=_("%(what)s. The person says: %(note)s") % {"what": _words(referral), "note": referral.note},
        records=(_("the decision with its reasons"),),
        anchor=_anchor(referral),
    )


@screen(Permission.CASE_WORK, audit=Audit.READ)
def whereabouts(request: StaffRequest, referral_id: int) -> HttpResponse:
    """Where the refuge is, for the unit that places the person, once the referral has gone. Each reading is kept."""
    referral = _referral(request, referral_id)
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
