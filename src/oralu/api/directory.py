"""What concerns no person: the agencies, the words of the policy, and whom the token stands for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from oralu.api import asking, telling
from oralu.api.doing import current_state, operation
from oralu.api.paging import page, rows_after, told
from oralu.api.problems import NotHereError
from oralu.api.wording import agency_kind, choice, coded, lang, worded
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.selectors import agencies_listed
from oralu.core.edition import Edition
from oralu.policyfiles import edition_names, load_edition


@operation("GET", "/agencies", Permission.POLICY_READ, Audit.NONE, telling.AgencyPage, name="agencies")
def agencies(request: HttpRequest, asked: Query[asking.AgenciesAsked]) -> Any:
    """The active agencies and units, by their numbers."""
    rows, after = rows_after(agencies_listed(kind=asked.kind, region=asked.region), asked)
    return page(request, told(rows, _agency), after)


def _agency(found: Agency) -> dict[str, Any]:
    hidden = found.is_refuge
    return {
        "id": found.pk,
        "kind": agency_kind(found.kind),
        "region": coded(found.region_id, found.region),
        "name": str(found),
        "address": None if hidden else found.where or None,
        "phone": found.phone,
        "localities": [] if hidden else found.localities,
        "accepts_sex": choice(found, "accepts_sex"),
        "min_age": found.min_age,
        "max_age": found.max_age,
        "accepts_children": found.accepts_children,
        "counts_places": found.counts_places,
    }


@operation("GET", "/policy/{edition}", Permission.POLICY_READ, Audit.NONE, telling.Policy, name="policy")
def policy(request: HttpRequest, edition: asking.EditionKey) -> Any:
    """The vocabulary of an edition: what its codes mean and which values a fact may have."""
    if edition not in edition_names():
        raise NotHereError
    found = load_edition(edition)
    current_state(request, found.digest[:32])
    return {
        "id": found.id,
        "digest": found.digest,
        "title": found.title(lang()),
        "domains": [worded(found, "domain", code) for code in found.domains],
        "facts": [_fact(found, fact.name) for fact in found.facts],
        "services": [worded(found, "service", code) for code in found.services],
        "agencies": [worded(found, "agency", code) for code in found.agencies],
        "risks": [worded(found, "risk", code) for code in found.risk_levels],
        "rules": [
            {
                "code": rule.code,
                "domain": rule.domain,
                "service": rule.service,
                "agency": rule.agency,
                "target": rule.target,
                "limit": rule.limit,
                "sentence": rule.why(lang()),
            }
            for rule in found.rules
        ],
    }


def _fact(edition: Edition, name: str) -> dict[str, Any]:
    fact = edition.fact(name)
    return {
        "name": fact.name,
        "label": fact.label(lang()),
        "question": fact.question(lang()),
        "domain": fact.domain,
        "values": [coded(value.code, value.labels[lang()]) for value in fact.values],
    }


@operation("GET", "/token", Permission.ACCOUNT, Audit.NONE, telling.Token, name="token")
def token(request: HttpRequest) -> Any:
    """Whom the token stands for, and what it may do."""
    client = request.client
    return {
        "system": client.name,
        "agency": str(client.user.agency),
        "role": choice(client.user, "role"),
        "scopes": client.scopes,
        "expires_at": client.expires_at,
    }
