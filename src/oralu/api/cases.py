"""Cases of a probation unit: the caseload, one case, its needs and its referrals."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from oralu.api import asking, telling
from oralu.api.doing import current_state, operation
from oralu.api.paging import page, rows_after, told
from oralu.api.problems import NotHereError, RefusedError
from oralu.api.wording import Told, choice, coded, worded
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.caseload_selectors import FAILED, CaseFilter, cases_found
from oralu.apps.cases.models import Case
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to, referrals_visible_to
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.version_selectors import case_version
from oralu.policyfiles import edition_names, load_edition


@operation("GET", "/cases", Permission.CASE_LIST, Audit.READ, telling.CasePage, name="cases")
def cases(request: HttpRequest, asked: Query[asking.CasesAsked]) -> Any:
    """The cases of the unit, by their numbers. Without `state` and `q` those on the register."""
    found = cases_found(request.user, _wanted(asked), on=local_day(request.at))
    rows, after = rows_after(found, asked, case="pk")
    return page(request, told(rows, row_of), after)


def _wanted(asked: asking.CasesAsked) -> CaseFilter:
    domains = {code for name in edition_names() for code in load_edition(name).domains}
    if asked.domain is not None and (asked.domain not in domains or asked.points is None):
        raise RefusedError("invalid", errors=[{"parameter": "domain", "code": "unknown"}])
    if asked.points not in (None, FAILED) and asked.domain is None:
        raise RefusedError("invalid", errors=[{"parameter": "points", "code": "needs_domain"}])
    return CaseFilter(
        q=asked.q,
        domain=asked.domain or "",
        points=asked.points or "",
        risk=asked.risk,
        days=asked.days or "",
        agency=asked.agency,
        is_breached=asked.breached,
        officer=asked.officer or "",
        state=asked.state or "",
    )


def visible_case(request: HttpRequest, case_id: int) -> Case:
    """The case, or the answer that there is nothing."""
    found = cases_visible_to(request.user).filter(pk=case_id).first()
    if found is None:
        raise NotHereError
    return found


@operation("GET", "/cases/{int:case_id}", Permission.CASE_READ, Audit.READ, telling.CaseFull, name="case")
def case(request: HttpRequest, case_id: asking.Key) -> Any:
    """One case as it was last evaluated."""
    found = visible_case(request, case_id)
    current_state(request, case_version(case_id))
    edition = load_edition(found.edition) if found.edition else None
    return row_of(found) | {
        "region": coded(found.region_id, found.region),
        "locality": found.locality,
        "unit": {"id": found.unit_id, "name": str(found.unit)},
        "ground": choice(found, "ground"),
        "probation_kind": choice(found, "probation_kind"),
        "released_on": found.released_on,
        "closed_on": found.closed_on,
        "closing_ground": choice(found, "closing_ground"),
        "evaluated_on": found.evaluated_on if edition else None,
        "next_change_on": found.next_change_on,
    }


def row_of(found: Case) -> dict[str, Any]:
    edition = load_edition(found.edition) if found.edition else None
    person = found.person
    row: dict[str, Any] = {
        "id": found.pk,
        "state": choice(found, "state"),
        "person": {
            "id": person.pk,
            "name": person.full_name,
            "birth_date": person.birth_date,
            "sex": choice(person, "sex"),
            "iin": person.iin or None,
        },
        "officer": {"id": found.officer_id, "name": found.officer.full_name} if found.officer else None,
        "enrolled_on": found.enrolled_on,
        "edition": found.edition,
        "index": found.index,
        "next_due_at": found.next_due_at,
        "risk": None,
        "domains": [],
        "next_need": None,
        "breached": [],
    }
    if edition is None:
        return row

    def risk(number: int) -> Told | None:
        return worded(edition, "risk", edition.risk_levels[number])

    return row | {
        "risk": risk(found.risk),
        "domains": [
            {
                "domain": worded(edition, "domain", code),
                "points": kept["points"],
                "failed": kept["failed"],
                "provisional": kept["provisional"],
                "risk": risk(kept["risk"]),
            }
            for code in edition.domains
            if (kept := found.domains.get(code)) is not None
        ],
        "next_need": worded(edition, "service", found.next_need),
        "breached": [worded(edition, "domain", code) for code in found.breached],
    }


@operation("GET", "/cases/{int:case_id}/needs", Permission.CASE_READ, Audit.READ, telling.Needs, name="case-needs")
def needs(request: HttpRequest, case_id: asking.Key) -> Any:
    """Every need that the case has had, with its clock."""
    visible_case(request, case_id)
    current_state(request, case_version(case_id))
    found = needs_visible_to(request.user).filter(case_id=case_id).order_by("pk")
    return {"items": [_need(need) for need in found]}


def _need(found: Need) -> dict[str, Any]:
    edition = load_edition(found.edition)
    clock = getattr(found, "clock", None)
    return {
        "id": found.pk,
        "service": worded(edition, "service", found.service),
        "rule": found.rule,
        "domain": worded(edition, "domain", found.domain),
        "edition": found.edition,
        "cycle": found.cycle,
        "addressee": worded(edition, "agency", found.addressee),
        "state": choice(found, "state"),
        "reason": choice(found, "close_reason"),
        "opened_at": found.opened_at,
        "closed_at": found.closed_at,
        "met_at": found.met_at,
        "clock": {name: getattr(clock, name) for name in telling.Clock.model_fields} if clock else None,
    }


@operation(
    "GET",
    "/cases/{int:case_id}/referrals",
    Permission.CASE_READ,
    Audit.READ,
    telling.CaseReferrals,
    name="case-referrals",
)
def referrals(request: HttpRequest, case_id: asking.Key) -> Any:
    """Every referral of the case."""
    visible_case(request, case_id)
    current_state(request, case_version(case_id))
    found = referrals_visible_to(request.user).filter(case_id=case_id).order_by("pk")
    return {"items": [_referral(referral) for referral in found]}


TIMES = ("created_at", "sent_at", "acknowledged_at", "accepted_at", "answered_at")


def _referral(found: Referral) -> dict[str, Any]:
    return {
        "id": found.pk,
        "need": found.need_id,
        "service": worded(load_edition(found.need.edition), "service", found.need.service),
        "agency": {"id": found.agency_id, "name": str(found.agency)},
        "attempt": found.attempt,
        "state": choice(found, "state"),
        "reason": choice(found, "reason"),
        "on_paper": found.on_paper,
        "person_answer": choice(found, "person_answer"),
        **{name: getattr(found, name) for name in TIMES},
    }
