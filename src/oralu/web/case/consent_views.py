"""The written consent: recorded, and taken back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.people.selectors import consent_standing
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.case_selectors import handed_over
from oralu.apps.routing.consenting import consent_recorded, consent_withdrawn
from oralu.apps.routing.frames import local_day
from oralu.web.acting import case_deed, perform, sent
from oralu.web.case.forms import DayForm, WithdrawalForm
from oralu.web.components import Term
from oralu.web.countdown import moment
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen


def _case(request: StaffRequest, case_id: int) -> Case:
    return get_object_or_404(cases_visible_to(request.user), pk=case_id)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def consent(request: StaffRequest, case_id: int) -> HttpResponse:
    """Record the consent; where one stands, its page is that of its withdrawal."""
    case = _case(request, case_id)
    is_open = case.state != CaseState.CLOSED
    if request.method != "POST" and is_open and consent_standing(case.person_id) is not None:
        return redirect("consent-withdraw", case_id=case.pk)
    form = DayForm(*sent(request), label=_("Date of the written consent"), initial=local_day(request.at))
    deed = case_deed(
        case,
        title=_("Written consent to hand data to the agencies"),
        submit=_("Record the consent"),
        done=_("The consent is recorded."),
        form=form,
        run=lambda data: consent_recorded(person=case.person, given_on=data["day"], actor=request.user, at=request.at),
        lead=_("The person has signed the consent on paper (law 38-VI, article 11). Keep the paper in the file."),
        records=(_("the date of the consent"), _("every referral that waited on it goes out")),
        anchor="people",
        paper=reverse("consent-pdf", args=[case.pk]),
        paper_label=_("Print the form of the consent, to be signed"),
    )
    return perform(request, deed)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def consent_withdraw(request: StaffRequest, case_id: int) -> HttpResponse:
    """The person takes the consent back; what has gone already is listed, since nothing fetches it back."""
    case = _case(request, case_id)
    if request.method != "POST" and consent_standing(case.person_id) is None:
        return redirect("consent", case_id=case.pk)
    gone = handed_over(case=case)
    lead = _("The person takes the consent back in writing. From now on nothing more is handed to any agency.")
    lead += " " + (
        _("Already handed over, and this stays with the agencies:")
        if gone
        else _("Nothing has been handed over so far.")
    )
    deed = case_deed(
        case,
        title=_("Record the withdrawal of the consent"),
        submit=_("Record the withdrawal"),
        done=_("The withdrawal is recorded. Nothing more is handed over until there is a new consent."),
        form=WithdrawalForm(*sent(request), initial={"withdrawn_on": local_day(request.at)}),
        run=lambda data: consent_withdrawn(person=case.person, **data, actor=request.user, at=request.at),
        lead=lead,
        terms=tuple(_gone(referral) for referral in gone),
        records=(
            _("the day of the withdrawal"),
            _("referrals not handed over yet, and all new ones, wait for a consent; their deadlines run"),
        ),
        tone="danger",
        anchor="people",
    )
    return perform(request, deed)


def _gone(referral: Referral) -> Term:
    when = moment(referral.sent_at) if referral.sent_at else ""
    words = _("%(service)s, %(when)s") % {"service": service_label(referral.need), "when": when}
    return Term(str(referral.agency), str(capfirst(words)), note=referral.get_state_display())
