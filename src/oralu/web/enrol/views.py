"""Enrolment, step by step. Each page keeps what was typed before it judges it: nothing is lost by an error, by going
back or by leaving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.routing.enrol_selectors import (
    Standing,
    case_of_draft,
    draft_lock,
    edition_for,
    localities_of,
)
from oralu.apps.routing.enrol_services import draft_enrol
from oralu.apps.routing.household import duplicates_hidden_record
from oralu.apps.routing.policies import NoEditionError
from oralu.apps.routing.transfer_selectors import all_asked
from oralu.web.enrol.child_forms import children_formset
from oralu.web.enrol.drafts import WANTED, Draft, changing, draft_drop, draft_new, draft_of
from oralu.web.enrol.entry import entry_of, typed_name
from oralu.web.enrol.flow import ANOTHER, FACTS, Flow
from oralu.web.enrol.records import record_words
from oralu.web.enrol.summary import sections, told
from oralu.web.enrol.uploads import forget
from oralu.web.screens import StaffRequest, lang, screen

SEE_OTHER = 303
REFUSED = 422
BACK, LATER, ADD, TO = "back", "later", "add", "to:"
NEXT = "next"


def redirect(name: str, *args: object) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=args), status=SEE_OTHER)


def to_step(draft: Draft, key: str) -> HttpResponse:
    return redirect("enrol-step", draft.id, key)


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def start(request: StaffRequest) -> HttpResponse:
    """Begin an enrolment, or go on with one that was left."""
    try:
        edition_for(region_id=request.user.agency.region_id if request.user.agency else "", at=request.at)
    except NoEditionError as error:
        context = {"problem": " ".join(error.messages), "entry": entry_of(request)}
        return render(request, "enrol/start.html", context, status=REFUSED if request.method == "POST" else 200)
    if request.method == "POST":
        return redirect("enrol-step", _begun(request), "identity")
    return render(request, "enrol/start.html", {"entry": entry_of(request)})


def _begun(request: StaffRequest) -> str:
    """A new draft; a search that has found nobody hands over what was looked for, as its name."""
    draft_id = draft_new(request)
    name = typed_name(request.POST.get("name", ""))
    if name is not None:
        with changing(request, draft_id) as draft:
            draft.keep(WANTED, name)
    return draft_id


@require_POST
@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def drop(request: StaffRequest, draft_id: str) -> HttpResponse:
    """Throw an unfinished enrolment away."""
    draft_drop(request, draft_id)
    messages.success(request, _("The unfinished enrolment is removed. Nothing of it was recorded."))
    return redirect("enrol")


@require_POST
@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def keep(request: StaffRequest, draft_id: str, step: str) -> HttpResponse:
    """Keep what is being typed, without judging it. A draft that is enrolled already has nothing more to keep."""
    try:
        with changing(request, draft_id) as draft:
            flow = Flow(request, draft)
            if step not in flow.keys or step in ("same", "review"):
                raise Http404
            draft.keep(step, request.POST)
    except Http404:
        if case_of_draft(actor=request.user, draft=draft_id) is None:
            raise
        return HttpResponse(status=204)
    return render(request, "enrol/_kept.html", {"at": request.at})


@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def step_page(request: StaffRequest, draft_id: str, step: str) -> HttpResponse:
    """One step: a topic and its fields."""
    standing = case_of_draft(actor=request.user, draft=draft_id)
    if standing is not None:
        return redirect("enrolled", standing.pk)
    draft = draft_of(request, draft_id)
    flow = Flow(request, draft)
    if step == NEXT:
        return to_step(draft, next((part.key for part in flow.undone()), "review"))
    if step not in flow.keys:
        raise Http404
    if step == "same":
        return _same(request, flow)
    if step == "review":
        return _review(request, flow)
    if request.method == "POST":
        return _step_sent(request, draft_id, step)
    return _page(request, flow, step, _forms(flow, step))


def _forms(flow: Flow, step: str, data: QueryDict | None = None, request: StaffRequest | None = None) -> dict[str, Any]:
    if step == "children":
        any_children, rows = flow.children(data)
        return {"form": any_children, "rows": rows}
    if step.startswith(FACTS):
        files = request.FILES if request is not None else None
        return {"form": flow.facts(step.removeprefix(FACTS), data, files)}
    if step == "consent":
        return {"form": flow.consent(data), "standing": flow.standing_consent}
    return {"form": flow.identity(data) if step == "identity" else flow.case(data)}


def _step_sent(request: StaffRequest, draft_id: str, step: str) -> HttpResponse:
    go = request.POST.get("go", "")
    with changing(request, draft_id) as draft:
        draft.keep(step, request.POST)
        flow = Flow(request, draft)
        forms = _forms(flow, step, request.POST, request)
        form = forms["form"]
        form.is_valid()
        if step.startswith(FACTS):
            _files_keep(draft, form)
        if step == "children" and go == ADD:
            return _page(request, flow, step, forms | {"rows": _one_more(flow)})
        refused_file = any(name.endswith("-file") for name in form.errors)
        if go == LATER and not refused_file:
            return redirect("enrol")
        if go == BACK and not refused_file:
            return to_step(draft, flow.before(step))
        if go.startswith(TO) and not refused_file:
            return to_step(draft, go.removeprefix(TO))
        if refused_file or not flow.is_done(step):
            _explain(step, forms)
            return _page(request, flow, step, forms, status=REFUSED)
        if step == "identity" and not flow.is_same_decided:
            found = flow.duplicates()
            draft.same_person = {"digest": flow.identity_digest(), "found": bool(found), "choice": None}
        if step == "identity":
            return to_step(draft, "same" if draft.same_person.get("found") else "case")
        return to_step(draft, flow.after(step))


def _explain(step: str, forms: Mapping[str, Any]) -> None:
    """What is not wrong in any field and still keeps the step from being done."""
    form = forms["form"]
    if step == "children" and form.is_valid() and not forms["rows"].total_error_count():
        form.add_error("has_children", _("Tell of at least one child: it is enough to say with whom the child lives."))


def _files_keep(draft: Draft, form: Any) -> None:
    for name in (*form.dropped, *form.new_files):
        old = draft.files.pop(name, None)
        if old is not None:
            transaction.on_commit(lambda old=old: forget(old))
    draft.files |= form.new_files


def _one_more(flow: Flow) -> Any:
    """The children with an empty row added, nothing judged."""
    data = flow.draft.data("children") or QueryDict(mutable=True)
    count = min(int(data.get("child-TOTAL_FORMS") or 0) + 1, 20)
    data["child-TOTAL_FORMS"] = str(count)
    flow.draft.keep("children", data)
    return children_formset(data, today=flow.today)


def _page(request: StaffRequest, flow: Flow, step: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    template = "facts" if step.startswith(FACTS) else step
    steps = flow.steps(step, refused=status == REFUSED)
    values = {
        "draft": flow.draft,
        "step": step,
        "title": flow.heading(step),
        "steps": steps,
        "position": next(n for n, part in enumerate(steps, start=1) if part.current),
        "is_first": step == "identity",
        **context,
    }
    if step == "identity":
        values["localities"] = localities_of(flow.user.agency.region_id if flow.user.agency else "")
    return render(request, f"enrol/{template}.html", values, status=status)


def _same(request: StaffRequest, flow: Flow) -> HttpResponse:
    """Who may be the same person. Of a record of another unit only that there is one, and that is journalled."""
    if not flow.is_done("identity"):
        return to_step(flow.draft, "identity")
    found = flow.duplicates()
    if not found:
        with changing(request, flow.draft.id) as draft:
            draft.same_person = {"digest": flow.identity_digest(), "found": False, "choice": None}
        return to_step(flow.draft, "case")
    problem = ""
    if request.method == "POST":
        usable = {d.person_id: d.person for d in found if d.standing == Standing.CLOSED_HERE}
        choice = request.POST.get("choice", "")
        if choice == ANOTHER or (choice.isdigit() and int(choice) in usable):
            with changing(request, flow.draft.id) as draft:
                if choice != ANOTHER:
                    _fill_in(draft, usable[int(choice)])
                decided = Flow(request, draft)
                picked: object = ANOTHER if choice == ANOTHER else int(choice)
                draft.same_person = {"digest": decided.identity_digest(), "found": True, "choice": picked}
            return to_step(flow.draft, "case")
        problem = _("Choose: one of the records, or another person.")
    hidden = [d.person_id for d in found if d.standing == Standing.ELSEWHERE]
    if hidden and request.method == "GET":
        duplicates_hidden_record(person_ids=hidden, actor=request.user, at=request.at)
    context = {
        "found": [record_words(d, flow.draft.one("identity", "iin")) for d in found if d.person is not None],
        "is_hidden": bool(hidden),
        "is_asked": all_asked(request.user, hidden),
        "chosen": str(flow.draft.same_person.get("choice") or "") if flow.is_same_decided else "",
        "problem": problem,
    }
    return _page(request, flow, "same", context, status=REFUSED if problem else 200)


def _fill_in(draft: Draft, person: Any) -> None:
    """What was left empty and is known of the recorded person: it must not be wiped by using the record."""
    typed = draft.typed["identity"]
    for name in ("patronymic", "phone", "address", "iin"):
        if not (typed.get(name) or [""])[-1].strip() and getattr(person, name):
            typed[name] = [getattr(person, name)]
            if name == "iin":
                typed.pop("no_iin", None)
    if not typed.get("languages") and person.languages:
        typed["languages"] = list(person.languages)


def _words(flow: Flow, error: ValidationError) -> list[str]:
    """What the service refused; a refusal of a fact names it."""
    if not hasattr(error, "error_dict"):
        return error.messages
    facts = flow.edition.fact_by_name
    return [
        f"{facts[name].label(lang())}: {message}" if name in facts else str(message)
        for name, found in error.message_dict.items()
        for message in found
    ]


def _review(request: StaffRequest, flow: Flow) -> HttpResponse:
    """Everything once more in words; then the case is opened."""
    if request.method == "POST":
        return _enrol(request, flow.draft.id)
    return _review_page(request, flow)


def _review_page(request: StaffRequest, flow: Flow, problems: list[str] | None = None) -> HttpResponse:
    context = {
        "sections": sections(flow),
        "undone": flow.undone(),
        "problems": problems or [],
        "is_consented": any(s.key == "consent" for s in sections(flow)),
    }
    refused = request.method == "POST"
    return _page(request, flow, "review", context, status=REFUSED if refused else 200)


def _enrol(request: StaffRequest, draft_id: str) -> HttpResponse:
    """Open the case. A double click finds the lock, then the case, and opens nothing more."""
    draft_lock(draft_id)
    standing = case_of_draft(actor=request.user, draft=draft_id)
    if standing is not None:
        return redirect("enrolled", standing.pk)
    flow = Flow(request, draft_of(request, draft_id))
    if flow.undone():
        return _review_page(request, flow)
    try:
        with transaction.atomic():
            said = told(flow)
            case = draft_enrol(
                draft=draft_id,
                enrolment=said.enrolment,
                person=said.person,
                person_id=flow.person_id,
                children=said.children,
                actor=request.user,
                at=request.at,
            )
    except ValidationError as error:
        return _review_page(request, flow, _words(flow, error))
    except IntegrityError:
        return _review_page(request, flow, [_("Somebody enrolled this person at this moment. Look for the case.")])
    draft_drop(request, draft_id)
    messages.success(request, _("The case is opened."))
    return redirect("enrolled", case.pk)
