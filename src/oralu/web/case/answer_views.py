"""What an agency has answered on paper, recorded by the unit on its behalf: four answers, each with a form of its own,
behind one address."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.journal.selectors import entry_last
from oralu.apps.referrals.models import Referral
from oralu.apps.routing import referring
from oralu.apps.routing.case_selectors import has_account
from oralu.apps.routing.frames import local_day
from oralu.core.lifecycle import REFERRAL, UNSENT
from oralu.policyfiles import load_edition
from oralu.web.acting import Deed, asked, case_crumb, perform, sent
from oralu.web.answer_forms import CannotForm, ServedForm
from oralu.web.case.referral_views import referral_deed, referral_of, words_of
from oralu.web.components import Tab
from oralu.web.over import over, said, told
from oralu.web.screens import StaffRequest, lang, screen

State = Referral.State
ANSWERS = frozenset({"served", "accepted", "cannot", "not-served"})


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def answer(request: StaffRequest, referral_id: int) -> HttpResponse:
    """What an agency without an account, or one that has the referral on paper, has answered."""
    referral = referral_of(request, referral_id)
    offered = answers_of(referral)
    if (has_account(referral.agency) and not referral.on_paper) or referral.state in UNSENT:
        raise Http404
    kind = request.GET.get("answer", next(iter(offered), ""))
    if kind not in offered:
        if kind and kind not in ANSWERS:
            raise Http404
        return _over(request, referral)
    deed = {"accepted": _accepted, "served": _served, "cannot": _cannot, "not-served": _not_served}[kind]
    return perform(request, deed(request, referral, _tabs(request, offered, kind)))


def _over(request: StaffRequest, referral: Referral) -> HttpResponse:
    """The answer stands already, or the referral has been taken back."""
    back = case_crumb(referral.case, f"need-{referral.need_id}")
    kinds = [f"referral.{event}" for event in REFERRAL.events]
    entry = entry_last(case_id=referral.case_id, kinds=kinds, referral=referral.pk)
    done = told(entry) or said(referral.get_state_display(), referral.answered_at)
    return over(request, back, title=words_of(referral), done=done)


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
    return referral_deed(
        referral,
        title=_("The agency takes it on"),
        submit=_("Record"),
        done=_("The agency's answer is recorded."),
        form=asked(request),
        run=lambda data: referring.referral_accept(referral=referral, actor=request.user, at=request.at),
        lead=words_of(referral),
        records=(_("the answer, recorded by you on behalf of the agency"),),
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
    return referral_deed(
        referral,
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
        lead=words_of(referral),
        records=(
            _("the answer, recorded by you on behalf of the agency"),
            _("the facts chosen, with this proof"),
            _("a new evaluation: needs open or close by it at once"),
        ),
        answers=tabs,
    )


def _cannot(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    return referral_deed(
        referral,
        title=_("The agency cannot"),
        submit=_("Record"),
        done=_("Recorded. The need has gone to the next agency that fits, or to the leadership."),
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_decline(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        lead=words_of(referral),
        records=(
            _("the reason, recorded by you on behalf of the agency"),
            _("the need goes to the next agency that fits, or to the leadership; the time used is kept"),
        ),
        answers=tabs,
    )


def _not_served(request: StaffRequest, referral: Referral, tabs: tuple[Tab, ...]) -> Deed:
    return referral_deed(
        referral,
        title=_("The agency did not help"),
        submit=_("Record"),
        done=_("Recorded. The need stays open and its deadline goes on."),
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_not_served(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        lead=words_of(referral),
        records=(_("the reason, recorded by you on behalf of the agency"), _("the need stays open")),
        answers=tabs,
    )
