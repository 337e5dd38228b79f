"""An act outside the page of a case, from its form to the flash message: in a panel or on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from oralu.web.components import Crumb, Term, Text
from oralu.web.screens import StaffRequest, add_errors

SEE_OTHER = 303


@dataclass(frozen=True)
class Deed:
    """One act: its words, its form and the service that it calls with the cleaned data; what that returns goes to
    `done`, the words of success. `heading` names the page where it stands alone, outside the row that says what it is
    about. `back` is where one came from; `onward`, if given, where the browser goes afterwards instead."""

    title: Text
    submit: Text
    form: forms.Form
    run: Callable[[dict[str, Any]], Any]
    done: Callable[[Any], Text]
    back: str
    crumbs: tuple[Crumb, ...] = ()
    records: tuple[Text, ...] = ()
    lead: Text = ""
    terms: tuple[Term, ...] = ()
    tone: str = "primary"
    heading: Text = ""
    onward: str = ""


def sent(request: StaffRequest) -> tuple[Any, Any]:
    """What was posted, for a form; nothing while it is only shown."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def see_other(address: str) -> HttpResponse:
    """Go on to a page after something has been written."""
    response = HttpResponseRedirect(address)
    response.status_code = SEE_OTHER
    return response


def perform(request: StaffRequest, deed: Deed) -> HttpResponse:
    """Show the form, or do what it says. A refused form keeps what was typed (422); nothing of it has been written."""
    if request.method == "POST" and deed.form.is_valid():
        try:
            with transaction.atomic():
                result = deed.run(deed.form.cleaned_data)
        except ValidationError as error:
            add_errors(deed.form, error)
        else:
            messages.success(request, str(deed.done(result)))
            return _settled(request, deed)
    return _shown(request, deed, status=422 if request.method == "POST" else 200)


def _settled(request: StaffRequest, deed: Deed) -> HttpResponse:
    if not request.htmx:
        return see_other(deed.onward or deed.back)
    return HttpResponseClientRedirect(deed.onward) if deed.onward else HttpResponseClientRefresh()


def _shown(request: StaffRequest, deed: Deed, *, status: int) -> HttpResponse:
    """Only the panel if htmx asked, else a page. A refused panel comes with its holder, which it replaces."""
    context: dict[str, Any] = {
        "deed": deed,
        "action": request.get_full_path(),
        "heading": deed.heading or deed.title,
        "enctype": "multipart/form-data" if deed.form.is_multipart() else "",
    }
    if request.htmx:
        context |= {"target": request.htmx.target or "", "holder": status != 200}
        return render(request, "acting/_panel.html", context, status=status)
    return render(request, "acting/page.html", context, status=status)
