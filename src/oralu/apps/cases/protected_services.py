"""Writing what is kept apart from a case. The journal keeps that it was done, never what was written."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, HealthNote, Offence
from oralu.apps.journal.services import entry_record


@transaction.atomic
def offence_record(
    *,
    case: Case,
    article: str,
    court: str,
    sentenced_on: date | None,
    term_ends_on: date | None,
    actor: User,
    at: datetime,
) -> Offence:
    """Record the sentence behind a case, or correct it. Raises ValidationError: no article, an end before the
    sentence."""
    if not article.strip():
        raise ValidationError({"article": _("Give the article of the Criminal Code.")})
    if sentenced_on is not None and term_ends_on is not None and term_ends_on < sentenced_on:
        raise ValidationError({"term_ends_on": _("The term ends before the date of the sentence.")})
    walls.take(cases=[case.pk])
    values = {"article": article.strip(), "court": court.strip(), "sentenced_on": sentenced_on}
    offence, _is_new = Offence.objects.update_or_create(
        case=case, defaults={**values, "term_ends_on": term_ends_on, "recorded_at": at, "recorded_by": actor}
    )
    entry_record(kind="offence.recorded", actor=actor, at=at, case_id=case.pk)
    return offence


@transaction.atomic
def health_note_add(*, case_id: int, referral_id: int | None, text: str, actor: User, at: datetime) -> HealthNote:
    """Add a medical note: of the psychologist of the unit, or of a clinic about a referral that it has served; the
    caller has checked which of the two the actor is. Raises ValidationError for an empty one."""
    if not text.strip():
        raise ValidationError({"text": _("Write the note first.")})
    walls.take(cases=[case_id])
    note = HealthNote.objects.create(
        case_id=case_id, agency=actor.agency, referral_id=referral_id, at=at, author=actor, text=text.strip()
    )
    entry_record(kind="health.noted", actor=actor, at=at, case_id=case_id, agency=note.agency_id)
    return note
