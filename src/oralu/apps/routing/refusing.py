"""A need that a human closes while its rule still holds, refused by the person or withdrawn by the case manager, and
opens anew. No agency answers here and no fact is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Need
from oralu.apps.referrals.services import needs_close
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import case_lock
from oralu.apps.routing.planning import Cause

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def need_refused(*, need: Need, note: str, actor: User, at: datetime) -> None:
    """The person refuses this help: an outcome of its own, nobody's failure and no violation."""
    _close(need, state=Need.State.REFUSED, reason=Need.Reason.REFUSED, note=note, actor=actor, at=at)


@transaction.atomic
def need_withdrawn(*, need: Need, note: str, actor: User, at: datetime) -> None:
    """A human withdraws what the system opened, with a reason (law on artificial intelligence of 17.11.2025, art.
    17)."""
    if not note.strip():
        raise ValidationError({"note": _("Say why it is withdrawn.")})
    _close(need, state=Need.State.WITHDRAWN, reason=Need.Reason.HUMAN, note=note, actor=actor, at=at)


def _close(need: Need, *, state: str, reason: str, note: str, actor: User, at: datetime) -> None:
    case_lock(need.case, at)
    need = Need.objects.select_for_update().get(pk=need.pk)
    if need.state != Need.State.OPEN:
        raise ValidationError(_("This need is closed already."))
    needs_close(needs=[need], state=state, reason=reason, actor=actor, at=at, note=note, still_holds=True)
    cases_evaluate(case_ids=[need.case_id], actor=actor, at=at, cause=Cause("human"))


@transaction.atomic
def need_reopen(*, need: Need, actor: User, at: datetime) -> None:
    """The person has changed their mind, or the withdrawal was a mistake: if the rule still holds the need opens
    anew."""
    case_lock(need.case, at)
    Need.objects.filter(pk=need.pk, still_holds=True).update(still_holds=False)
    entry_record(kind="need.reconsidered", actor=actor, at=at, case_id=need.case_id, need=need.pk)
    cases_evaluate(case_ids=[need.case_id], actor=actor, at=at, cause=Cause("human"))
