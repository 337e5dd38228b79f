"""The caseload: every case of the unit, found by name, number, state or trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.caseload_selectors import cases_counted, cases_found, cases_ordered, cases_page
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.reading import seen
from oralu.apps.journal.services import entry_record
from oralu.web.caseload.asking import Asked, asked
from oralu.web.caseload.export import streamed
from oralu.web.components import Act, Countdown, Empty, Pager, Strip, Text, days_between
from oralu.web.context import address
from oralu.web.countdown import ALMATY, countdown
from oralu.web.enrol.entry import Entry, entry_of, typed_name
from oralu.web.line import day_label
from oralu.web.presenting import edition_of, risk_code, strip_of
from oralu.web.screens import StaffRequest, lang, screen

PAGE = 25


@dataclass(frozen=True)
class Row:
    """A case in the list."""

    id: int
    name: str
    href: str
    day: Text
    state: Text
    strip: Strip
    risk: str
    clock: Countdown | None
    service: str
    officer: str


@require_safe
@screen(Permission.CASE_LIST, audit=Audit.READ)
def caseload(request: StaffRequest) -> HttpResponse:
    today = request.at.astimezone(ALMATY).date()
    question = asked(request.GET, request.user, on=today)
    found = cases_found(request.user, question.wanted, on=today)
    after = request.GET.get("after", "")
    cases, has_more = cases_page(found, question.order, after=int(after) if after.isdecimal() else None, size=PAGE)
    count, is_more = cases_counted(found)
    entry = entry_of(request)
    context = {
        "question": question,
        "rows": [_row(case, request.at, today) for case in cases],
        "pager": _pager(request, question, cases, has_more=has_more),
        "count": _counted(count, is_more=is_more),
        "empty": _empty(question, entry) if not cases else None,
        "entry": entry,
        "wanted_name": question.wanted.q if entry and not cases and typed_name(question.wanted.q) else "",
        "export_href": f"{reverse('caseload-csv')}?{urlencode(question.query)}" if cases else "",
        "reset": reverse("caseload"),
        "is_search": request.resolver_match is not None and request.resolver_match.url_name == "search",
    }
    return render(request, "caseload/caseload.html", context)


def _row(case: Case, at: datetime, today: date) -> Row:
    edition = edition_of(case)
    clock, service = None, ""
    if case.next_due_at is not None and case.state != CaseState.CLOSED:
        clock = countdown(state="running", at=at, due_at=case.next_due_at)
        service = capfirst(edition.label("service", case.next_need, lang()))
    return Row(
        id=case.pk,
        name=case.person.full_name,
        href=address("case", case.pk),
        day=day_label(days_between(case.enrolled_on, case.closed_on or today)),
        state="" if case.state == CaseState.OPEN else case.get_state_display(),
        strip=strip_of(case),
        risk=risk_code(case),
        clock=clock,
        service=service,
        officer=case.officer.full_name if case.officer else _("no case manager"),
    )


def _pager(request: StaffRequest, question: Asked, cases: list[Case], *, has_more: bool) -> Pager:
    base = reverse("caseload")
    following = f"{base}?{urlencode({**question.query, 'after': cases[-1].pk})}" if has_more else ""
    first = f"{base}?{urlencode(question.query)}" if "after" in request.GET and not request.htmx else ""
    return Pager(following, first, len(cases) if following or first else None)


def _counted(count: int, *, is_more: bool) -> str:
    if is_more:
        return _("More than %(n)s cases") % {"n": count}
    return ngettext("%(n)s case", "%(n)s cases", count) % {"n": count}


def _empty(question: Asked, entry: Entry | None) -> Empty:
    if question.wanted.q:
        return Empty(
            _("Nobody has been found"),
            _("Check the spelling. Words of a name are searched from their first letters; an IIN has 12 digits."),
            "search",
        )
    if question.chosen:
        again = Act(_("Show all"), reverse("caseload"), tone="secondary")
        return Empty(_("No case fits this filter"), _("Take away a part of it."), "search", again)
    return Empty(
        _("There are no cases on the register of this unit"),
        _("Register the first person."),
        "people",
        Act(_("Register a person"), entry.href) if entry else None,
    )


@require_safe
@screen(Permission.CASE_EXPORT, audit=Audit.EXPORT)
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The cases of the same filter as a table for a spreadsheet. The journal keeps who took out whose data; it is
    written before the first of them leaves, since this transaction ends before the stream begins."""
    today = request.at.astimezone(ALMATY).date()
    question = asked(request.GET, request.user, on=today)
    found = cases_ordered(cases_found(request.user, question.wanted, on=today), question.order)
    ids = list(found.values_list("pk", flat=True))
    seen(ids)
    entry_record(kind="caseload.exported", actor=request.user, at=request.at, cases=ids)
    response = StreamingHttpResponse(streamed(request.user, ids, lang(), today), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="oralu-cases-{today.isoformat()}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
