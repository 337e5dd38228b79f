"""Referrals in front of an agency: what it may know of each, and its answers. The case behind it stays out of sight."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Query

from oralu.api import asking, telling
from oralu.api.doing import act, current_state, operation
from oralu.api.paging import page, rows_after, told
from oralu.api.problems import NotHereError, RefusedError
from oralu.api.wording import bare, choice, coded, valued, worded
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.services import EvidenceData
from oralu.apps.people.models import Child, Sex
from oralu.apps.referrals.disclosure import FACTS, Attribute, cases_attach, disclosed, summary
from oralu.apps.referrals.inbox_selectors import TO_ANSWER, inbox_referral
from oralu.apps.referrals.models import Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.apps.routing import referring
from oralu.apps.routing.facts import FactData
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.version_selectors import case_held
from oralu.policyfiles import load_edition

PATH = "/referrals/{int:referral_id}"
A = Attribute


@operation("GET", "/referrals", Permission.REFERRAL_READ, Audit.READ, telling.ReferralPage, name="referrals")
def referrals(request: HttpRequest, asked: Query[asking.ReferralsAsked]) -> Any:
    """The referrals that wait for the agency, by their numbers."""
    wanted = [asked.state] if asked.state else list(TO_ANSWER)
    rows, after = rows_after(referrals_visible_to(request.user).filter(state__in=wanted), asked)
    cases_attach(rows)
    on = local_day(request.at)
    return page(request, told(rows, lambda row: _row(row) | {"person": _known(summary(row, on=on), row)}), after)


def _row(found: Referral) -> dict[str, Any]:
    need = found.need
    return {
        "id": found.pk,
        "service": worded(load_edition(need.edition), "service", need.service),
        "edition": need.edition,
        "state": choice(found, "state"),
        "sent_at": found.sent_at,
        "limit_at": need.clock.limit_at,
    }


def _known(composed: dict[Attribute, Any], found: Referral) -> dict[str, Any]:
    """What was composed for the agency, in codes with their words. Adds nothing to it."""
    edition = load_edition(found.need.edition)

    def tell(attribute: Attribute, value: Any) -> Any:
        if value is None:
            return None
        if attribute in FACTS:
            return valued(edition, attribute, value)
        if attribute == A.SEX:
            return coded(value, Sex(value).label)
        if attribute == A.CHILDREN:
            lives = Child.LivesWith
            return [
                {
                    "name": c.name,
                    "birth_date": c.birth_date,
                    "lives_with": coded(c.lives_with, lives(c.lives_with).label),
                }
                for c in value
            ]
        return value

    return {str(attribute): tell(attribute, value) for attribute, value in composed.items()}


def _visible(request: HttpRequest, referral_id: int) -> Referral:
    found = inbox_referral(request.user, referral_id)
    if found is None:
        raise NotHereError
    return found


def _full(request: HttpRequest, found: Referral) -> dict[str, Any]:
    is_going = found.state in TO_ANSWER
    case = found.case
    sender = {
        "officer": case.officer.full_name if case.officer else "",
        "officer_phone": case.officer.phone if case.officer else "",
        "unit": str(case.unit),
        "unit_phone": case.unit.phone or case.unit.duty_contact,
    }
    offered = load_edition(found.need.edition).service_facts(found.need.service)
    return _row(found) | {
        "person": _known(disclosed(found, on=local_day(request.at)), found) if is_going else None,
        "sender": sender if is_going else None,
        "acknowledged_at": found.acknowledged_at,
        "accepted_at": found.accepted_at,
        "answered_at": found.answered_at,
        "reason": choice(found, "reason"),
        "records": {name: list(values) for name, values in offered} if is_going else {},
    }


def _state(full: dict[str, Any]) -> str:
    """The state of a referral as its agency sees it: what else happens in the case does not show in it."""
    return hashlib.sha256(repr(bare({k: v for k, v in full.items() if k != "sender"})).encode()).hexdigest()[:32]


@operation("GET", PATH, Permission.REFERRAL_READ, Audit.READ, telling.ReferralFull, name="referral")
def referral(request: HttpRequest, referral_id: asking.Key) -> Any:
    """One referral with what its service needs to know of the person, and nothing else."""
    full = _full(request, _visible(request, referral_id))
    current_state(request, _state(full))
    return full


def _answer(
    request: HttpRequest, referral_id: int, run: Callable[[Referral], Any], places: dict[str, str] | None = None
) -> Any:
    found = _visible(request, referral_id)

    def now() -> str:
        standing = inbox_referral(request.user, referral_id)
        return _state(_full(request, standing)) if standing is not None else ""

    def answer() -> dict[str, Any]:
        run(found)
        found.refresh_from_db(fields=["state"])
        return {"referral": found.pk, "state": found.state}

    return act(request, hold=lambda: case_held(found.case_id), state=now, run=answer, places=places or {})


def answering(path: str, name: str) -> Callable[[Any], Any]:
    return operation(
        "POST", f"{PATH}/{path}", Permission.REFERRAL_ANSWER, Audit.CHANGE, telling.Answered, name=f"referral-{name}"
    )


@answering("acknowledgement", "acknowledgement")
def acknowledge(request: HttpRequest, referral_id: asking.Key) -> Any:
    """The agency has it. The deadline goes on."""
    return _answer(
        request,
        referral_id,
        lambda found: referring.referral_acknowledge(referral=found, actor=request.user, at=request.at),
    )


@answering("acceptance", "acceptance")
def accept(request: HttpRequest, referral_id: asking.Key) -> Any:
    """The agency takes it on; where places are counted one is taken."""
    return _answer(
        request,
        referral_id,
        lambda found: referring.referral_accept(referral=found, actor=request.user, at=request.at),
    )


@answering("decline", "decline")
def decline(request: HttpRequest, referral_id: asking.Key, sent: asking.CannotSent) -> Any:
    """The agency cannot: the need goes to the next agency with the time used kept, and this one sees it no more."""
    return _answer(
        request,
        referral_id,
        lambda found: referring.referral_decline(
            referral=found, reason=sent.reason, note=sent.note, actor=request.user, at=request.at
        ),
    )


@answering("service", "service")
def serve(request: HttpRequest, referral_id: asking.Key, sent: asking.ServiceSent) -> Any:
    """The agency has helped, with the document that proves it and what is so now."""

    def run(found: Referral) -> None:
        if load_edition(found.need.edition).service_facts(found.need.service) and not sent.facts:
            raise RefusedError("invalid", errors=[{"pointer": "#/facts", "code": "missing"}])
        referring.referral_serve(
            referral=found,
            facts=[FactData(fact.name, fact.value, sent.effective_on, sent.until) for fact in sent.facts],
            evidence=EvidenceData(sent.evidence.title, sent.evidence.reference),
            note=sent.note,
            actor=request.user,
            at=request.at,
        )

    return _answer(request, referral_id, run, {fact.name: f"#/facts/{n}" for n, fact in enumerate(sent.facts)})


@answering("non-service", "non-service")
def not_served(request: HttpRequest, referral_id: asking.Key, sent: asking.CannotSent) -> Any:
    """The agency accepted and did not help: the need stays open, its deadline goes on."""
    return _answer(
        request,
        referral_id,
        lambda found: referring.referral_not_served(
            referral=found, reason=sent.reason, note=sent.note, actor=request.user, at=request.at
        ),
    )
