"""Opening a case in an emergency: for somebody whose it is not, with a reason, for three hours, to read. The head of
the unit that leads it and the auditors learn of it at once; the head says afterwards whether it was justified."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.access.selectors import heads_of
from oralu.apps.cases.models import Case, CaseState, Emergency
from oralu.apps.cases.protected_models import EMERGENCY_LASTS
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.people.models import Person

IIN = 12


@transaction.atomic
def emergency_open(*, wanted: str, reason: str, words: str, actor: User, at: datetime) -> Emergency:
    """Open a case, named by its number or by the IIN of its person. Raises ValidationError, in the same words for a
    case that does not exist and for one that the actor is shut out of."""
    if reason not in Emergency.Reason.values:
        raise ValidationError({"reason": _("Choose the reason.")})
    if not words.strip():
        raise ValidationError({"words": _("Write what has happened.")})
    case = _found(wanted.replace(" ", ""), actor)
    if case is None:
        raise ValidationError({"wanted": _("No case is found by this number or IIN.")})
    walls.take(cases=[case.pk])
    if Case.objects.filter(cases_reached(actor, Permission.CASE_WORK, ""), pk=case.pk).exists():
        raise ValidationError({"wanted": _("This case is open to you as it is: find it in the caseload.")})
    emergency = Emergency.objects.create(
        case=case,
        unit=case.unit,
        user=actor,
        opened_at=at,
        until=at + EMERGENCY_LASTS,
        reason=reason,
        words=words.strip(),
    )
    entry_record(kind="emergency.opened", actor=actor, at=at, case_id=case.pk, emergency=emergency.pk, why=reason)
    _tell(emergency, case, at)
    return emergency


def _found(wanted: str, actor: User) -> Case | None:
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= IIN):
        return None
    if len(wanted) < IIN:
        with walls.holding(cases=[int(wanted)]):
            found = list(Case.objects.filter(pk=int(wanted)).select_related("unit"))
    else:
        with walls.holding(iins=[wanted]):
            persons = list(Person.objects.filter(iin=wanted).values_list("pk", flat=True))
        with walls.holding(persons=persons):
            found = list(Case.objects.filter(person__in=persons).select_related("unit").order_by("-pk"))
    found.sort(key=lambda case: case.state == CaseState.CLOSED)
    return found[0] if found and actor.pk not in found[0].excluded else None


def _tell(emergency: Emergency, case: Case, at: datetime) -> None:
    heads = heads_of(case.unit_id)
    auditors = User.objects.filter(role=Role.AUDITOR, is_active=True)
    messages_write(
        outgoing=[
            Outgoing(
                key=f"emergency-{emergency.pk}-{user.pk}",
                user_id=user.pk,
                template="emergency_opened",
                case_id=case.pk if user.role == Role.UNIT_HEAD else None,
                data={"case": case.pk, "emergency": emergency.pk},
                email=bool(user.email),
            )
            for user in (*heads, *auditors)
            if user.pk not in case.excluded
        ],
        at=at,
    )


@transaction.atomic
def emergency_review(*, emergency: Emergency, is_justified: bool, words: str, actor: User, at: datetime) -> Emergency:
    """The head of the unit says whether it was justified, in words. Raises ValidationError: once only, and not about
    oneself."""
    walls.take(cases=[emergency.case_id])
    found = Emergency.objects.select_for_update(of=("self",)).get(pk=emergency.pk)
    if found.reviewed_at is not None:
        raise ValidationError(_("This emergency has been reviewed already."))
    if found.user_id == actor.pk:
        raise ValidationError(_("Nobody reviews an emergency of their own."))
    if not words.strip():
        raise ValidationError({"words": _("Write the reason in words.")})
    found.reviewed_at, found.reviewed_by, found.is_justified, found.review = at, actor, is_justified, words.strip()
    found.save(update_fields=["reviewed_at", "reviewed_by", "is_justified", "review"])
    data = {"emergency": found.pk, "justified": is_justified}
    entry_record(kind="emergency.reviewed", actor=actor, at=at, case_id=found.case_id, **data)
    return found
