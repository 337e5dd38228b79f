"""“This is what has been opened”, told to the person: every open need in plain sentences, for whom, by whom, by when,
and what waits. To be read aloud and handed over on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.enrol_selectors import Opened, OpenedNeed, opened_for, protected_domains, tells_of_protection
from oralu.policyfiles import load_edition
from oralu.web.components import Countdown
from oralu.web.context import address
from oralu.web.countdown import moment
from oralu.web.presenting import addressee_label, need_countdown, rule_of, service_label
from oralu.web.screens import StaffRequest, lang, screen

STANDING = ("waiting", "paused")


@dataclass(frozen=True)
class Line:
    """One opened need. `sentences` are what is read aloud; `where` is where the person goes, never a refuge."""

    what: str
    sentences: tuple[str, ...]
    where: str
    countdown: Countdown
    waits: bool


def is_spoken(row: OpenedNeed) -> bool:
    """Whether a need of a threatened person is told by word of mouth and stands on no paper."""
    edition = load_edition(row.need.edition)
    return tells_of_protection(edition, rule_of(row.need), row.referral and row.referral.agency)


def line_of(row: OpenedNeed, case: Case, at: datetime) -> Line:
    """A need in words."""
    referral = row.referral
    waits = row.intervals[-1].kind in STANDING
    sentences = [_who(row, case)]
    if waits:
        reason = rule_of(row.need).waits_why(lang())
        sentences.append(_("It waits: %(reason)s") % {"reason": reason} if reason else _("It waits."))
    else:
        sentences += _by_when(row)
    if referral is not None and referral.state == Referral.State.WAITING_CONSENT:
        sentences.append(_("Nothing is sent until you have signed the consent."))
    return Line(
        what=str(capfirst(service_label(row.need))),
        sentences=tuple(sentences),
        where=_where(referral),
        countdown=need_countdown(row.need, row.clock, row.intervals, at),
        waits=waits or (referral is not None and referral.state == Referral.State.WAITING_CONSENT),
    )


def _who(row: OpenedNeed, case: Case) -> str:
    if row.is_own:
        officer = case.officer.full_name if case.officer else str(case.unit)
        return _("Your probation officer does this: %(name)s.") % {"name": officer}
    kind = str(capfirst(addressee_label(row.need)))
    if row.referral is None and row.need.escalated_no_agency:
        return _("%(kind)s: none with a free place was found. The leadership has been told and decides.") % {
            "kind": kind
        }
    if row.referral is None:
        return _("This is done by: %(kind)s.") % {"kind": kind}
    agency = row.referral.agency
    words = _("This is done by: %(agency)s. Responsible: %(name)s.")
    return words % {"agency": agency, "name": agency.named_person or "—"}


def _by_when(row: OpenedNeed) -> list[str]:
    clock = row.clock
    if clock.limit_at is None:
        return []
    if clock.target_at is None:
        return [_("At the latest: %(limit)s.") % {"limit": moment(clock.limit_at)}]
    words = _("Expected: %(target)s. At the latest: %(limit)s.")
    return [words % {"target": moment(clock.target_at), "limit": moment(clock.limit_at)}]


def _where(referral: Referral | None) -> str:
    if referral is None:
        return ""
    agency = referral.agency
    if agency.is_refuge:
        return ", ".join(filter(None, (_("the address is told by word of mouth only"), agency.phone)))
    return ", ".join(filter(None, (agency.where, agency.phone)))


@require_safe
@screen(Permission.CASE_LEAD, audit=Audit.CHANGE)
def paper(request: StaffRequest, case_id: int) -> HttpResponse:
    """The copy that the person takes home. What may not be read there is not composed into it at all, so that neither
    the paper nor the file of the page tells of it."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    opened = opened_for(case=case, at=request.at)
    told = [row for row in opened.needs if not (opened.is_threatened and is_spoken(row))]
    context = _told(case, opened, [line_of(row, case, request.at) for row in told], request.at)
    if opened.is_threatened:
        hidden = protected_domains(opened.edition)
        context["unknown"] = [fact.question(lang()) for fact in opened.unknown if fact.domain not in hidden]
    entry_record(kind="case.paper_composed", actor=request.user, at=request.at, case_id=case.pk)
    return render(request, "enrol/paper.html", context | {"back": address("enrolled", case.pk)})


def _told(case: Case, opened: Opened, lines: list[Line], at: datetime) -> dict[str, Any]:
    """What is told of the needs of a case."""
    return {
        "case": case,
        "going": [line for line in lines if not line.waits],
        "waiting": [line for line in lines if line.waits],
        "unknown": [fact.question(lang()) for fact in opened.unknown],
        "at": at,
    }
