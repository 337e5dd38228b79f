"""What people decide about an erasure: asking, withdrawing, approving, refusing; and holding a case back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.permissions import Permission, may
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.services import entry_record
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.models import Erasure, LegalHold
from oralu.retentionfiles import load_retention

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def erasure_ask(*, ground: str, actor: User, at: datetime, case: Case | None = None, decision: str = "") -> Erasure:
    """Have the worker work out what is due in the actor's unit, or what there is of one person. Nothing goes by it.

    Raises ValidationError: a case that is open, a court or a request without its act, another erasure under way."""
    of_one = ground in (Erasure.Ground.COURT, Erasure.Ground.REQUEST)
    if of_one and case is None:
        raise ValidationError({"case": _("Name the case of the person.")})
    if of_one and not decision.strip():
        raise ValidationError({"decision": _("Give the number and the date of the act.")})
    if case is not None and case.state != CaseState.CLOSED:
        raise ValidationError({"case": _("The case is open: the data of a person on the register are not erased.")})
    if actor.agency_id is None:
        raise ValidationError(_("Only a unit erases the data of its cases."))
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                unit_id=actor.agency_id,
                ground=ground,
                case=case if of_one else None,
                decision=decision.strip() if of_one else "",
                on=local_day(at),
                terms=load_retention().digest,
                asked_by=actor,
                asked_at=at,
            )
    except IntegrityError:
        raise ValidationError(_("Another erasure of this unit is under way. Wait until it has ended.")) from None
    entry_record(
        kind="erasure.asked", actor=actor, at=at, case_id=case.pk if case is not None and of_one else None,
        erasure=erasure.pk, ground=ground, unit=actor.agency_id,
    )  # fmt: skip
    return erasure


@transaction.atomic
def erasure_withdraw(*, erasure: Erasure, actor: User, at: datetime) -> None:
    """Take back what one has asked for, before it is decided."""
    erasure = _held(erasure, Erasure.State.ASKED, Erasure.State.PROPOSED)
    erasure.state, erasure.decided_by, erasure.decided_at = Erasure.State.WITHDRAWN, actor, at
    erasure.save(update_fields=["state", "decided_by", "decided_at"])
    entry_record(kind="erasure.withdrawn", actor=actor, at=at, erasure=erasure.pk, unit=erasure.unit_id)


@transaction.atomic
def erasure_decide(*, erasure: Erasure, is_approved: bool, refusal: str = "", actor: User, at: datetime) -> None:
    """The decision of the second person. What is approved is carried out by the worker.

    Raises ValidationError: decided already, no second person, no reason, or the terms were changed since."""
    erasure = _held(erasure, Erasure.State.PROPOSED)
    if actor.pk == erasure.asked_by_id or not may(actor.role, [Permission.ERASURE_APPROVE]):
        raise ValidationError(_("A second person decides, not the one who asked."))
    if not is_approved and not refusal.strip():
        raise ValidationError({"refusal": _("Say why it is refused.")})
    if is_approved and erasure.terms != load_retention().digest:
        raise ValidationError(_("The terms were changed since this was worked out. Refuse it, and have it asked anew."))
    erasure.state = Erasure.State.APPROVED if is_approved else Erasure.State.REFUSED
    erasure.decided_by, erasure.decided_at = actor, at
    erasure.refusal = "" if is_approved else refusal.strip()
    erasure.save(update_fields=["state", "decided_by", "decided_at", "refusal"])
    entry_record(
        kind="erasure.approved" if is_approved else "erasure.refused",
        actor=actor,
        at=at,
        erasure=erasure.pk,
        unit=erasure.unit_id,
        **{name: count for name, count in erasure.counts.items() if is_approved},
    )


@transaction.atomic
def hold_place(*, case: Case, reason: str, actor: User, at: datetime) -> LegalHold:
    """Keep everything of the person of a case until the hold is lifted. Raises ValidationError."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say what needs the data: the court, the complaint, the inspection.")})
    walls.take(cases=[case.pk])
    Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if LegalHold.objects.filter(case=case, lifted_at=None).exists():
        raise ValidationError({"case": _("This case is held already.")})
    hold = LegalHold.objects.create(case=case, reason=reason.strip(), placed_by=actor, placed_at=at)
    entry_record(kind="hold.placed", actor=actor, at=at, case_id=case.pk, hold=hold.pk)
    return hold


@transaction.atomic
def hold_lift(*, hold: LegalHold, actor: User, at: datetime) -> None:
    """End a hold; the terms count again. Lifting twice does nothing more."""
    walls.take(cases=[hold.case_id])
    hold = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.lifted_at is not None:
        return
    hold.lifted_by, hold.lifted_at = actor, at
    hold.save(update_fields=["lifted_by", "lifted_at"])
    entry_record(kind="hold.lifted", actor=actor, at=at, case_id=hold.case_id, hold=hold.pk)


def _held(erasure: Erasure, *states: str) -> Erasure:
    held = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
    if held.state not in states:
        raise ValidationError(_("This was decided already: open the page anew."))
    return held
