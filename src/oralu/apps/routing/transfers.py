"""Asking another unit for a case: nothing of the case is told to who asks, until the unit that leads it has decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.selectors import heads_of
from oralu.apps.cases.models import Case, CaseState, TransferRequest
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.routing.lifecycle import case_transfer
from oralu.apps.routing.transfer_answers import open_lock

if TYPE_CHECKING:
    from oralu.apps.access.models import User
    from oralu.apps.agencies.models import Agency

State = TransferRequest.State


@transaction.atomic
def transfers_request(*, person_ids: Iterable[int], asked_as: str, actor: User, at: datetime) -> list[TransferRequest]:
    """Ask for the cases of persons who stand on registers of other units: the open case of each, else the latest. What
    has been asked already and not answered is left as it is. `asked_as`: the person in the words of who asks.

    Raises ValidationError when none of them stands on another unit's register any more."""
    unit = actor.agency
    cases = _cases_elsewhere(person_ids, unit)
    if unit is None or not cases:
        raise ValidationError(_("There is nothing to ask for now. Look again who it may be."))
    standing = set(
        TransferRequest.objects.filter(case__in=cases, unit=unit, state=State.OPEN).values_list("case_id", flat=True)
    )
    made = TransferRequest.objects.bulk_create(
        TransferRequest(case=case, unit=unit, asked_by=actor, asked_at=at, asked_as=asked_as[:250])
        for case in cases
        if case.pk not in standing
    )
    entries_record(
        records=[Record("transfer.requested", r.case_id, {"unit": unit.pk, "request": r.pk}) for r in made],
        actor=actor,
        at=at,
    )
    messages_write(outgoing=[message for request in made for message in _to_leading_unit(request)], at=at)
    return made


def _cases_elsewhere(person_ids: Iterable[int], unit: Agency | None) -> list[Case]:
    """Of each person the case to ask for, locked, so that two who press at once ask once."""
    latest: dict[int, Case] = {}
    ids = list(person_ids)
    walls.take(persons=ids)
    cases = Case.objects.filter(person__in=ids).select_related("unit", "officer").order_by("pk")
    for case in cases.select_for_update(of=("self",)):
        known = latest.get(case.person_id)
        if known is None or known.state == CaseState.CLOSED:
            latest[case.person_id] = case
    walls.take(cases=[case.pk for case in latest.values()])
    return [case for case in latest.values() if unit is not None and case.unit_id != unit.pk]


def _to_leading_unit(request: TransferRequest) -> list[Outgoing]:
    case = request.case
    told = {user.pk for user in heads_of(case.unit_id)}
    if case.officer is not None and case.officer.is_active:
        told.add(case.officer.pk)
    return [
        Outgoing(
            key=f"transfer-{request.pk}-asked-{user}",
            user_id=user,
            template="transfer_requested",
            case_id=case.pk,
            data={"case": case.pk, "request": request.pk},
        )
        for user in sorted(told)
    ]


@transaction.atomic
def transfer_grant(*, request: TransferRequest, locality: str, note: str, actor: User, at: datetime) -> Case:
    """Give the case to the unit that asks, by the same transfer as any other. Raises ValidationError."""
    request = open_lock(request, actor)
    reason = note.strip() or _("At the request of the unit: %(unit)s") % {"unit": request.unit}
    return case_transfer(
        case=request.case, unit=request.unit, officer=None, locality=locality, reason=reason, actor=actor, at=at
    )
