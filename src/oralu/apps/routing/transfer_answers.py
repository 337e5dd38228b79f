"""How a request for a transfer is answered: declined with a coded reason, or met by a transfer, whoever began it."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.access.selectors import heads_of
from oralu.apps.cases.models import Case, TransferRequest
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write

State = TransferRequest.State


@transaction.atomic
def transfer_decline(*, request: TransferRequest, reason: str, actor: User, at: datetime) -> TransferRequest:
    """Keep the case, with a coded reason: who asks learns it and nothing else. Raises ValidationError."""
    request = open_lock(request, actor)
    if reason not in TransferRequest.Reason.values:
        raise ValidationError({"reason": _("Choose why the case is kept.")})
    _decide(request, State.DECLINED, actor, at, reason=reason)
    return request


def requests_settle(*, case: Case, actor: User, at: datetime) -> None:
    """A case has come to a unit: what that unit has asked for is answered. Requests of others go on, in front of the
    unit that leads the case now. In the transaction of the transfer."""
    asked = TransferRequest.objects.select_for_update(of=("self",)).filter(
        case=case, unit_id=case.unit_id, state=State.OPEN
    )
    for request in asked.select_related("asked_by"):
        _decide(request, State.GRANTED, actor, at)


def open_lock(request: TransferRequest, actor: User) -> TransferRequest:
    """The request, locked. Raises ValidationError when it is not for the actor's unit to answer any more."""
    walls.take(cases=[request.case_id])
    found = (
        TransferRequest.objects.select_for_update(of=("self",))
        .select_related("case__person", "case__unit", "unit", "asked_by")
        .get(pk=request.pk)
    )
    if found.state != State.OPEN or found.case.unit_id != actor.agency_id:
        raise ValidationError(_("This request has been answered already."))
    return found


def _decide(request: TransferRequest, state: str, actor: User, at: datetime, reason: str = "") -> None:
    request.state, request.reason, request.decided_at, request.decided_by = state, reason, at, actor
    request.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    granted = state == State.GRANTED
    kind = "transfer.granted" if granted else "transfer.declined"
    entry_record(kind=kind, actor=actor, at=at, case_id=request.case_id, request=request.pk, unit=request.unit_id)
    told = {user.pk for user in (*heads_of(request.unit_id), request.asked_by) if user.is_active}
    messages_write(
        outgoing=[
            Outgoing(
                key=f"transfer-{request.pk}-{state}-{user}",
                user_id=user,
                template=f"transfer_{state}",
                case_id=request.case_id if granted else None,
                data={"request": request.pk, **({"case": request.case_id} if granted else {"reason": reason})},
            )
            for user in sorted(told)
        ],
        at=at,
    )
