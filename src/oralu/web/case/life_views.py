"""Acts on a case as a whole: who leads it, where it belongs, whether it goes on."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.selectors import officers_of
from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.routing import lifecycle
from oralu.apps.routing.case_selectors import prisons_to_name, units_to_transfer_to
from oralu.apps.routing.frames import local_day
from oralu.web.acting import asked, case_deed, perform, sent
from oralu.web.case.forms import AssignForm, CloseForm, NoteForm, PrisonForm, ReleaseForm, TransferForm
from oralu.web.screens import StaffRequest, screen


def _case(request: StaffRequest, case_id: int) -> Case:
    return get_object_or_404(cases_visible_to(request.user), pk=case_id)


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def assign(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    form = AssignForm(*sent(request), officers=officers_of(case.unit_id), initial={"officer": str(case.officer_id)})
    return perform(
        request,
        case_deed(
            case,
            title=_("Give the case to another officer"),
            submit=_("Give"),
            done=_("The case has its new officer."),
            form=form,
            run=lambda data: lifecycle.case_assign(
                case=case,
                officer=form.by_id[data["officer"]],
                reason=data["reason"],
                actor=request.user,
                at=request.at,
            ),
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def transfer(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    form = TransferForm(*sent(request), units=units_to_transfer_to(case))
    return perform(
        request,
        case_deed(
            case,
            title=_("Transfer the case to another unit"),
            submit=_("Transfer"),
            done=_("The case has been transferred."),
            form=form,
            run=lambda data: lifecycle.case_transfer(
                case=case,
                unit=form.by_id[data["unit"]],
                officer=None,
                locality=data["locality"],
                reason=data["reason"],
                actor=request.user,
                at=request.at,
            ),
            lead=_("The other unit appoints the officer. Your unit will no longer see the case."),
            records=(
                _("the transfer with its reason; day 0 and the history stay"),
                _("in another region: what is under way goes to agencies of the new place, with the time used kept"),
            ),
            tone="danger",
            leaves=True,
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def suspend(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    return perform(
        request,
        case_deed(
            case,
            title=_("Suspend the case: the person is searched for"),
            submit=_("Suspend"),
            done=_("The case is suspended; its deadlines wait for the person."),
            form=NoteForm(*sent(request), label=_("Ground of the search"), required=True),
            run=lambda data: lifecycle.case_suspend(case=case, reason=data["note"], actor=request.user, at=request.at),
            records=(_("running deadlines pause and wait for the person, at most 90 days"),),
            tone="danger",
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def resume(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    return perform(
        request,
        case_deed(
            case,
            title=_("Resume the case: the person is found"),
            submit=_("Resume"),
            done=_("The case goes on; the days that passed have been looked at in order."),
            form=asked(request),
            run=lambda data: lifecycle.case_resume(case=case, actor=request.user, at=request.at),
            records=(_("the deadlines that waited for the person run on"),),
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def release_date(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    return perform(
        request,
        case_deed(
            case,
            title=_("Move the date of release"),
            submit=_("Record"),
            done=_("The date of release is recorded."),
            form=ReleaseForm(*sent(request), initial={"released_on": case.released_on}),
            run=lambda data: lifecycle.release_date_move(
                case=case,
                released_on=data["released_on"],
                reason=data["reason"],
                actor=request.user,
                at=request.at,
            ),
            records=(_("the old date and the new one, with the reason"),),
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def prison(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    form = PrisonForm(*sent(request), prisons=prisons_to_name(), initial={"prison": str(case.prison_id or "")})
    return perform(
        request,
        case_deed(
            case,
            title=_("Institution that prepares the release"),
            submit=_("Record"),
            done=_("It is recorded who prepares the release."),
            form=form,
            run=lambda data: lifecycle.prison_name(
                case=case, prison=form.by_id.get(data["prison"]), actor=request.user, at=request.at
            ),
            lead=_("Until the day of release its staff see the papers, the date of release and the plan."),
            records=(_("which institution it is"),),
        ),
    )


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    return perform(
        request,
        case_deed(
            case,
            title=_("Close the case"),
            submit=_("Close the case"),
            done=_("The case is closed."),
            form=CloseForm(*sent(request), initial={"closed_on": local_day(request.at)}),
            run=lambda data: lifecycle.case_close(
                case=case,
                ground=data["ground"],
                closed_on=data["closed_on"],
                note=data["note"],
                actor=request.user,
                at=request.at,
            ),
            lead=_("The person leaves the register. Nothing more can be recorded in a closed case."),
            records=(_("open needs and referrals are withdrawn as of a closed case, the deadlines stop"),),
            tone="danger",
        ),
    )
