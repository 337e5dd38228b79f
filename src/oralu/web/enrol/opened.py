"""“This is what has been opened”: every open need in plain sentences, for whom, by whom, by when, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.enrol_selectors import OpenedNeed, opened_for
from oralu.web.acting import case_address
from oralu.web.components import Countdown, Crumb
from oralu.web.context import address
from oralu.web.countdown import moment
from oralu.web.presenting import addressee_label, need_countdown, rule_of, service_label, strip_of
from oralu.web.screens import CASE_WORK, StaffRequest, lang, screen

STANDING = ("waiting", "paused")


@dataclass(frozen=True)
class Line:
    """One opened need. `sentences` are what is read aloud; `where` is where the person goes, never a refuge. `spoken`:
    what is said to the person and not printed; `is_spoken`: nothing of the need is printed."""

    what: str
    sentences: tuple[str, ...]
    where: str
    countdown: Countdown
    paper: str
    waits: bool
    spoken: str = ""
    is_spoken: bool = False


PROTECTION = "police"
"""The kind of agency whose measures are not put on a paper that may be read at home."""


def line_of(row: OpenedNeed, case: Case, at: datetime, *, is_threatened: bool) -> Line:
    """A need in words."""
    referral = row.referral
    waits = row.intervals[-1].kind in STANDING
    hides = is_threatened and referral is not None and referral.agency.is_refuge
    sentences = [_("Who does this is told by word of mouth.") if hides else _who(row, case)]
    if waits:
        reason = rule_of(row.need).waits_why(lang())
        sentences.append(_("It waits: %(reason)s") % {"reason": reason} if reason else _("It waits."))
    else:
        sentences += _by_when(row)
    if referral is not None and referral.state == Referral.State.WAITING_CONSENT:
        sentences.append(_("Nothing is sent until you have signed the consent."))
    paper = (
        address("referral-pdf", referral.pk) if referral is not None and referral.state == Referral.State.DRAFT else ""
    )
    return Line(
        what=str(capfirst(service_label(row.need))),
        sentences=tuple(sentences),
        where="" if hides else _where(referral),
        countdown=need_countdown(row.need, row.clock, row.intervals, at),
        paper=paper,
        waits=waits or (referral is not None and referral.state == Referral.State.WAITING_CONSENT),
        spoken=f"{_who(row, case)} {_where(referral)}" if hides else "",
        is_spoken=is_threatened and row.need.addressee == PROTECTION,
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
    return ", ".join(filter(None, (agency.address, agency.phone)))


@screen(CASE_WORK)
def enrolled(request: StaffRequest, case_id: int) -> HttpResponse:
    """What has been opened for a case, to be read aloud, printed and handed over."""
    case = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    opened = opened_for(case=case, at=request.at)
    lines = [line_of(row, case, request.at, is_threatened=opened.is_threatened) for row in opened.needs]
    drafts = {row.referral.pk for row in opened.needs if row.referral and row.referral.state == Referral.State.DRAFT}
    title = _("This is what has been opened")
    context = {
        "case": case,
        "title": title,
        "crumbs": (Crumb(case.person.full_name, case_address(case)), Crumb(title)),
        "strip": strip_of(case),
        "going": [line for line in lines if not line.waits],
        "waiting": [line for line in lines if line.waits],
        "on_paper": len(drafts),
        "unknown": [fact.question(lang()) for fact in opened.unknown],
        "is_consented": opened.is_consented,
        "is_threatened": opened.is_threatened,
        "consent_href": address("consent", case.pk),
        "case_href": case_address(case),
        "at": request.at,
    }
    return render(request, "enrol/opened.html", context)
