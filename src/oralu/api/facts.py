"""The ledger of a case: read, recorded in, and a mistaken row taken back. Nothing is overwritten."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from oralu.api import asking, telling
from oralu.api.cases import visible_case
from oralu.api.doing import act, current_state, operation
from oralu.api.paging import page, rows_after
from oralu.api.problems import NotHereError
from oralu.api.wording import valued, worded
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import Statement
from oralu.apps.cases.services import EvidenceData
from oralu.apps.routing.case_file import edition_for
from oralu.apps.routing.case_selectors import statements_visible_to
from oralu.apps.routing.facts import FactData, facts_record, statement_retract
from oralu.apps.routing.version_selectors import case_held, case_version
from oralu.core.edition import Edition

PATH = "/cases/{int:case_id}/facts"
JOINED = ("recorded_by", "evidence", "retraction")


@operation("GET", PATH, Permission.CASE_READ, Audit.READ, telling.FactPage, name="case-facts")
def facts(request: HttpRequest, case_id: asking.Key, asked: Query[asking.Paging]) -> Any:
    """The ledger, in the order of recording."""
    case = visible_case(request, case_id)
    current_state(request, case_version(case_id))
    found = statements_visible_to(request.user).filter(case_id=case_id).select_related(*JOINED)
    rows, after = rows_after(found, asked, case="case_id")
    edition = edition_for(case=case, at=request.at)
    return page(request, [_fact(row, edition) for row in rows], after)


def _fact(row: Statement, edition: Edition) -> dict[str, Any]:
    proof = row.evidence
    return {
        "id": row.pk,
        "fact": worded(edition, "fact", row.name),
        "value": valued(edition, row.name, row.value),
        "effective_on": row.effective_on,
        "until": row.until,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by.full_name if row.recorded_by else None,
        "evidence": {"id": proof.pk, "title": proof.title, "reference": proof.reference} if proof else None,
        "retracts": row.retracts_id,
        "retracted": hasattr(row, "retraction"),
        "reason": row.reason,
    }


@operation("POST", PATH, Permission.CASE_WORK, Audit.CHANGE, telling.FactsRecorded, name="case-facts", status=201)
def record(request: HttpRequest, case_id: asking.Key, sent: asking.FactsSent) -> Any:
    """Record facts with the document that proves them; the case is evaluated in the same transaction."""
    case = visible_case(request, case_id)
    proof = sent.evidence and EvidenceData(sent.evidence.title, sent.evidence.reference)
    facts = [FactData(fact.name, fact.value, fact.effective_on, fact.until, proof) for fact in sent.facts]

    def run() -> dict[str, Any]:
        written = facts_record(case=case, facts=facts, actor=request.user, at=request.at)
        return {"case": case_id, "facts": [statement.pk for statement in written]}

    places = {fact.name: f"#/facts/{n}" for n, fact in enumerate(sent.facts)}
    return act(request, hold=lambda: case_held(case_id), state=lambda: case_version(case_id), run=run, places=places)


@operation(
    "POST",
    PATH + "/{int:fact_id}/retraction",
    Permission.CASE_WORK,
    Audit.CHANGE,
    telling.FactRetracted,
    name="case-fact-retraction",
    status=201,
)
def retract(request: HttpRequest, case_id: asking.Key, fact_id: asking.Key, sent: asking.RetractionSent) -> Any:
    """Take a mistaken row back; what it opened is withdrawn with this reason."""
    visible_case(request, case_id)
    statement = statements_visible_to(request.user).filter(case_id=case_id, pk=fact_id).first()
    if statement is None:
        raise NotHereError

    def run() -> dict[str, Any]:
        made = statement_retract(statement=statement, reason=sent.reason, actor=request.user, at=request.at)
        return {"case": case_id, "fact": made.pk, "retracts": fact_id}

    return act(request, hold=lambda: case_held(case_id), state=lambda: case_version(case_id), run=run)
