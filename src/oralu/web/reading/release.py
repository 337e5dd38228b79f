"""The preparation of a release: what the staff of a penal institution see of a case, until the day of release."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.composed import RELEASE_FACTS, UNTOLD_DOMAINS
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case
from oralu.apps.routing.composed_selectors import agreed_plan, prepared_cases
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.lifecycle import release_date_move
from oralu.web.acting import deed_under, perform, sent
from oralu.web.case.forms import ReleaseForm
from oralu.web.components import Act, Crumb, Empty, Term
from oralu.web.reading.showing import fact_section, record_fact
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localdate

SHOWN = 500


@require_safe
@screen(Permission.RELEASE, audit=Audit.READ)
def index(request: StaffRequest) -> HttpResponse:
    on = local_day(request.at)
    section = Section(
        "cases",
        _("Releases that you prepare"),
        lead=_("The nearest release first. On the day of release the case leaves this list by itself."),
        head=(_("Person"), _("Date of release"), _("Left")),
        rows=[
            (
                Cell(one.person.full_name, reverse("release-case", args=[one.pk]), note=f"№\u00a0{one.pk}"),
                Cell(localdate(one.released_on) or _("not known")),
                Cell(_left(one, on)),
            )
            for one in prepared_cases(request.user)[:SHOWN]
        ],
        empty=Empty(
            _("No release is prepared here now"),
            _("When a probation unit names your institution in a case, the person appears here: papers, day, plan."),
        ),
    )
    return composed(request, title=_("Before release"), sections=(section,))


def _left(case: Case, on: date) -> str:
    if case.released_on is None:
        return ""
    days = (case.released_on - on).days
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@require_safe
@screen(Permission.RELEASE, audit=Audit.READ)
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """The papers, the date of release and the plan but for what it says of health; nothing else of the case."""
    found = get_object_or_404(prepared_cases(request.user), pk=case_id)
    plan = agreed_plan(found)
    steps = [step for step in plan.steps.all() if step.domain not in UNTOLD_DOMAINS] if plan is not None else []
    sections = (
        Section(
            "release",
            pgettext("heading", "Release"),
            terms=_terms(found, local_day(request.at)),
            acts=(Act(_("Move the date of release"), reverse("release-day", args=[found.pk]), tone="secondary"),),
        ),
        fact_section(request, found, RELEASE_FACTS, _("Papers"), "release-fact"),
        Section(
            "plan",
            _("Plan"),
            head=(_("Goal"), _("Step"), _("By")),
            rows=[(Cell(step.goal), Cell(step.action), Cell(localdate(step.due_on))) for step in steps],
            empty=_("No plan has been agreed yet."),
        ),
    )
    crumbs = (Crumb(_("Before release"), reverse("release")), Crumb(f"№ {found.pk}"))
    return composed(request, title=found.person.full_name, sections=sections, crumbs=crumbs)


def _terms(case: Case, on: date) -> tuple[Term, ...]:
    """The day, and whom the institution calls about it."""
    officer, unit = case.officer, case.unit
    phone = unit.phone or unit.duty_contact
    return (
        Term(_("Date of release"), localdate(case.released_on) or _("not known"), note=_left(case, on)),
        Term(
            _("Case manager"),
            officer.full_name if officer else _("nobody yet"),
            note=officer.phone if officer else "",
        ),
        Term(_("Probation unit"), str(unit), note=phone),
    )


@screen(Permission.RELEASE, audit=Audit.CHANGE)
def fact(request: StaffRequest, case_id: int, name: str) -> HttpResponse:
    found = get_object_or_404(prepared_cases(request.user), pk=case_id)
    return record_fact(request, found, name, names=RELEASE_FACTS, back=reverse("release-case", args=[found.pk]))


@screen(Permission.RELEASE, audit=Audit.CHANGE)
def day(request: StaffRequest, case_id: int) -> HttpResponse:
    found = get_object_or_404(prepared_cases(request.user), pk=case_id)
    page = reverse("release-case", args=[found.pk])
    deed = deed_under(
        Crumb(_("Before release"), reverse("release")),
        Crumb(f"{found.person.full_name}, №\u00a0{found.pk}", page),
        title=_("Move the date of release"),
        heading=found.person.full_name,
        submit=_("Record"),
        done=_("The date of release is recorded."),
        form=ReleaseForm(*sent(request), initial={"released_on": found.released_on}),
        run=lambda data: release_date_move(case=found, **data, actor=request.user, at=request.at),
        onward=reverse("release"),
        records=(_("the old date and the new one, with the reason"),),
    )
    return perform(request, deed)
