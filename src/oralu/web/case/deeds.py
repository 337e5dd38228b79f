"""An act on a case, from the form to the flash message: the same for every act, in a panel or on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from oralu.apps.cases.models import Case, CaseState
from oralu.web.components import Crumb, Text, Why
from oralu.web.context import address
from oralu.web.screens import StaffRequest, add_errors


@dataclass(frozen=True)
class Deed:
    """One act: its words, its form, the service that it calls. `anchor` is the place on the page of the case where its
    result is seen; `leaves` says that after it the case may no longer be the reader's."""

    case: Case
    title: Text
    submit: Text
    done: Text
    form: forms.Form
    run: Callable[[dict[str, Any]], object]
    records: tuple[Text, ...] = ()
    lead: Text = ""
    why: Why | None = None
    tone: str = "primary"
    anchor: str = ""
    leaves: bool = False
    template: str = "case/act.html"
    more: Mapping[str, Any] | None = None

    @property
    def back(self) -> str:
        return case_address(self.case, self.anchor)


def case_address(case: Case, anchor: str = "") -> str:
    return reverse("case", args=[case.pk]) + (f"#{anchor}" if anchor else "")


def address_of(name: str, *args: object) -> str:
    """The address of a page of another part, or an empty string while there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def sent(request: StaffRequest) -> tuple[Any, Any]:
    """What was posted, for a form; nothing at all while it is only shown."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def perform(request: StaffRequest, deed: Deed) -> HttpResponse:
    """Show the form, or do what it says. A refused form keeps what was typed (422); nothing of it has been written."""
    if deed.case.state == CaseState.CLOSED:
        messages.error(request, _("This case is closed: nothing more can be recorded in it."))
        return settled(request, deed)
    if request.method == "POST" and deed.form.is_valid():
        try:
            with transaction.atomic():
                deed.run(deed.form.cleaned_data)
        except ValidationError as error:
            add_errors(deed.form, error)
        else:
            messages.success(request, str(deed.done))
            return settled(request, deed)
    return shown(request, deed, status=422 if request.method == "POST" else 200)


def settled(request: StaffRequest, deed: Deed) -> HttpResponse:
    """Back to where the result is seen. An act changes strip, line and needs at once, so the page is drawn anew."""
    target = (address("caseload") or "/") if deed.leaves else deed.back
    if request.htmx:
        return HttpResponseClientRedirect(target) if deed.leaves else HttpResponseClientRefresh()
    response = redirect(target)
    response.status_code = 303
    return response


def shown(request: StaffRequest, deed: Deed, *, status: int = 200) -> HttpResponse:
    """The form: only the panel if htmx asked, else a page. A refused panel comes with its holder, which it replaces."""
    context: dict[str, Any] = {
        "deed": deed,
        "action": request.get_full_path(),
        "enctype": "multipart/form-data" if deed.form.is_multipart() else "",
        "crumbs": (Crumb(f"{deed.case.person.full_name}, № {deed.case.pk}", deed.back), Crumb(deed.title)),
        **(deed.more or {}),
    }
    if request.htmx and deed.template == "case/act.html":
        context["target"] = request.htmx.target or ""
        context["holder"] = status != 200
        return render(request, "case/_panel.html", context, status=status)
    return render(request, deed.template, context, status=status)
