"""Enrolment from a draft that was filled in step by step: once, whatever is clicked twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.cases.models import Case
from oralu.apps.people.models import Person
from oralu.apps.people.services import ChildRow, PersonData, children_replace, person_correct
from oralu.apps.routing.enrol_selectors import DRAFT_KEY, case_of_draft, closed_case_person, draft_lock
from oralu.apps.routing.enrolment import EnrolmentData, cases_enrol
from oralu.apps.routing.frames import local_day

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def draft_enrol(
    *,
    draft: str,
    enrolment: EnrolmentData,
    person: PersonData,
    person_id: int | None,
    children: Sequence[ChildRow] | None,
    actor: User,
    at: datetime,
) -> Case:
    """Enrol what a draft holds and answer with its case; asked again, answers with the same case and writes nothing.

    `person_id`: a record of this unit whose case is closed; its data are corrected to `person` and its children to
    `children` (None: nobody could say, they stay). Otherwise `person` carries its children itself.

    Raises ValidationError; then nothing is written."""
    draft_lock(draft)
    standing = case_of_draft(actor=actor, draft=draft)
    if standing is not None:
        return standing
    if enrolment.consent_given_on is not None and enrolment.consent_given_on > local_day(at):
        raise ValidationError({"given_on": _("The date of the consent cannot lie in the future.")})
    who: PersonData | Person = person
    if person_id is not None:
        recorded = closed_case_person(actor=actor, person_id=person_id)
        if recorded is None:
            raise ValidationError(_("This record can no longer be used: the person is on a register again."))
        who = person_correct(person=recorded, data=person, actor=actor, at=at)
        if children is not None:
            children_replace(person=who, rows=children, actor=actor, at=at)
    entry = replace(enrolment, person=who, import_key=DRAFT_KEY + draft)
    return cases_enrol(enrolments=[entry], actor=actor, at=at)[0]
