"""A need met before it was recorded so: the claim with its dated proof, and the decision of a second person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.access import walls
from oralu.apps.cases.models import Case
from oralu.apps.cases.services import EvidenceData, evidence_add
from oralu.apps.referrals.models import EarlierMeeting, Need
from oralu.apps.referrals.services import earlier_meeting_ask, earlier_meeting_decide
from oralu.apps.routing.facts import case_lock

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def met_earlier_ask(
    *, need: Need, met_at: datetime, evidence: EvidenceData, actor: User, at: datetime
) -> EarlierMeeting:
    """Claim an earlier time. Raises ValidationError (`referrals.services.earlier_meeting_ask`), and without a proof."""
    case = case_lock(need.case, at)
    proof = evidence_add(case=case, data=evidence, actor=actor, at=at)
    return earlier_meeting_ask(need=need, met_at=met_at, evidence=proof, actor=actor, at=at)


@transaction.atomic
def met_earlier_decide(*, claim: EarlierMeeting, is_approved: bool, actor: User, at: datetime) -> None:
    """Approve a claim or reject it; of a closed case too, since the figures count it. Raises ValidationError for who
    asked, and when it is decided already."""
    walls.take(cases=[claim.need.case_id])
    Case.objects.select_for_update(of=("self",)).get(pk=claim.need.case_id)
    earlier_meeting_decide(claim=claim, is_approved=is_approved, actor=actor, at=at)
