"""The answers of an agency to a referral: received, accept, cannot, help given, help not given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.services import EvidenceData
from oralu.apps.journal.selectors import entry_last, entry_own
from oralu.apps.referrals.inbox_selectors import inbox_referral
from oralu.apps.referrals.models import Referral
from oralu.apps.routing import referring
from oralu.apps.routing.frames import local_day
from oralu.web.acting import asked, deed_under, perform, sent
from oralu.web.answer_forms import CannotForm, ServedForm
from oralu.web.components import Crumb, Text
from oralu.web.inbox.showing import act_of, edition_of, number, result_of
from oralu.web.over import over, told
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, lang, screen

State = Referral.State
ENDS = frozenset({State.SERVED, State.NOT_SERVED})
TOO_LATE: Mapping[str, frozenset[str]] = {
    "acknowledge": frozenset({State.ACKNOWLEDGED, State.ACCEPTED, State.DISPUTED}) | ENDS,
    "accept": frozenset({State.ACCEPTED, State.DISPUTED}) | ENDS,
    "decline": frozenset({State.DISPUTED}) | ENDS,
    "report_served": ENDS,
    "report_not_served": ENDS,
}
"""States of a referral in which an answer has been given already, it or another that stands in its place."""
ANSWERS = frozenset(f"referral.{event}" for event in TOO_LATE)
DECLINED = ("referral.decline",)


def answering(event: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Give an answer's view its referral. Where the answer stands already its agency is told which, by whom and when;
    a referral that was declined is seen no more, and who declined it is told that it was they."""

    def wrapped_by(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: StaffRequest, referral_id: int) -> HttpResponse:
            found = inbox_referral(request.user, referral_id)
            if found is None:
                entry = entry_own(actor=request.user, kinds=DECLINED, referral=referral_id)
                if entry is None:
                    raise Http404
                return over(request, Crumb(_("Inbox"), reverse("inbox")), title=number(referral_id), done=told(entry))
            if found.state in TOO_LATE[event]:
                pages = Crumb(_("Inbox"), reverse("inbox")), Crumb(number(found.pk), _page(found))
                entry = entry_last(case_id=found.case_id, kinds=ANSWERS, referral=found.pk)
                label, heading = act_of(event, found).label, _heading(found)
                return over(request, *pages, title=label, heading=heading, done=told(entry))
            return view(request, found)

        return wrapped

    return wrapped_by


def _page(referral: Referral) -> str:
    return reverse("inbox-referral", args=[referral.pk])


def _heading(referral: Referral) -> str:
    return f"{number(referral.pk)}, {service_label(referral.need)}"


def _answer(
    request: StaffRequest,
    referral: Referral,
    event: str,
    *,
    form: forms.Form,
    run: Callable[[dict[str, Any]], Any],
    done: Callable[[Any], Text],
    lead: Text,
    records: tuple[Text, ...],
    leaves: bool = False,
    tone: str = "primary",
) -> HttpResponse:
    label = act_of(event, referral).label
    return perform(
        request,
        deed_under(
            Crumb(_("Inbox"), reverse("inbox")),
            Crumb(number(referral.pk), _page(referral)),
            title=label,
            heading=_heading(referral),
            submit=label,
            form=form,
            run=run,
            done=done,
            records=records,
            lead=lead,
            tone=tone,
            onward=reverse("inbox") if leaves else "",
        ),
    )


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
@answering("acknowledge")
def acknowledge(request: StaffRequest, referral: Referral) -> HttpResponse:
    return _answer(
        request,
        referral,
        "acknowledge",
        form=asked(request),
        run=lambda data: referring.referral_acknowledge(referral=referral, actor=request.user, at=request.at),
        done=lambda result: _("Recorded as received. Now accept it, or say that you cannot."),
        lead=_("You confirm that your agency has the referral. The deadline goes on."),
        records=(_("that the referral was received, by whom and when"),),
    )


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
@answering("accept")
def accept(request: StaffRequest, referral: Referral) -> HttpResponse:
    records: list[Text] = [_("that your agency takes it on, by whom and when")]
    if referral.agency.counts_places:
        records.append(_("a place as taken for this person"))
    return _answer(
        request,
        referral,
        "accept",
        form=asked(request),
        run=lambda data: referring.referral_accept(referral=referral, actor=request.user, at=request.at),
        done=lambda result: _("Accepted. When help has been given, report it with its proof."),
        lead=_("Your agency takes the referral on. The case manager is told."),
        records=tuple(records),
    )


def _declined(new: Referral | None) -> Text:
    if new is None:
        return _("Recorded. No other agency can take it now: the leadership has been told.")
    return _("Recorded. The need has gone to another agency, with the time used kept.")


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
@answering("decline")
def decline(request: StaffRequest, referral: Referral) -> HttpResponse:
    return _answer(
        request,
        referral,
        "decline",
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_decline(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        done=_declined,
        lead=_(
            "The need goes to the next agency with the time used kept. If there is none, the leadership is told at "
            "once. Your agency will no longer see this referral."
        ),
        records=(_("the reason why your agency cannot"),),
        leaves=True,
        tone="secondary",
    )


def _proof(form: ServedForm) -> EvidenceData:
    proof = form.proof()
    assert proof is not None  # the form requires one
    return proof


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
@answering("report_served")
def serve(request: StaffRequest, referral: Referral) -> HttpResponse:
    edition = edition_of(referral)
    form = ServedForm(
        *sent(request),
        edition=edition,
        facts=edition.service_facts(referral.need.service),
        today=local_day(request.at),
        lang=lang(),
    )
    return _answer(
        request,
        referral,
        "report_served",
        form=form,
        run=lambda data: referring.referral_serve(
            referral=referral,
            facts=form.facts(),
            evidence=_proof(form),
            note=data["note"],
            actor=request.user,
            at=request.at,
        ),
        done=lambda result: _("Recorded as given. The person will be asked to confirm it."),
        lead=_("It counts as given with a proof. Expected: %(result)s.")
        % {"result": result_of(edition, referral.need.service)},
        records=(_("what is so now, with the proof, by whom and when"), _("an answer to the case manager")),
        leaves=True,
    )


@screen(Permission.REFERRAL_ANSWER, audit=Audit.CHANGE)
@answering("report_not_served")
def not_served(request: StaffRequest, referral: Referral) -> HttpResponse:
    return _answer(
        request,
        referral,
        "report_not_served",
        form=CannotForm(*sent(request)),
        run=lambda data: referring.referral_not_served(
            referral=referral, reason=data["reason"], note=data["note"], actor=request.user, at=request.at
        ),
        done=lambda result: _("Recorded. The case manager has been told and decides what comes next."),
        lead=_("The need stays open and its deadline goes on; the case manager decides what comes next."),
        records=(_("the reason why help was not given"),),
        leaves=True,
        tone="secondary",
    )
