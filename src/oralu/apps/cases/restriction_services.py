"""Who may know of a case: shutting somebody out of it, letting back in, and closing it to all but those listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.access.selectors import heads_of
from oralu.apps.cases.models import Case, Exclusion
from oralu.apps.cases.services import reason_note
from oralu.apps.journal.services import entry_record

if TYPE_CHECKING:
    from oralu.apps.agencies.models import Agency


@transaction.atomic
def case_shut(*, case: Case, user: User, reason: str, note: str, actor: User, at: datetime) -> Exclusion:
    """From now on the case does not exist for a member of staff, in whatever unit or agency.

    Raises ValidationError: for the officer of the case, before it has another one; when no head of the unit would be
    left who may know of it; for who is shut out already; without a reason in words."""
    case = _lock(case)
    if reason not in Exclusion.Reason.values:
        raise ValidationError({"reason": _("Choose the reason.")})
    if not note.strip():
        raise ValidationError({"note": _("Write the reason in words.")})
    if user.pk == case.officer_id:
        raise ValidationError({"user": _("This is the officer of the case: give the case to another officer first.")})
    if user.pk in case.excluded:
        raise ValidationError({"user": _("This person is shut out of the case already.")})
    case.excluded = sorted({*case.excluded, user.pk})
    case.listed = [pk for pk in case.listed if pk != user.pk]
    require_head(case, case.unit)
    case.save(update_fields=["excluded", "listed"])
    exclusion = Exclusion.objects.create(case=case, user=user, reason=reason, since=at, by=actor)
    words = reason_note(case=case, about="case.shut", text=note, actor=actor, at=at)
    data = {"officer": user.pk, "shut": reason}
    entry_record(kind="case.shut", actor=actor, at=at, case_id=case.pk, **data, **words)
    return exclusion


@transaction.atomic
def case_unshut(*, exclusion: Exclusion, note: str, actor: User, at: datetime) -> None:
    """The reason has ceased: the case exists for the member of staff again, as for others of the same place. Raises
    ValidationError without a reason in words."""
    case = _lock(exclusion.case)
    if not note.strip():
        raise ValidationError({"note": _("Write the reason in words.")})
    case.excluded = [pk for pk in case.excluded if pk != exclusion.user_id]
    case.save(update_fields=["excluded"])
    words: dict[str, int] = {"exclusion": exclusion.pk}
    exclusion.delete()
    words |= reason_note(case=case, about="case.unshut", text=note, actor=actor, at=at)
    entry_record(kind="case.unshut", actor=actor, at=at, case_id=case.pk, officer=exclusion.user_id, **words)


@transaction.atomic
def case_restrict(
    *, case: Case, is_restricted: bool, listed: Collection[int], note: str, actor: User, at: datetime
) -> Case:
    """Close the case to all but those listed, or open it to the unit again. Its officer and the head who decides are
    always of those listed. Raises ValidationError: for somebody who is shut out, without a reason in words."""
    case = _lock(case)
    if not note.strip():
        raise ValidationError({"note": _("Write the reason in words.")})
    wanted = {*listed, actor.pk, *([case.officer_id] if case.officer_id else [])} if is_restricted else set()
    if wanted & set(case.excluded):
        raise ValidationError({"listed": _("One of these people is shut out of the case.")})
    case.is_restricted, case.listed = is_restricted, sorted(wanted)
    case.save(update_fields=["is_restricted", "listed"])
    kind = "case.restricted" if is_restricted else "case.unrestricted"
    words = reason_note(case=case, about=kind, text=note, actor=actor, at=at)
    entry_record(kind=kind, actor=actor, at=at, case_id=case.pk, staff=sorted(wanted), **words)
    return case


def reach_hand_on(*, case: Case, unit: Agency, officers: Iterable[User] = ()) -> None:
    """The case comes to a unit, or to an officer of its own: a restricted one is listed for the heads of the unit and
    the officers given. Changes `case.listed`, which the caller saves. Raises ValidationError for who is shut out, and
    where no head could know of the case."""
    officers = list(officers)
    if any(officer.pk in case.excluded for officer in officers):
        raise ValidationError({"officer": _("This officer cannot lead the case.")})
    heads = require_head(case, unit, listed=False)
    if case.is_restricted:
        kept = case.listed if unit.pk == case.unit_id else [head.pk for head in heads]
        case.listed = sorted({*kept, *(officer.pk for officer in officers)})


def require_head(case: Case, unit: Agency, *, listed: bool = True) -> list[User]:
    """The heads of a unit who may know of a case. Raises ValidationError when there are heads and none of them may:
    nobody would answer for it."""
    heads = list(heads_of(unit.pk))
    able = [head for head in heads if head.pk not in case.excluded]
    if listed and case.is_restricted:
        able = [head for head in able if head.pk in case.listed]
    if heads and not able:
        raise ValidationError(_("No head of the unit could know of this case then: transfer it to another unit."))
    return able


def _lock(case: Case) -> Case:
    walls.take(cases=[case.pk])
    return Case.objects.select_for_update(of=("self",)).select_related("person", "unit", "officer").get(pk=case.pk)
