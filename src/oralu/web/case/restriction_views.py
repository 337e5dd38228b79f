"""Who may know of a case: a page for the head of its unit, and the acts on it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case, Exclusion
from oralu.apps.cases.restriction_selectors import (
    exclusions_of,
    exclusions_to_end,
    staff_of_unit,
    staff_to_shut_out,
)
from oralu.apps.cases.restriction_services import case_restrict, case_shut, case_unshut
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.selectors import entry_own
from oralu.web.acting import case_address, deed_under, perform, sent
from oralu.web.components import Act, Crumb
from oralu.web.fields import text_field
from oralu.web.over import over, told
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localdate

TITLE = gettext_lazy("Who may know of this case")


class ListForm(forms.Form):
    def __init__(self, *args: Any, staff: Iterable[User], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["is_restricted"] = forms.BooleanField(
            label=_("Only those ticked below know of this case"), required=False
        )
        self.fields["listed"] = forms.TypedMultipleChoiceField(
            label=_("Staff of the unit"),
            help_text=_("You and the officer of the case always know of it."),
            choices=[(user.pk, f"{user.full_name}, {user.get_role_display()}") for user in staff],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["note"] = text_field(_("Reason in words"), required=True)


class ShutForm(forms.Form):
    def __init__(self, *args: Any, staff: Iterable[User], **more: Any) -> None:
        super().__init__(*args, **more)
        found = list(staff)
        self.by_id = {str(user.pk): user for user in found}
        groups = groupby(found, key=lambda user: str(user.agency))
        self.fields["user"] = forms.ChoiceField(
            label=_("Member of staff"),
            help_text=_("Of any agency of the region."),
            choices=[("", _("choose")), *((name, [(u.pk, u.full_name) for u in users]) for name, users in groups)],
        )
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason"), choices=[("", _("choose")), *Exclusion.Reason.choices]
        )
        self.fields["note"] = text_field(_("Reason in words"), required=True)


class WordsForm(forms.Form):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["note"] = text_field(_("Reason in words"), required=True)


def _case(request: StaffRequest, case_id: int) -> Case:
    return get_object_or_404(cases_visible_to(request.user, Permission.CASE_RESTRICT), pk=case_id)


@require_safe
@screen(Permission.CASE_RESTRICT, audit=Audit.READ)
def reach(request: StaffRequest, case_id: int) -> HttpResponse:
    """Whether the case is restricted, to whom, and who is shut out of it."""
    case = _case(request, case_id)
    staff = {user.pk: user for user in staff_of_unit(case)}
    shown = [user for pk, user in staff.items() if pk not in case.excluded]
    if case.is_restricted:
        shown = [user for user in shown if user.pk in case.listed]
    sections = (
        Section(
            "listed",
            _("Known to"),
            lead=_("Only these people of the unit know of the case; to others it does not exist.")
            if case.is_restricted
            else _("Everybody in the unit knows of the case."),
            acts=(Act(_("Change"), reverse("case-restrict", args=[case.pk]), tone="secondary"),),
            head=(_("Member of staff"), _("Role")),
            rows=[(Cell(user.full_name), Cell(user.get_role_display())) for user in shown],
        ),
        Section(
            "excluded",
            pgettext("heading", "Shut out"),
            lead=_("For them the case does not exist: in lists, counts, search, messages, and in an emergency too."),
            acts=(Act(_("Shut somebody out"), reverse("case-shut", args=[case.pk]), tone="secondary"),),
            head=(_("Member of staff"), _("Reason"), _("Since"), ""),
            rows=[_excluded(one) for one in exclusions_of(case)],
            empty=_("Nobody is shut out of this case."),
        ),
    )
    return composed(request, title=TITLE, sections=sections, crumbs=_crumbs(case))


def _excluded(one: Exclusion) -> tuple[Cell, ...]:
    end = Act(_("Let in again"), reverse("case-unshut", args=[one.pk]), tone="quiet")
    return (
        Cell(one.user.full_name, note=str(one.user.agency)),
        Cell(capfirst(one.get_reason_display())),
        Cell(localdate(one.since), note=one.by.full_name),
        Cell("", act=end),
    )


@screen(Permission.CASE_RESTRICT, audit=Audit.CHANGE)
def restrict(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    initial = {"is_restricted": case.is_restricted, "listed": case.listed}
    return _perform(
        request,
        case,
        title=_("Restrict the case"),
        submit=_("Record"),
        done=_("It is recorded who knows of the case."),
        form=ListForm(*sent(request), staff=staff_of_unit(case), initial=initial),
        run=lambda data: case_restrict(case=case, **data, actor=request.user, at=request.at),
        records=(_("who may know of the case, with your reason, in the journal"),),
    )


@screen(Permission.CASE_RESTRICT, audit=Audit.CHANGE)
def shut(request: StaffRequest, case_id: int) -> HttpResponse:
    case = _case(request, case_id)
    form = ShutForm(*sent(request), staff=staff_to_shut_out(case))
    return _perform(
        request,
        case,
        title=_("Shut somebody out"),
        submit=_("Shut out"),
        done=_("From now on the case does not exist for this person."),
        form=form,
        run=lambda data: case_shut(
            case=case,
            user=form.by_id[data["user"]],
            reason=data["reason"],
            note=data["note"],
            actor=request.user,
            at=request.at,
        ),
        records=(_("who is shut out, with the reason, in the journal"),),
        tone="danger",
    )


@screen(Permission.CASE_RESTRICT, audit=Audit.CHANGE)
def unshut(request: StaffRequest, exclusion_id: int) -> HttpResponse:
    exclusion = exclusions_to_end(request.user).filter(pk=exclusion_id).first()
    if exclusion is None:
        return _let_in(request, exclusion_id)
    return _perform(
        request,
        exclusion.case,
        title=_("Let in again"),
        submit=_("Let in again"),
        done=_("The person may know of the case again."),
        form=WordsForm(*sent(request)),
        run=lambda data: case_unshut(exclusion=exclusion, note=data["note"], actor=request.user, at=request.at),
        lead=exclusion.user.full_name,
        records=(_("that the reason has ceased, with your words, in the journal"),),
    )


def _let_in(request: StaffRequest, exclusion_id: int) -> HttpResponse:
    """Told to who has let somebody in: nothing else is left of the exclusion."""
    entry = entry_own(actor=request.user, kinds=("case.unshut",), exclusion=exclusion_id)
    if entry is None or entry.case_id is None:
        raise Http404
    case = _case(request, entry.case_id)
    reach = Crumb(TITLE, reverse("case-reach", args=[case.pk]))
    return over(request, *_crumbs(case)[:-1], reach, title=_("Let in again"), done=told(entry))


def _perform(request: StaffRequest, case: Case, **more: Any) -> HttpResponse:
    reach = Crumb(TITLE, reverse("case-reach", args=[case.pk]))
    return perform(request, deed_under(*_crumbs(case)[:-1], reach, case=case, **more))


def _crumbs(case: Case) -> tuple[Crumb, ...]:
    return Crumb(f"{case.person.full_name}, № {case.pk}", case_address(case)), Crumb(TITLE)
