"""Documents to print. They leave as attachments, with a row in the journal before the first byte."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.documents.consent import Signer, consent_pdf
from oralu.documents.referral import referral_pdf
from oralu.web.presenting import edition_of
from oralu.web.screens import StaffRequest, screen


@screen(Permission.CASE_WORK, audit=Audit.READ)
def referral(request: StaffRequest, referral_id: int) -> HttpResponse:
    """The printed referral, to be handed over to an agency that has no account."""
    found = get_object_or_404(referrals_visible_to(request.user), pk=referral_id)
    entry_record(kind="referral.printed", actor=request.user, at=request.at, case_id=found.case_id, referral=found.pk)
    return shown(referral_pdf(found, at=request.at), f"referral-{found.pk}.pdf")


@screen(Permission.CASE_WORK, audit=Audit.READ)
def consent(request: StaffRequest, case_id: int) -> HttpResponse:
    """The blank of the written consent with the name of the person, to be signed by hand."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    entry_record(kind="consent.printed", actor=request.user, at=request.at, case_id=case.pk)
    person = case.person
    content = consent_pdf(
        signer=Signer(person.full_name, person.birth_date, person.iin),
        unit=case.unit,
        officer=case.officer.full_name if case.officer else request.user.full_name,
        edition=edition_of(case),
        at=request.at,
    )
    return shown(content, f"consent-{case.pk}.pdf")


def shown(content: bytes, name: str) -> HttpResponse:
    """A paper that the browser opens, to be printed from there; no cache keeps it."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
