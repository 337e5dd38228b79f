"""The quarantine of the unit: which files wait, and the acts of the person who decides about them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.evidence import evidence_path
from oralu.apps.cases.models import Evidence
from oralu.apps.journal.selectors import entry_last
from oralu.apps.routing.quarantine import Released, evidence_reject, evidence_release, evidence_taken
from oralu.apps.routing.quarantine_selectors import decided_visible_to, quarantine_visible_to
from oralu.web.acting import Deed, asked, case_address, deed_under, perform, sent
from oralu.web.case.fact_views import handed_out
from oralu.web.components import Crumb, Empty, Term
from oralu.web.countdown import moment
from oralu.web.fields import text_field
from oralu.web.over import over, told
from oralu.web.screens import StaffRequest, screen

SHOWN = 100
KINDS = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}


class ReleaseForm(forms.Form):
    how = forms.ChoiceField(
        label=gettext_lazy("How you know that it may be opened"), choices=Released.choices, widget=forms.RadioSelect
    )


DECIDED = ("evidence.released", "evidence.rejected")


@require_safe
@screen(Permission.EVIDENCE_RELEASE, audit=Audit.READ)
def index(request: StaffRequest) -> HttpResponse:
    found = list(quarantine_visible_to(request.user)[:SHOWN])
    context = {
        "title": _("Files in quarantine"),
        "crumbs": (Crumb(_("Board"), reverse("board")), Crumb(_("Files in quarantine"))),
        "scanner": bool(settings.CLAMD),
        "rows": [(one, case_address(one.case), KINDS.get(one.content_type, "")) for one in found],
        "empty": Empty(
            _("No file waits"), _("A file that is attached to a case waits here until it has been checked.")
        ),
    }
    return render(request, "case/quarantine.html", context)


@screen(Permission.EVIDENCE_RELEASE, audit=Audit.CHANGE)
def release(request: StaffRequest, evidence_id: int) -> HttpResponse:
    if (decided := _decided(request, evidence_id)) is not None:
        return decided
    found = _found(request, evidence_id)
    return perform(
        request,
        _deed(
            found,
            title=_("Release the file"),
            submit=_("Release"),
            done=_("Released: the file can be opened."),
            form=ReleaseForm(*sent(request)),
            run=lambda data: evidence_release(evidence=found, how=data["how"], actor=request.user, at=request.at),
            lead=_("Its type and its structure have been checked already: it holds no commands and no other files."),
            records=(_("that you released it, when, and how you know"),),
        ),
    )


@screen(Permission.EVIDENCE_RELEASE, audit=Audit.CHANGE)
def reject(request: StaffRequest, evidence_id: int) -> HttpResponse:
    if (decided := _decided(request, evidence_id)) is not None:
        return decided
    found = _found(request, evidence_id)
    form = asked(request, reason=text_field(_("Why it is rejected"), required=True))
    return perform(
        request,
        _deed(
            found,
            title=_("Reject the file"),
            submit=_("Reject and remove"),
            done=_("Rejected. The file is removed; the officer has a message."),
            form=form,
            run=lambda data: evidence_reject(evidence=found, reason=data["reason"], actor=request.user, at=request.at),
            tone="danger",
            records=(
                _("your reason, as a note of the case"),
                _("the record of the document stays and says that its file was rejected"),
            ),
        ),
    )


@require_POST
@screen(Permission.EVIDENCE_RELEASE, audit=Audit.READ)
def take(request: StaffRequest, evidence_id: int) -> HttpResponse:
    """The file for the antivirus of the workplace, under a name and a type that no program opens by itself."""
    found = _found(request, evidence_id)
    path = evidence_path(found)
    if not path.is_file():
        raise Http404
    evidence_taken(evidence=found, actor=request.user, at=request.at)
    return handed_out(
        FileResponse(
            path.open("rb"),
            as_attachment=True,
            filename=f"quarantine-{found.pk}.bin",
            content_type="application/octet-stream",
        )
    )


def _found(request: StaffRequest, evidence_id: int) -> Evidence:
    return get_object_or_404(quarantine_visible_to(request.user), pk=evidence_id)


def _decided(request: StaffRequest, evidence_id: int) -> HttpResponse | None:
    """The answer to who comes too late to decide on a file; None while it waits, and where none is to be seen."""
    found = decided_visible_to(request.user).filter(pk=evidence_id).first()
    entry = found and entry_last(case_id=found.case_id, kinds=DECIDED, evidence=found.pk)
    if not found or not entry:
        return None
    back, heading = Crumb(_("Files in quarantine"), reverse("quarantine")), found.case.person.full_name
    return over(request, back, title=found.title, heading=heading, done=told(entry))


def _deed(found: Evidence, **more: Any) -> Deed:
    by = found.recorded_by.full_name if found.recorded_by else ""
    return deed_under(
        Crumb(_("Files in quarantine"), reverse("quarantine")),
        heading=found.case.person.full_name,
        terms=(
            Term(_("Document"), found.title, note=KINDS.get(found.content_type, "")),
            Term(_("Attached by"), by, note=moment(found.recorded_at)),
        ),
        **more,
    )
