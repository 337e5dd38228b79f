"""The offence behind a case: read and recorded by the officers and the head of the unit that leads it, and shown on no
other page."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case, Offence
from oralu.apps.cases.protected_selectors import offence_of
from oralu.apps.cases.protected_services import offence_record
from oralu.apps.cases.selectors import cases_visible_to
from oralu.web.acting import case_deed, perform, sent
from oralu.web.components import Term
from oralu.web.fields import DayInput
from oralu.web.screens import StaffRequest, screen
from oralu.web.templatetags.oralu import localdate


class OffenceForm(forms.ModelForm):
    class Meta:
        model = Offence
        fields = ("article", "court", "sentenced_on", "term_ends_on")
        widgets = {"sentenced_on": DayInput, "term_ends_on": DayInput}


@screen(Permission.OFFENCE, audit=Audit.CHANGE)
def offence(request: StaffRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(cases_visible_to(request.user, Permission.OFFENCE), pk=case_id)
    known = offence_of(request.user, case)
    return perform(
        request,
        case_deed(
            case,
            title=_("Offence and sentence"),
            submit=_("Record"),
            done=_("The offence is recorded."),
            form=OffenceForm(*sent(request), instance=known or Offence(case=case)),
            run=lambda data: offence_record(case=case, **data, actor=request.user, at=request.at),
            lead=_("Only the officers and the head of this unit see it. No agency, list or paper shows it."),
            records=(_("that the offence was recorded; the journal does not keep what it is"),),
            anchor="people",
        ),
    )


def offence_terms(case: Case, reader: User) -> tuple[Term, ...]:
    """What the page of the case says of it to who may know."""
    known = offence_of(reader, case)
    if known is None:
        return ()
    until = _("until %(day)s") % {"day": localdate(known.term_ends_on)} if known.term_ends_on else ""
    sentence = ", ".join(part for part in (known.court, localdate(known.sentenced_on)) if part)
    return (Term(_("Article"), known.article, note=until), Term(_("Sentence"), sentence))
