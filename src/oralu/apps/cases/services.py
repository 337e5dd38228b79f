"""Writing the parts of a case that are not facts: notes, the plan's versions, evidence (`evidence`). Facts are written
only through `routing.services`, which evaluates the case in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.cases.evidence import EvidenceData, evidence_add, evidences_add
from oralu.apps.cases.models import Case, Evidence, Note, Plan, Step
from oralu.apps.journal.services import entry_record
from oralu.core.lifecycle import PLAN, TransitionError, can

if TYPE_CHECKING:
    from oralu.apps.access.models import User

__all__ = [
    "EvidenceData",
    "StepData",
    "evidence_add",
    "evidences_add",
    "note_add",
    "plan_mark_agreed",
    "plan_write",
    "reason_note",
    "step_done",
]


@transaction.atomic
def note_add(*, case: Case, text: str, actor: User, at: datetime) -> Note:
    """Add a note. The journal says that there is one, not what it says."""
    if not text.strip():
        raise ValidationError({"text": _("Write the note first.")})
    walls.take(cases=[case.pk])
    note = Note.objects.create(case=case, at=at, author=actor, text=text.strip())
    entry_record(kind="note.added", actor=actor, at=at, case_id=case.pk, note=note.pk)
    return note


def reason_note(*, case: Case, about: str, text: str, actor: User, at: datetime) -> dict[str, int]:
    """Keep the written reason of an act as a note of the case, in the caller's transaction. Answers with what the
    journal keeps of it: the id of the note, or nothing where no reason was written."""
    if not text.strip():
        return {}
    return {"note": Note.objects.create(case=case, at=at, author=actor, text=text.strip(), about=about).pk}


@dataclass(frozen=True, slots=True)
class StepData:
    """A step of a plan: towards which goal, what, by whom, by when."""

    domain: str
    goal: str
    action: str
    actor: str
    due_on: date
    actor_name: str = ""


def plan_write(*, case: Case, steps: Sequence[StepData], actor: User | None, at: datetime) -> Plan:
    """Write a draft of the plan: the standing draft is rewritten, an agreed plan gets a new version beside it.

    Runs in the caller's transaction (`routing.services.plan_draft`), which records the fact `plan`.
    """
    if not steps:
        raise ValidationError({"steps": _("A plan needs at least one step with a person and a date.")})
    latest = Plan.objects.select_for_update().filter(case=case).order_by("-version").first()
    if latest is not None and latest.state == Plan.State.DRAFT:
        plan = latest
        plan.written_at, plan.written_by = at, actor
        plan.save(update_fields=["written_at", "written_by"])
        plan.steps.all().delete()
    else:
        version = latest.version + 1 if latest else 1
        plan = Plan.objects.create(case=case, version=version, written_at=at, written_by=actor)
    Step.objects.bulk_create(
        [
            Step(
                plan=plan,
                domain=s.domain,
                goal=s.goal,
                action=s.action,
                actor=s.actor,
                actor_name=s.actor_name,
                due_on=s.due_on,
            )
            for s in steps
        ]
    )
    entry_record(kind="plan.written", actor=actor, at=at, case_id=case.pk, version=plan.version, steps=len(steps))
    return plan


def plan_mark_agreed(
    *, plan: Plan, agreed_on: date, agreement: Evidence | None, actor: User | None, at: datetime
) -> None:
    """Mark a draft as agreed with the person; the version before it is superseded. In the caller's transaction."""
    try:
        plan.state = can(PLAN, plan.state, "agree")
    except TransitionError as error:
        raise ValidationError(_("Only a draft can be agreed.")) from error
    Plan.objects.filter(case_id=plan.case_id, state=Plan.State.AGREED).update(state=Plan.State.SUPERSEDED)
    plan.agreed_on, plan.agreement = agreed_on, agreement
    plan.save(update_fields=["state", "agreed_on", "agreement"])
    entry_record(kind="plan.agreed", actor=actor, at=at, case_id=plan.case_id, version=plan.version)


@transaction.atomic
def step_done(*, step: Step, done_on: date | None, actor: User, at: datetime) -> None:
    """Mark a step of the plan as done on a day, or as not done after all."""
    walls.take(cases=[step.plan.case_id])
    step.done_on = done_on
    step.save(update_fields=["done_on"])
    entry_record(
        kind="plan.step_done" if done_on else "plan.step_undone",
        actor=actor,
        at=at,
        case_id=step.plan.case_id,
        step=step.pk,
    )
