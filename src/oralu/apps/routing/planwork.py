"""The individual plan: writing a draft and agreeing it with the person record the fact `plan`, so the case is
evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.cases.models import Case, Plan
from oralu.apps.cases.services import EvidenceData, StepData, evidence_add, plan_mark_agreed, plan_write
from oralu.apps.routing.facts import FactData, case_lock, facts_record

if TYPE_CHECKING:
    from oralu.apps.access.models import User

PLAN = "plan"


@transaction.atomic
def plan_draft(*, case: Case, steps: Sequence[StepData], actor: User | None, at: datetime) -> Plan:
    """Write a draft. While an agreed version stands, the fact stays “agreed”: a new draft does not undo an
    agreement."""
    case = case_lock(case, at)
    plan = plan_write(case=case, steps=steps, actor=actor, at=at)
    if not Plan.objects.filter(case=case, state=Plan.State.AGREED).exists():
        facts_record(case=case, facts=[FactData(PLAN, "draft")], actor=actor, at=at)
    return plan


@transaction.atomic
def plan_agree(*, plan: Plan, agreed_on: date, agreement: EvidenceData, actor: User | None, at: datetime) -> Plan:
    """The person has agreed and signed: the signed plan is the proof."""
    case = case_lock(plan.case, at)
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    proof = evidence_add(case=case, data=agreement, actor=actor, at=at)
    plan_mark_agreed(plan=plan, agreed_on=agreed_on, agreement=proof, actor=actor, at=at)
    facts_record(case=case, facts=[FactData(PLAN, "agreed", agreed_on, None, proof)], actor=actor, at=at)
    return plan
