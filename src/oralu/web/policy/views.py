"""The policy as a matrix that a lawyer can read: each rule with basis, citation and the cases it touches now."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.referrals.selectors import open_needs_by_rule
from oralu.apps.routing.policies import edition_in_force
from oralu.policyfiles import edition_names, load_edition
from oralu.web.policy.matrix import domain_tables, matrix, rule_rows, vocabulary
from oralu.web.screens import StaffRequest, lang, screen


@screen(Permission.POLICY_READ, audit=Audit.NONE)
def policy(request: StaffRequest) -> HttpResponse:
    """The edition in force in the region of the reader, or the one asked for by `?edition=`."""
    names = edition_names()
    adoption = edition_in_force(request.user.agency.region_id if request.user.agency else None, request.at)
    asked = request.GET.get("edition", "")
    chosen = asked if asked in names else (adoption.edition if adoption else names[0])
    edition = load_edition(chosen)
    counts = open_needs_by_rule(request.user, edition.id)
    context = {
        "edition": edition,
        "title": edition.title(lang()),
        "names": [(name, load_edition(name).title(lang()), name == chosen) for name in names],
        "adoption": adoption if adoption and adoption.edition == chosen else None,
        "matrix": matrix(edition, counts, lang()),
        "rules": rule_rows(edition, counts, lang()),
        "domains": domain_tables(edition, lang()),
        "vocabulary": vocabulary(edition, lang()),
        "success": edition.success.texts[lang()],
        "success_basis": edition.success.based.cited(lang()),
        "verified": date.fromisoformat(edition.last_verified),
        "counted": counts is not None,
    }
    return render(request, "policy/policy.html", context)
