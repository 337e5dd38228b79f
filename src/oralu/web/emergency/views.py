"""Opening a case in an emergency, and the review of it by the head of the unit that leads the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.emergency_selectors import emergencies_visible_to
from oralu.apps.cases.emergency_services import emergency_open, emergency_review
from oralu.apps.cases.models import Emergency
from oralu.web.acting import Deed, perform, see_other, sent
from oralu.web.components import Act, Crumb, Text
from oralu.web.fields import text_field
from oralu.web.screens import StaffRequest, add_errors, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localmoment


class EmergencyForm(forms.Form):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["wanted"] = forms.CharField(
            label=_("Number of the case, or IIN of the person"),
            max_length=20,
            widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        )
        choices = [("", _("choose")), *Emergency.Reason.choices]
        self.fields["reason"] = forms.ChoiceField(label=_("Reason"), choices=choices)
        self.fields["words"] = text_field(_("What has happened"), required=True)


class ReviewForm(forms.Form):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("yes", _("justified")), ("no", _("not justified"))]
        self.fields["answer"] = forms.ChoiceField(label=_("Decision"), choices=choices, widget=forms.RadioSelect)
        self.fields["words"] = text_field(_("Reason in words"), required=True)


@screen(Permission.EMERGENCY_OPEN, audit=Audit.CHANGE)
def start(request: StaffRequest) -> HttpResponse:
    """Which case, and why; then the case itself, to read."""
    form = EmergencyForm(*sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                opened = emergency_open(**form.cleaned_data, actor=request.user, at=request.at)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The case is open to you for three hours, to read."))
            route = "care-case" if request.user.role == Role.PSYCHOLOGIST else "case"
            return see_other(reverse(route, args=[opened.case_id]))
    deed = Deed(
        title=_("Emergency: open a case that is not yours"),
        submit=_("Open the case"),
        form=form,
        run=lambda data: data,
        done="",
        back="/",
        lead=_("Only where somebody would come to harm by waiting. The head of the unit learns of it at once."),
        records=(_("that you opened the case, when and why"), _("everything that you look at in it")),
        tone="danger",
    )
    context = {"deed": deed, "action": request.get_full_path(), "heading": deed.title, "target": "", "holder": False}
    return render(request, "acting/page.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@screen(Permission.EMERGENCY_REVIEW, audit=Audit.NONE)
def index(request: StaffRequest) -> HttpResponse:
    """The emergencies in cases of the unit, those to be reviewed with the act."""
    found = emergencies_visible_to(request.user)[:200]
    return composed(request, title=_("Emergencies"), sections=(section_of(found, is_reviewing=True),))


def section_of(found: Iterable[Emergency], *, is_reviewing: bool = False) -> Section:
    """The emergencies as a table: which case, who, when, why, and what the head said of it."""
    rows = [
        (
            Cell(f"№ {one.case_id}", reverse("case", args=[one.case_id]) if is_reviewing else ""),
            Cell(f"{one.user.full_name}, {one.user.agency}"),
            Cell(localmoment(one.opened_at)),
            Cell(f"{one.get_reason_display()}: {one.words}" if is_reviewing else one.get_reason_display()),
            _reviewed(one, is_reviewing),
        )
        for one in found
    ]
    return Section(
        "emergencies",
        _("Opened in an emergency"),
        head=(_("Case"), _("Who"), _("When"), _("Why"), _("Review")),
        rows=rows,
        empty=_("No case has been opened in an emergency."),
    )


def _reviewed(one: Emergency, is_reviewing: bool) -> Cell:
    if one.reviewed_at is None:
        act = Act(_("Review"), reverse("emergency-review", args=[one.pk]), tone="secondary") if is_reviewing else None
        return Cell(_("not reviewed yet"), act=act)
    words: Text = _("justified") if one.is_justified else _("not justified")
    return Cell(f"{words}, {localmoment(one.reviewed_at)}, {one.reviewed_by}")


@screen(Permission.EMERGENCY_REVIEW, audit=Audit.CHANGE)
def review(request: StaffRequest, emergency_id: int) -> HttpResponse:
    one = get_object_or_404(emergencies_visible_to(request.user), pk=emergency_id)
    back = reverse("emergencies")
    deed = Deed(
        title=_("Was it justified?"),
        submit=_("Record"),
        done=_("The review is recorded."),
        form=ReviewForm(*sent(request)),
        run=lambda data: emergency_review(
            emergency=one,
            is_justified=data["answer"] == "yes",
            words=data["words"],
            actor=request.user,
            at=request.at,
        ),
        back=back,
        crumbs=(Crumb(_("Emergencies"), back), Crumb(f"№ {one.case_id}")),
        lead=f"{one.user.full_name}, {localmoment(one.opened_at)}. {one.get_reason_display()}: {one.words}",
        records=(_("your decision with the reason"),),
    )
    return perform(request, deed)
