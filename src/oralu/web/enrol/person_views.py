"""Wrong or changed data: the person, the children, two records of one person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case
from oralu.apps.people.selectors import children_of, merges_of
from oralu.apps.routing.enrol_selectors import (
    Standing,
    duplicates_for,
    household_case,
    localities_of,
    mergeable_person,
)
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.household import (
    children_set,
    duplicates_hidden_record,
    person_change,
    persons_part,
    persons_unite,
)
from oralu.apps.routing.transfer_selectors import all_asked
from oralu.web.acting import case_address
from oralu.web.components import Crumb
from oralu.web.enrol.child_forms import AnyChildrenForm, ChildrenFormSet, children_formset
from oralu.web.enrol.forms import IdentityForm
from oralu.web.enrol.records import compare, record_words
from oralu.web.enrol.views import ADD, REFUSED, SEE_OTHER, redirect
from oralu.web.screens import StaffRequest, add_errors, screen


def _case(request: StaffRequest, case_id: int) -> Case:
    """Raises Http404: not of this unit, or another unit leads an open case of the person."""
    found = household_case(request.user, case_id)
    if found is None:
        raise Http404
    return found


def _page(request: StaffRequest, case: Case, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    back = case_address(case)
    crumbs = (Crumb(case.person.full_name, back), Crumb(title))
    values = {"case": case, "title": title, "crumbs": crumbs, "back": back, **context}
    refused = bool(context.get("problems")) or bool(getattr(context.get("form"), "errors", None))
    if "rows" in context and context["rows"].is_bound:
        refused = refused or bool(context["rows"].total_error_count())
    return render(request, f"enrol/{template}.html", values, status=REFUSED if refused else 200)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def person_edit(request: StaffRequest, case_id: int) -> HttpResponse:
    """Correct what stands in the papers, the phone, the address."""
    case = _case(request, case_id)
    today = local_day(request.at)
    form = IdentityForm(
        request.POST if request.method == "POST" else None,
        initial=IdentityForm.initial_of(case.person, case),
        today=today,
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                person_change(
                    case=case,
                    data=form.person(is_generated=case.person.is_generated),
                    locality=form.cleaned_data["locality"],
                    actor=request.user,
                    at=request.at,
                )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The person's data are saved."))
            return HttpResponseRedirect(case_address(case), status=SEE_OTHER)
    return _page(
        request,
        case,
        "person_edit",
        _("The person's data"),
        {"form": form, "localities": localities_of(case.region_id)},
    )


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def children(request: StaffRequest, case_id: int) -> HttpResponse:
    """Add, change or remove children; the policy reads whether there are minor ones."""
    case = _case(request, case_id)
    today = local_day(request.at)
    standing = ChildrenFormSet.initial_of(children_of(case.person_id))
    form: Any = None
    if request.method != "POST":
        rows = children_formset(today=today, initial=standing, extra=0 if standing else 1)
        return _page(request, case, "children_edit", _("Children"), {"rows": rows})
    data = request.POST
    if data.get("go") == ADD:
        return _page(request, case, "children_edit", _("Children"), {"rows": _one_more(data, today)})
    rows = children_formset(data, today=today)
    form = AnyChildrenForm({"has_children": "yes"})
    if rows.is_valid():
        try:
            with transaction.atomic():
                changed = children_set(case=case, children=rows.rows, actor=request.user, at=request.at)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("The children are saved.") if changed else _("Nothing was changed."))
            return HttpResponseRedirect(case_address(case), status=SEE_OTHER)
    return _page(request, case, "children_edit", _("Children"), {"rows": rows, "form": form})


def _one_more(data: QueryDict, today: Any) -> ChildrenFormSet:
    typed = data.copy()
    typed["child-TOTAL_FORMS"] = str(min(int(typed.get("child-TOTAL_FORMS") or 0) + 1, 20))
    return children_formset(typed, today=today)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def merge(request: StaffRequest, case_id: int) -> HttpResponse:
    """Records that may be the same person; with `?with=` the two side by side; POST makes them one."""
    case = _case(request, case_id)
    asked = request.POST.get("with") or request.GET.get("with") or ""
    if asked.isdigit():
        return _merge_two(request, case, int(asked))
    person = case.person
    found = duplicates_for(
        actor=request.user,
        surname=person.surname,
        given_name=person.given_name,
        birth_date=person.birth_date,
        iin=person.iin,
        exclude=person.pk,
    )
    hidden = [d.person_id for d in found if d.standing == Standing.ELSEWHERE]
    if hidden:
        duplicates_hidden_record(person_ids=hidden, actor=request.user, at=request.at)
    context = {
        "found": [record_words(d, person.iin) for d in found if d.person is not None],
        "is_hidden": bool(hidden),
        "is_asked": all_asked(request.user, hidden),
        "merges": merges_of(person.pk),
    }
    return _page(request, case, "merge", _("Two records of one person"), context)


def _merge_two(request: StaffRequest, case: Case, person_id: int) -> HttpResponse:
    other = mergeable_person(actor=request.user, case=case, person_id=person_id)
    if other is None or other.person is None:
        return redirect("person-merge", case.pk)
    problems: list[str] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                persons_unite(kept=case.person, absorbed=other.person, actor=request.user, at=request.at)
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, _("The two records are one now. Check the data and the children."))
            return redirect("person-merge", case.pk)
    children_by = {person.pk: children_of(person.pk) for person in (case.person, other.person)}
    context = {
        "other": other.person,
        "other_case": other.case,
        "lines": compare(case.person, other.person, children_by),
        "problems": problems,
        "both_open": other.standing == Standing.OPEN_HERE and case.state != "closed",
    }
    title = _("Make two records one")
    return _page(request, case, "merge_two", title, context)


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def unmerge(request: StaffRequest, case_id: int, merge_id: int) -> HttpResponse:
    """Undo a merge: what was moved goes back."""
    case = _case(request, case_id)
    done = get_object_or_404(merges_of(case.person_id), pk=merge_id)
    problems: list[str] = []
    if request.method == "POST":
        try:
            with transaction.atomic():
                persons_part(merge=done, actor=request.user, at=request.at)
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, _("The merge is undone: there are two records again."))
            return redirect("person-merge", case.pk)
    return _page(request, case, "unmerge", _("Undo a merge"), {"merge": done, "problems": problems})
