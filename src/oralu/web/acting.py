"""An act, from its form to the flash message: the same in every part, in a panel or on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from oralu.apps.cases.models import Case, CaseState
from oralu.web.components import Crumb, Tab, Term, Text, Why
from oralu.web.context import address
from oralu.web.screens import StaffRequest, add_errors

SEE_OTHER = 303


@dataclass(frozen=True)
class Deed:
    """One act: its words, its form and the service that it calls with the cleaned data. `done` are the words of
    success, or what makes them of that which the service returned. `heading` names the page where the act stands alone,
    outside the row that says what it is about. `back` is where one came from; `onward`, if given, where the browser
    goes afterwards instead. `refusal` says why it cannot be done at all now. `answers` are other acts to choose from in
    its place; `paper` is the address of what is to be printed for it, `paper_label` what it is; `after`
    stands below the form, on the page of its own: what was written there before, as heading and text."""

    title: Text
    submit: Text
    form: forms.Form
    run: Callable[[dict[str, Any]], Any]
    done: Text | Callable[[Any], Text]
    back: str
    crumbs: tuple[Crumb, ...] = ()
    records: tuple[Text, ...] = ()
    lead: Text = ""
    terms: tuple[Term, ...] = ()
    why: Why | None = None
    tone: str = "primary"
    heading: Text = ""
    onward: str = ""
    refusal: Text = ""
    answers: tuple[Tab, ...] = ()
    paper: str = ""
    paper_label: Text = ""
    after: Sequence[tuple[str, str]] = ()
    after_title: Text = ""


def case_address(case: Case, anchor: str = "") -> str:
    """The page of a case, at a place on it."""
    return reverse("case", args=[case.pk]) + (f"#{anchor}" if anchor else "")


def case_deed(case: Case, *, title: Text, anchor: str = "", leaves: bool = False, **more: Any) -> Deed:
    """An act on a case: it goes back to the page of the case, at the place where its result is seen (`anchor`), or, if
    after it the case may no longer be the reader's (`leaves`), to the caseload. In a closed case nothing is done."""
    closed = case.state == CaseState.CLOSED
    return deed_under(
        Crumb(f"{case.person.full_name}, № {case.pk}", case_address(case, anchor)),
        title=title,
        heading=case.person.full_name,
        onward=(address("caseload") or "/") if leaves else "",
        refusal=_("This case is closed: nothing more can be recorded in it.") if closed else "",
        **more,
    )


def deed_under(*pages: Crumb, title: Text, **more: Any) -> Deed:
    """An act below the pages that lead to it: it goes back to the last of them."""
    return Deed(title=title, back=pages[-1].href, crumbs=(*pages, Crumb(title)), **more)


def sent(request: StaffRequest) -> tuple[Any, Any]:
    """What was posted, for a form; nothing while it is only shown."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def asked(request: StaffRequest, **fields: forms.Field) -> forms.Form:
    """The form of an act that needs none of its own: it asks for the fields given, or only for the word to do it."""
    form = forms.Form(*sent(request))
    form.fields |= fields
    return form


def see_other(address: str) -> HttpResponse:
    """Go on to a page after something has been written."""
    response = HttpResponseRedirect(address)
    response.status_code = SEE_OTHER
    return response


def perform(request: StaffRequest, deed: Deed) -> HttpResponse:
    """Show the form, or do what it says. A refused form keeps what was typed (422); nothing of it has been written."""
    if deed.refusal:
        messages.error(request, str(deed.refusal))
        return _settled(request, deed)
    if request.method == "POST" and deed.form.is_valid():
        try:
            with transaction.atomic():
                result = deed.run(deed.form.cleaned_data)
        except ValidationError as error:
            add_errors(deed.form, error)
        else:
            messages.success(request, str(deed.done(result) if callable(deed.done) else deed.done))
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
