"""The blank of the consent while the person is being enrolled: with what has been typed so far."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from oralu.apps.access.permissions import Audit, Permission
from oralu.documents.consent import Signer, consent_pdf
from oralu.web.enrol.drafts import draft_of
from oralu.web.enrol.flow import Flow
from oralu.web.papers.views import shown
from oralu.web.screens import StaffRequest, screen


@screen(Permission.CASE_LEAD, audit=Audit.READ)
def consent_blank(request: StaffRequest, draft_id: str) -> HttpResponse:
    """To be signed before the case is opened. Nobody is on record yet, so the journal has nobody to name."""
    flow = Flow(request, draft_of(request, draft_id))
    if flow.user.agency is None:
        raise Http404
    content = consent_pdf(
        signer=_signer(flow),
        unit=flow.user.agency,
        officer=flow.user.full_name,
        edition=flow.edition,
        at=request.at,
    )
    return shown(content, "consent.pdf")


def _signer(flow: Flow) -> Signer:
    """What of the identity stands up to its checks; the rest is left to be filled by hand."""
    form = flow.identity()
    form.is_valid()
    data = getattr(form, "cleaned_data", {})
    names = (data.get("surname"), data.get("given_name"), data.get("patronymic"))
    return Signer(" ".join(filter(None, names)), data.get("birth_date"), data.get("iin") or "")
