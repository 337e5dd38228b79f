"""Writing needs and referrals. The transitions of a referral stand in `oralu.core.lifecycle`; what a transition means
for the facts and the case is the matter of `routing`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.agencies.services import places_release
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.referrals.clocks import clocks_stop
from oralu.apps.referrals.escalation_services import escalations_settle
from oralu.apps.referrals.models import Clock, EarlierMeeting, Need, Referral
from oralu.apps.rows import rows_update
from oralu.core.lifecycle import GOING, NEED, REFERRAL, UNSENT, TransitionError, can

if TYPE_CHECKING:
    from oralu.apps.cases.models import Evidence


def needs_close(
    *,
    needs: Sequence[Need],
    state: str,
    reason: str,
    actor: User | None,
    at: datetime,
    note: str = "",
    still_holds: bool = False,
) -> None:
    """Close open needs: their clocks stop, attempts under way are withdrawn, held places become free."""
    if not needs:
        return
    event = {Need.State.MET: "meet", Need.State.REFUSED: "refuse", Need.State.WITHDRAWN: "withdraw"}[Need.State(state)]
    for need in needs:
        need.state, need.close_reason, need.close_note = can(NEED, need.state, event), reason, note
        need.closed_at, need.still_holds = at, still_holds
        need.met_at = at if state == Need.State.MET else None
    rows_update(needs, ["state", "close_reason", "close_note", "closed_at", "met_at", "still_holds"])
    clocks_stop(Clock.objects.filter(need__in=needs, stopped_at=None), at)
    going = list(Referral.objects.filter(need__in=needs, state__in=GOING))
    for referral in going:
        event = "discard" if referral.state in UNSENT else "withdraw"
        referral.state, referral.answered_at = can(REFERRAL, referral.state, event), at
    rows_update(going, ["state", "answered_at"])
    places_release(referral_ids=[r.pk for r in going], at=at)
    escalations_settle(needs=needs, actor=actor, at=at)
    entries_record(
        records=[
            Record(f"need.{state}", need.case_id, {"need": need.pk, "service": need.service, "reason": reason})
            for need in needs
        ],
        actor=actor,
        at=at,
    )


def earlier_meeting_ask(
    *, need: Need, met_at: datetime, evidence: Evidence, actor: User, at: datetime
) -> EarlierMeeting:
    """Claim that a need was met earlier than it was recorded, with dated evidence. In the caller's transaction.

    Raises ValidationError: the need is not met, the time is not between its opening and its recording, asked
    already."""
    need = Need.objects.select_for_update().get(pk=need.pk)
    if need.state != Need.State.MET or need.closed_at is None:
        raise ValidationError(_("Only a need that is met can have been met earlier."))
    if not need.opened_at <= met_at < need.closed_at:
        raise ValidationError({"met_at": _("The time lies between the opening of the need and its recording.")})
    if EarlierMeeting.objects.filter(need=need).exists():
        raise ValidationError(_("An earlier time has been asked for already."))
    claim = EarlierMeeting.objects.create(need=need, met_at=met_at, evidence=evidence, asked_by=actor, asked_at=at)
    entry_record(kind="need.earlier_asked", actor=actor, at=at, case_id=need.case_id, need=need.pk)
    return claim


def earlier_meeting_decide(*, claim: EarlierMeeting, is_approved: bool, actor: User, at: datetime) -> None:
    """A second person decides. Approved, the earlier time is when the need was met; the clock's record of what fired
    stays. In the caller's transaction. Raises ValidationError for the one who asked, and when it is decided already."""
    claim = EarlierMeeting.objects.select_for_update().select_related("need").get(pk=claim.pk)
    if claim.decided_at is not None:
        raise ValidationError(_("This has been decided already."))
    if claim.asked_by_id == actor.pk:
        raise ValidationError(_("A second person has to decide this."))
    claim.is_approved, claim.decided_by, claim.decided_at = is_approved, actor, at
    claim.save(update_fields=["is_approved", "decided_by", "decided_at"])
    if is_approved:
        claim.need.met_at = claim.met_at
        claim.need.save(update_fields=["met_at"])
    kind = "need.earlier_approved" if is_approved else "need.earlier_rejected"
    entry_record(kind=kind, actor=actor, at=at, case_id=claim.need.case_id, need=claim.need_id)


def referral_move(*, referral: Referral, event: str, actor: User | None, at: datetime, **changes: Any) -> Referral:
    """Take a referral through a transition. Raises ValidationError with what is allowed from where it stands now, so
    that the loser of a race learns it. The caller holds the lock of the case."""
    referral = Referral.objects.select_for_update().get(pk=referral.pk)
    try:
        referral.state = can(REFERRAL, referral.state, event)
    except TransitionError as error:
        raise ValidationError(
            _("This referral is already “%(state)s”. Reload the page to see what has happened.")
            % {"state": referral.get_state_display()}
        ) from error
    for name, value in changes.items():
        setattr(referral, name, value)
    referral.save(update_fields=["state", *changes])
    entry_record(
        kind=f"referral.{event}",
        actor=actor,
        at=at,
        case_id=referral.case_id,
        referral=referral.pk,
        agency=referral.agency_id,
        reason=referral.reason,
    )
    return referral
