"""The act behind “request transfer”: from an unfinished enrolment, and from the records that may be one person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.routing.enrol_selectors import Duplicate, Standing, duplicates_for
from oralu.apps.routing.transfers import transfers_request
from oralu.web.acting import see_other
from oralu.web.enrol.drafts import draft_of
from oralu.web.enrol.flow import Flow
from oralu.web.screens import StaffRequest, screen


@require_POST
@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def ask_from_draft(request: StaffRequest, draft_id: str) -> HttpResponse:
    """The person of an unfinished enrolment stands on another unit's register."""
    flow = Flow(request, draft_of(request, draft_id))
    back = reverse("enrol-step", args=[draft_id, "same"])
    if not flow.is_done("identity"):
        return see_other(reverse("enrol-step", args=[draft_id, "identity"]))
    form = flow.identity()
    form.is_valid()
    typed = form.cleaned_data
    who = _who(typed["surname"], typed["given_name"], typed["birth_date"])
    return _ask(request, flow.duplicates(), who, back)


@require_POST
@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def ask_from_case(request: StaffRequest, case_id: int) -> HttpResponse:
    """The person of a case of the own unit has another record elsewhere."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    person = case.person
    found = duplicates_for(
        actor=request.user,
        surname=person.surname,
        given_name=person.given_name,
        birth_date=person.birth_date,
        iin=person.iin,
        exclude=person.pk,
    )
    back = reverse("person-merge", args=[case_id])
    return _ask(request, found, _who(person.surname, person.given_name, person.birth_date), back)


def _who(surname: str, given_name: str, born: date) -> str:
    return f"{surname} {given_name}, {date_format(born, 'SHORT_DATE_FORMAT')}"


def _ask(request: StaffRequest, found: Iterable[Duplicate], asked_as: str, back: str) -> HttpResponse:
    hidden = [one.person_id for one in found if one.standing == Standing.ELSEWHERE]
    try:
        with transaction.atomic():
            transfers_request(person_ids=hidden, asked_as=asked_as, actor=request.user, at=request.at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The transfer has been asked for. The answer comes to “Today” and your messages."))
    return see_other(back)
