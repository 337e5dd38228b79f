"""What has been opened, told to the officer: the act that falls due first, with its one act beside it, then the others,
what waits and for what, and what is still to be asked. The person's own copy is `opened_paper`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.routing.case_file import CaseFile, case_file
from oralu.apps.routing.enrol_selectors import still_to_ask, tells_of_protection, threatened
from oralu.policyfiles import load_edition
from oralu.web.acting import case_address
from oralu.web.case.needs import NeedRow, needs_of
from oralu.web.components import Act, Crumb
from oralu.web.context import address
from oralu.web.presenting import rule_of, strip_of
from oralu.web.screens import StaffRequest, lang, screen


@dataclass(frozen=True)
class Row:
    """A need as the officer reads it after the enrolment: `who` answers for it, `act` is what moves it on or records
    what has been done. `is_spoken`: for a threatened person it is told by word of mouth and stands on no paper."""

    need: NeedRow
    who: str
    act: Act | None
    is_spoken: bool

    @property
    def is_waiting(self) -> bool:
        return bool(self.need.waits)


@dataclass(frozen=True)
class Question:
    """What is still to be asked, and where its answer is recorded."""

    text: str
    name: str
    href: str


def rows_of(needs: tuple[NeedRow, ...], case: Case, actor: User, spoken: frozenset[str]) -> list[Row]:
    """By the next deadline, as the needs come. The consent stands above all of them once, not at each."""
    consent = reverse("consent", args=[case.pk])
    rows = []
    for need in needs:
        act = need.act if need.act is not None and need.act.href != consent else need.reached
        quiet = replace(act, tone="secondary") if act is not None else None
        rows.append(Row(need, _who(need, case, actor), quiet, need.key in spoken))
    return rows


def _who(need: NeedRow, case: Case, actor: User) -> str:
    if not need.is_own:
        return "" if need.referral or need.contacts else _("Addressee: %(kind)s.") % {"kind": need.addressee}
    if case.officer_id == actor.pk:
        return _("You do this yourself.")
    return _("Done by: %(name)s.") % {"name": case.officer.full_name if case.officer else case.unit}


def _spoken(file: CaseFile) -> frozenset[str]:
    """The needs of a threatened person that stand on no paper: told at home they would tell of the protection."""
    told = set()
    for need in file.needs:
        attempt = next(reversed(file.referrals.get(need.pk, ())), None)
        if tells_of_protection(load_edition(need.edition), rule_of(need), attempt.agency if attempt else None):
            told.add(f"need-{need.pk}")
    return frozenset(told)


def _consent_act(case: Case) -> Act:
    return Act(_("Record the consent"), reverse("consent", args=[case.pk]))


@screen(Permission.CASE_WORK, audit=Audit.READ)
def enrolled(request: StaffRequest, case_id: int) -> HttpResponse:
    """What has been opened for a case, the most urgent first."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    file = case_file(case=case, at=request.at)
    is_threatened = threatened(file.frame, file.edition, file.on)
    spoken = _spoken(file) if is_threatened else frozenset()
    rows = rows_of(needs_of(file, request.at, request.user).open, case, request.user, spoken)
    running = [row for row in rows if not row.is_waiting]
    first = running[0] if running else None
    if first is not None and first.act is not None:
        first = replace(first, act=replace(first.act, tone="primary"))
    title = _("This is what has been opened")
    context = {
        "case": case,
        "title": title,
        "crumbs": (Crumb(case.person.full_name, case_address(case)), Crumb(title)),
        "strip": strip_of(case),
        "first": first,
        "going": running[1:],
        "waiting": [row for row in rows if row.is_waiting],
        "questions": [
            Question(fact.question(lang()), fact.name, reverse("fact-record", args=[case.pk, fact.name]))
            for fact in still_to_ask(file.frame, file.edition, file.on)
        ],
        "consent_act": None if file.is_consented or file.is_closed else _consent_act(case),
        "consent_form": reverse("consent-pdf", args=[case.pk]),
        "is_threatened": is_threatened,
        "case_href": case_address(case),
        "paper_href": address("enrolled-paper", case.pk),
        "at": request.at,
    }
    return render(request, "enrol/opened.html", context)
