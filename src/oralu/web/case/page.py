"""The page of a case, and its journal further back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.emergency_selectors import emergency_in
from oralu.apps.cases.models import Plan
from oralu.apps.cases.reaching import is_open_to
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import AccessKind
from oralu.apps.routing.case_file import CaseFile, case_file, edition_for
from oralu.apps.routing.case_selectors import all_needs, case_journal
from oralu.core.edition import Edition
from oralu.web.case.cards import domain_cards, in_columns
from oralu.web.case.days import case_line, next_change
from oralu.web.case.head import (
    children_of,
    documents_of,
    head_of,
    person_links,
    person_terms,
    strip_of_file,
)
from oralu.web.case.health import health_of
from oralu.web.case.journal_words import Line, journal_lines, notes_of
from oralu.web.case.needs import needs_of
from oralu.web.case.offence_views import offence_terms
from oralu.web.case.plan_views import steps_by_domain
from oralu.web.components import Act, Crumb, Pager
from oralu.web.context import address
from oralu.web.presenting import service_label
from oralu.web.screens import StaffRequest, screen

JOURNAL = 15


@screen(Permission.CASE_READ, audit=Audit.READ)
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Everything of a case on one page."""
    found = get_object_or_404(cases_visible_to(request.user, Permission.CASE_READ), pk=case_id)
    is_own = found.unit_id == request.user.agency_id and is_open_to(request.user, found)
    emergency = None if is_own else emergency_in(found, request.user)
    if emergency is not None:
        request.access_kind = AccessKind.EMERGENCY
    file = case_file(case=found, at=request.at, is_read_only=not is_own)
    needs = needs_of(file, request.at, request.user)
    lines, pager = _journal(request, found.pk, file.edition, {n.pk: service_label(n) for n in file.needs})
    context = {
        "case": found,
        "file": file,
        "head": head_of(file, request.user),
        "strip": strip_of_file(file),
        "line": case_line(file, request.at),
        "change": next_change(file),
        "columns": in_columns(domain_cards(file)),
        "needs": needs,
        "first": needs.open[0] if needs.open else None,
        "plan": _plan(file),
        "terms": (*person_terms(file), *(offence_terms(found, request.user) if is_own else ())),
        "emergency": emergency,
        "children": children_of(file),
        "person_links": person_links(found, is_read_only=not is_own),
        "offence_act": _offence_act(file) if is_own else None,
        "consent_act": _consent_act(file),
        "documents": documents_of(file),
        "notes": notes_of(file),
        "health": health_of(file),
        "opened_href": address("enrolled", found.pk) if is_own else "",
        "note_act": _note_act(file),
        "journal": lines,
        "pager": pager,
        "crumbs": (Crumb(_("Caseload"), address("caseload") or "/"), Crumb(f"№ {found.pk}")),
        "at": request.at,
    }
    return render(request, "case/case.html", context)


@screen(Permission.CASE_READ, audit=Audit.READ)
def journal(request: StaffRequest, case_id: int) -> HttpResponse:
    """The journal from an entry on, older and older."""
    found = get_object_or_404(cases_visible_to(request.user, Permission.CASE_READ), pk=case_id)
    edition = edition_for(case=found, at=request.at)
    lines, pager = _journal(request, found.pk, edition, {n.pk: service_label(n) for n in all_needs(case=found)})
    back = reverse("case", args=[found.pk]) + "#journal"
    context = {
        "case": found,
        "journal": lines,
        "pager": pager,
        "crumbs": (Crumb(f"{found.person.full_name}, № {found.pk}", back), Crumb(_("Journal"))),
    }
    return render(request, "case/journal.html", context)


def _journal(request: StaffRequest, case_id: int, edition: Edition, needs: dict[int, str]) -> tuple[list[Line], Pager]:
    before = request.GET.get("before", "")
    entries, is_more = case_journal(case_id=case_id, before=int(before) if before.isdecimal() else None, limit=JOURNAL)
    older = f"{reverse('case-journal', args=[case_id])}?before={entries[-1].pk}" if is_more else ""
    return journal_lines(entries, edition=edition, needs=needs), Pager(next_href=older)


def _plan(file: CaseFile) -> dict[str, object]:
    """The plan as the page shows it: the version in force (the draft, while none is agreed), and the others."""
    agreed = next((p for p in file.plans if p.state == Plan.State.AGREED), None)
    draft = next((p for p in file.plans if p.state == Plan.State.DRAFT), None)
    shown = agreed or draft
    acts = []
    pk = file.case.pk
    if not file.is_closed:
        if draft is not None:
            acts.append(Act(_("Record the agreement"), reverse("plan-agree", args=[pk]), tone="secondary"))
            acts.append(Act(_("Change the draft"), reverse("plan", args=[pk]), tone="quiet"))
        else:
            label = _("Write a new version") if agreed else _("Write the plan")
            acts.append(Act(label, reverse("plan", args=[pk]), tone="secondary"))
    return {
        "shown": shown,
        "draft": draft if agreed else None,
        "groups": steps_by_domain(shown, file.edition) if shown else [],
        "acts": acts,
        "print_href": reverse("plan-print", args=[pk]) if shown else "",
        "versions": file.plans,
        "late_before": file.on,
    }


def _note_act(file: CaseFile) -> Act | None:
    if file.is_closed:
        return None
    return Act(_("Add a note"), reverse("note-add", args=[file.case.pk]), tone="secondary")


def _offence_act(file: CaseFile) -> Act | None:
    if file.is_closed:
        return None
    return Act(_("Offence and sentence"), reverse("offence", args=[file.case.pk]), tone="quiet")


def _consent_act(file: CaseFile) -> Act | None:
    if file.is_closed:
        return None
    if file.is_consented:
        return Act(
            _("Record the withdrawal of the consent"), reverse("consent-withdraw", args=[file.case.pk]), tone="quiet"
        )
    return Act(_("Record the consent"), reverse("consent", args=[file.case.pk]), tone="secondary")
