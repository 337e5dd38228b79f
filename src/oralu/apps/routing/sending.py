"""A referral as it is written, and what is told with it: the journal, the place that is held, the message. Apart,
because an evaluation, a human and a consent send referrals alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.services import place_hold
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.messages.services import messages_write
from oralu.apps.referrals.models import Clock, Need, Referral
from oralu.apps.referrals.telling import referral_messages
from oralu.apps.rows import row_new

if TYPE_CHECKING:
    from oralu.apps.access.models import User


def referral_new(need: Need, clock: Clock, agency: Agency, state: str, at: datetime, *, attempt: int = 1) -> Referral:
    """A referral not yet saved."""
    return row_new(
        Referral,
        {"need": need, "agency": agency},
        case_id=need.case_id,
        attempt=attempt,
        state=state,
        created_at=at,
        sent_at=at if state == Referral.State.SENT else None,
        due_at=clock.limit_at,
    )


def referrals_announce(referrals: Sequence[Referral], *, actor: User | None, at: datetime) -> None:
    """Journal, places and messages of referrals just written or sent."""
    entries_record(
        records=[
            Record(
                "referral.sent" if r.state == Referral.State.SENT else f"referral.{r.state}",
                r.case_id,
                {"referral": r.pk, "agency": r.agency_id, "service": r.need.service},
            )
            for r in referrals
        ],
        actor=actor,
        at=at,
    )
    outgoing = []
    for referral in referrals:
        if referral.agency.counts_places:
            place_hold(agency=referral.agency, referral_id=referral.pk, at=at)
        if referral.state == Referral.State.SENT:
            outgoing += referral_messages(referral)
    messages_write(outgoing=outgoing, at=at)
