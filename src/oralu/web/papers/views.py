"""Documents to print. They leave as attachments, with a row in the journal before the first byte."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.documents.referral import referral_pdf
from oralu.web.screens import StaffRequest, screen


@screen(Permission.CASE_WORK, audit=Audit.READ)
def referral(request: StaffRequest, referral_id: int) -> HttpResponse:
    """The printed referral, to be handed over to an agency that has no account."""
    found = get_object_or_404(referrals_visible_to(request.user), pk=referral_id)
    entry_record(kind="referral.printed", actor=request.user, at=request.at, case_id=found.case_id, referral=found.pk)
    content = referral_pdf(found, at=request.at)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="referral-{found.pk}.pdf"'},
    )
