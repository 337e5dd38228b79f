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
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.version_selectors import case_held, changes_since, last_change
from oralu.web.case.journal_words import Line, journal_lines
from oralu.web.components import Crumb, Tab, Term, Text, Why
from oralu.web.context import address
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, add_errors

SEE_OTHER, CONFLICT = 303, 409
LONGEST = 19
"""Digits of a number that the database can hold."""


@dataclass(frozen=True)
class Deed:
    """One act: its words, its form and the service that it calls with the cleaned data. `done` are the words of
    success, or what makes them of that which the service returned. `heading` names the page where the act stands alone,
    outside the row that says what it is about. `back` is where one came from; `onward`, if given, where the browser
    goes afterwards instead. `refusal` says why it cannot be done at all now. `answers` are other acts to choose from in
    its place; `paper` is the address of what is to be printed for it, `paper_label` what it is; `after`
    stands below the form, on the page of its own: what was written there before, as heading and text. `case`: the case
    that it changes; its form is good for the state in which the case was when the form was opened."""

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
    case: Case | None = None


def case_address(case: Case, anchor: str = "") -> str:
    """The page of a case, at a place on it."""
    return reverse("case", args=[case.pk]) + (f"#{anchor}" if anchor else "")


def case_crumb(case: Case, anchor: str = "") -> Crumb:
    """The way back to a case, at a place on its page."""
    return Crumb(f"{case.person.full_name}, № {case.pk}", case_address(case, anchor))


def case_deed(case: Case, *, title: Text, anchor: str = "", leaves: bool = False, **more: Any) -> Deed:
    """An act on a case: it goes back to the page of the case, at the place where its result is seen (`anchor`), or, if
    after it the case may no longer be the reader's (`leaves`), to the caseload. In a closed case nothing is done."""
    closed = case.state == CaseState.CLOSED
    return deed_under(
        case_crumb(case, anchor),
        title=title,
        heading=case.person.full_name,
        onward=(address("caseload") or "/") if leaves else "",
        refusal=_("This case is closed: nothing more can be recorded in it.") if closed else "",
        case=case,
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


class ChangedMeanwhileError(Exception):
    """The case is no longer what it was when the form was opened."""


def perform(request: StaffRequest, deed: Deed) -> HttpResponse:
    """Show the form, or do what it says. A refused form keeps what was typed, and nothing of it has been written: 422
    where a field is wrong, 409 where it comes too late: the same was done already, or the case is another by now."""
    if request.method != "POST":
        if not deed.refusal:
            return _shown(request, deed, status=200)
        messages.error(request, str(deed.refusal))
        return _settled(request, deed)
    if not deed.form.is_valid() and not deed.refusal:
        return _shown(request, deed, status=422)
    if deed.refusal:
        deed.form.add_error(None, str(deed.refusal))
        return _shown(request, deed, status=CONFLICT)
    try:
        with transaction.atomic():
            still_as_seen(request, deed.case)
            result = deed.run(deed.form.cleaned_data)
    except ChangedMeanwhileError:
        return _shown(request, deed, status=CONFLICT, changes=changes_told(request, deed.case))
    except ValidationError as error:
        add_errors(deed.form, error)
        return _shown(request, deed, status=422 if hasattr(error, "error_dict") else CONFLICT)
    messages.success(request, str(deed.done(result) if callable(deed.done) else deed.done))
    return _settled(request, deed)


def still_as_seen(request: StaffRequest, case: Case | None) -> None:
    """Take the lock of a case, in the transaction of an act, and look whether it is still what it was when the form was
    opened: of two who send the same form, or two forms opened on one state, one changes the case.

    Raises ChangedMeanwhileError: it has been changed since."""
    if case is None or (number := _seen(request)) is None:
        return
    case_held(case.pk)
    if last_change(case.pk) > number:
        raise ChangedMeanwhileError


def changes_told(request: StaffRequest, case: Case | None) -> list[Line]:
    """What has happened to a case since the form was opened, in words."""
    number = _seen(request)
    if case is None or number is None:
        return []
    return journal_lines(
        changes_since(case.pk, number),
        edition=edition_for(case=case, at=request.at),
        needs={need.pk: service_label(need) for need in needs_visible_to(request.user).filter(case=case)},
    )


def standing(request: StaffRequest, case: Case | None, changes: Sequence[Line] = ()) -> int | None:
    """The last change of the case that the form which is shown is good for: the latest of those told with it; else a
    refused form stays as old as it is."""
    if case is None:
        return None
    if changes:
        return changes[0].key
    number = _seen(request)
    return last_change(case.pk) if number is None else number


def is_own(request: StaffRequest, changes: Sequence[Line]) -> bool:
    """Whether the changes may be those of the same form, sent twice: then what was typed is recorded already."""
    return any(line.who == request.user.full_name for line in changes)


def _seen(request: StaffRequest) -> int | None:
    """The last change that who sent the form had seen; None for a form that does not say."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < LONGEST else None


def _settled(request: StaffRequest, deed: Deed) -> HttpResponse:
    if not request.htmx:
        return see_other(deed.onward or deed.back)
    return HttpResponseClientRedirect(deed.onward) if deed.onward else HttpResponseClientRefresh()


def _shown(request: StaffRequest, deed: Deed, *, status: int, changes: Sequence[Line] = ()) -> HttpResponse:
    """Only the panel if htmx asked, else a page. A refused panel comes with its holder, which it replaces. Who is told
    of changes has seen them: the form may be sent again."""
    context: dict[str, Any] = {
        "deed": deed,
        "changes": changes,
        "is_own": is_own(request, changes),
        "seen": standing(request, deed.case, changes),
        "action": request.get_full_path(),
        "heading": deed.heading or deed.title,
        "enctype": "multipart/form-data" if deed.form.is_multipart() else "",
    }
    if request.htmx:
        context |= {"target": request.htmx.target or "", "holder": status != 200}
        return render(request, "acting/_panel.html", context, status=status)
    return render(request, "acting/page.html", context, status=status)
