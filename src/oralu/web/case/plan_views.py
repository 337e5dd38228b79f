"""The individual plan: its draft, the agreement with the person, its steps, its paper."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case, CaseState, Plan, Step
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.cases.services import step_done
from oralu.apps.journal.selectors import entry_last
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.case_selectors import open_needs, plans_visible_to, steps_visible_to
from oralu.apps.routing.enrol_selectors import is_threatened, protected_domains
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planwork import plan_agree, plan_draft
from oralu.core.edition import Edition
from oralu.web.acting import (
    CONFLICT,
    ChangedMeanwhileError,
    case_address,
    case_crumb,
    case_deed,
    changes_told,
    is_own,
    perform,
    sent,
    standing,
    still_as_seen,
)
from oralu.web.case.forms import DayForm
from oralu.web.case.journal_words import Line
from oralu.web.case.plan_forms import AgreeForm, PlanRows, rows_of, rows_suggested
from oralu.web.components import Crumb
from oralu.web.over import over, told
from oralu.web.screens import StaffRequest, lang, screen


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def plan(request: StaffRequest, case_id: int) -> HttpResponse:
    """Write a draft, or change it. A change of an agreed plan is a new version beside it."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    if case.state == CaseState.CLOSED:
        messages.error(request, _("This case is closed: nothing more can be recorded in it."))
        return redirect("case", case_id=case.pk)
    changes: list[Line] = []
    seen = standing(request, case)
    edition = edition_for(case=case, at=request.at)
    latest = plans_visible_to(request.user).filter(case=case).first()
    posted = request.POST if request.method == "POST" else None
    rows = PlanRows(posted, initial=_initial(request, case, latest, edition), edition=edition, lang=lang())
    if posted is not None and "add" not in posted and rows.is_valid():
        try:
            with transaction.atomic():
                still_as_seen(request, case)
                plan_draft(case=case, steps=rows.steps(), actor=request.user, at=request.at)
        except ChangedMeanwhileError:
            changes = changes_told(request, case)
            seen = standing(request, case, changes)
        except ValidationError as error:
            rows.problem = " ".join(error.messages)
        else:
            messages.success(request, _("The draft of the plan is saved. Read it with the person and agree it."))
            response = redirect(case_address(case, "plan"))
            response.status_code = 303
            return response
    status = CONFLICT if changes else 422 if rows.errors else 200
    context = {
        "case": case,
        "rows": rows,
        "seen": seen,
        "changes": changes,
        "is_own": is_own(request, changes),
        "standing_href": reverse("plan-print", args=[case.pk]) if changes and latest else "",
        "latest": latest,
        "is_suggested": posted is None and latest is None and any(f.initial for f in rows.forms),
        "crumbs": (Crumb(f"{case.person.full_name}, № {case.pk}", case_address(case, "plan")), Crumb(_("Plan"))),
    }
    return render(request, "case/plan_edit.html", context, status=status)


def _initial(request: StaffRequest, case: Case, latest: Plan | None, edition: Edition) -> list[dict[str, object]]:
    if latest is not None:
        return rows_of(latest, undone=latest.state == Plan.State.AGREED)
    return rows_suggested(open_needs(case=case), edition, lang(), local_day(request.at))


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def agree(request: StaffRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    plans = plans_visible_to(request.user).filter(case=case)
    draft = plans.filter(state=Plan.State.DRAFT).first()
    if draft is None:
        get_object_or_404(plans, state=Plan.State.AGREED)
        entry = entry_last(case_id=case.pk, kinds=("plan.agreed",))
        title = _("Record the agreement of the plan")
        return over(request, case_crumb(case, "plan"), title=title, heading=case.person.full_name, done=told(entry))
    form = AgreeForm(
        *sent(request),
        title=_("Signed individual reintegration plan, version %(n)d") % {"n": draft.version},
        initial={"agreed_on": local_day(request.at)},
    )
    return perform(
        request,
        case_deed(
            case,
            title=_("Record the agreement of the plan"),
            submit=_("Record"),
            done=_("The plan is agreed."),
            form=form,
            run=lambda data: plan_agree(
                plan=draft, agreed_on=data["agreed_on"], agreement=form.proof(), actor=request.user, at=request.at
            ),
            lead=_("The person has read the plan, agreed and signed it."),
            records=(
                _("the agreement with the signed plan as its proof; the version before it is replaced"),
                _("a new evaluation: needs open or close by it at once"),
            ),
            anchor="plan",
        ),
    )


@screen(Permission.CASE_WORK, audit=Audit.READ)
def plan_print(request: StaffRequest, case_id: int) -> HttpResponse:
    """The plan on paper, for the person to read and sign. Under a threat the copy for the person is composed without
    the steps that would tell at home of a safe place; `?whole` is the copy for the file."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    found = plans_visible_to(request.user).filter(case=case)
    version = request.GET.get("version", "")
    shown = get_object_or_404(found, version=int(version)) if version.isdecimal() else found.first()
    if shown is None:
        return redirect("plan", case_id=case.pk)
    edition = edition_for(case=case, at=request.at)
    threatened = is_threatened(case=case, edition=edition, at=request.at)
    whole = "whole" in request.GET
    left_out = protected_domains(edition) if threatened and not whole else frozenset()
    query = f"version={shown.version}"
    context = {
        "case": case,
        "plan": shown,
        "groups": steps_by_domain(shown, edition, without=left_out),
        "at": request.at,
        "is_threatened": threatened,
        "is_whole": whole,
        "other_href": f"?{query}" if whole else f"?{query}&whole",
    }
    return render(request, "case/plan_print.html", context)


def steps_by_domain(plan: Plan, edition: Edition, *, without: Collection[str] = ()) -> list[tuple[str, list[Step]]]:
    """The steps under the name of their domain, in the order of the edition; some domains may be left out."""
    order = {code: n for n, code in enumerate(edition.domains)}
    kept = [s for s in plan.steps.all() if s.domain not in without]
    steps = sorted(kept, key=lambda s: (order.get(s.domain, len(order)), s.due_on, s.pk))
    groups = []
    for code, found in groupby(steps, key=lambda s: s.domain):
        name = edition.label("domain", code, lang()) if code in order else code
        groups.append((name, list(found)))
    return groups


@screen(Permission.CASE_WORK, audit=Audit.CHANGE)
def step(request: StaffRequest, step_id: int) -> HttpResponse:
    found = get_object_or_404(steps_visible_to(request.user), pk=step_id)
    today = local_day(request.at)
    form = DayForm(*sent(request), label=_("Done on"), initial=found.done_on or today, required=found.done_on is None)
    if found.done_on is not None:
        form.fields["day"].help_text = _("Leave it empty if the step is not done after all.")

    def run(data: dict) -> None:
        if data["day"] is not None and data["day"] > today:
            raise ValidationError({"day": _("The day lies in the future.")})
        step_done(step=found, done_on=data["day"], actor=request.user, at=request.at)

    return perform(
        request,
        case_deed(
            found.plan.case,
            title=_("Mark the step as done"),
            submit=_("Record"),
            done=_("The step is marked."),
            form=form,
            run=run,
            lead=found.action or found.goal,
            anchor="plan",
        ),
    )
