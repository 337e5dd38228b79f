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
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.emergency_selectors import emergencies_of, emergencies_visible_to
from oralu.apps.cases.emergency_services import emergency_open, emergency_review
from oralu.apps.cases.models import Emergency
from oralu.apps.journal.selectors import entry_last
from oralu.web.acting import Deed, perform, see_other, sent
from oralu.web.components import Act, Crumb, Empty, Term, Text
from oralu.web.fields import text_field
from oralu.web.over import over, told
from oralu.web.screens import StaffRequest, add_errors, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localmoment

SHOWN = 200


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
            return see_other(_case_address(request.user, opened))
    standing = emergencies_of(request.user)
    deed = Deed(
        title=_("Emergency: open a case that is not yours"),
        submit=_("Open the case"),
        form=form,
        run=lambda data: data,
        done="",
        back=home_of(request.user),
        lead=_("Only where somebody would come to harm by waiting. The head of the unit learns of it at once."),
        records=(_("that you opened the case, when and why"), _("everything that you look at in it")),
        tone="danger",
    )
    context = {
        "deed": deed,
        "action": request.get_full_path(),
        "heading": deed.title,
        "target": "",
        "holder": False,
        "standing": [(one, _case_address(request.user, one)) for one in standing],
    }
    return render(request, "emergency/start.html", context, status=422 if request.method == "POST" else 200)


def _case_address(user: User, one: Emergency) -> str:
    """Where its opener reads the case: a psychologist the part that is a psychologist's."""
    route = "care-case" if user.role == Role.PSYCHOLOGIST else "case"
    return reverse(route, args=[one.case_id])


def home_of(user: User) -> str:
    """The list that one came from."""
    return reverse("care" if user.role == Role.PSYCHOLOGIST else "caseload")


@require_safe
@screen(Permission.EMERGENCY_REVIEW, audit=Audit.NONE)
def index(request: StaffRequest) -> HttpResponse:
    """The emergencies in cases of the unit, those to be reviewed with the act."""
    found = list(emergencies_visible_to(request.user)[:SHOWN])
    waiting = [one for one in found if one.reviewed_at is None]
    sections = (
        section_of(
            waiting,
            is_reviewing=True,
            key="waiting",
            title=_("To be reviewed"),
            empty=Empty(
                _("Nothing waits for your review"),
                _("When somebody opens a case of your unit in an emergency, you get a message and it stands here."),
            ),
        ),
        section_of([one for one in found if one.reviewed_at is not None], is_reviewing=True, title=_("Reviewed")),
    )
    emergency = Act(_("Emergency: open a case that is not yours"), reverse("emergency"), tone="quiet")
    return composed(request, title=_("Emergencies"), sections=sections, acts=(emergency,))


def section_of(
    found: Iterable[Emergency],
    *,
    is_reviewing: bool = False,
    key: str = "emergencies",
    title: Text = "",
    empty: Text | Empty = "",
) -> Section:
    """The emergencies as a table: which case, who, when, why, and what the head said of it. The words that the opener
    wrote are for the head alone."""
    rows = [
        (
            Cell(f"№\u00a0{one.case_id}", reverse("case", args=[one.case_id]) if is_reviewing else ""),
            Cell(one.user.full_name, note=", ".join(filter(None, (one.user.get_role_display(), str(one.user.agency))))),
            Cell(localmoment(one.opened_at)),
            Cell(capfirst(one.get_reason_display()), note=one.words if is_reviewing else ""),
            _reviewed(one, is_reviewing),
        )
        for one in found
    ]
    return Section(
        key,
        title or _("Opened in an emergency"),
        head=(_("Case"), _("Who"), _("When"), _("Why"), pgettext("column of a table", "Review")),
        rows=rows,
        empty=empty or _("No case has been opened in an emergency."),
    )


def _reviewed(one: Emergency, is_reviewing: bool) -> Cell:
    if one.reviewed_at is None:
        act = Act(_("Review"), reverse("emergency-review", args=[one.pk])) if is_reviewing else None
        return Cell("" if is_reviewing else _("not reviewed yet"), act=act)
    words = capfirst(_("justified") if one.is_justified else _("not justified"))
    when = f"{localmoment(one.reviewed_at)}, {one.reviewed_by}"
    return Cell(words, note=f"{one.review} ({when})" if is_reviewing and one.review else when)


@screen(Permission.EMERGENCY_REVIEW, audit=Audit.CHANGE)
def review(request: StaffRequest, emergency_id: int) -> HttpResponse:
    one = get_object_or_404(emergencies_visible_to(request.user), pk=emergency_id)
    back = reverse("emergencies")
    if one.reviewed_at is not None:
        entry = entry_last(case_id=one.case_id, kinds=("emergency.reviewed",), emergency=one.pk)
        page = Crumb(_("Emergencies"), back)
        return over(request, page, title=_("Was it justified?"), heading=f"№ {one.case_id}", done=told(entry))
    deed = Deed(
        title=_("Was it justified?"),
        submit=_("Record"),
        done=_("The review is recorded."),
        form=ReviewForm(*sent(request)),
        terms=_asked(one),
        run=lambda data: emergency_review(
            emergency=one,
            is_justified=data["answer"] == "yes",
            words=data["words"],
            actor=request.user,
            at=request.at,
        ),
        back=back,
        crumbs=(Crumb(_("Emergencies"), back), Crumb(f"№ {one.case_id}")),
        records=(_("your decision with the reason"),),
    )
    return perform(request, deed)


def _asked(one: Emergency) -> tuple[Term, ...]:
    return (
        Term(_("Case"), f"№ {one.case_id}"),
        Term(_("Who"), one.user.full_name, note=str(one.user.agency)),
        Term(_("When"), localmoment(one.opened_at)),
        Term(_("Why"), capfirst(one.get_reason_display()), note=one.words),
    )
