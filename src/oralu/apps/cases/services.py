"""Writing the parts of a case that are not facts: evidence, notes, the plan's versions. Facts are written only through
`routing.services`, which evaluates the case in the same transaction."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.cases.models import Case, Evidence, Note, Plan, Step
from oralu.apps.journal.services import Record, entries_record, entry_record
from oralu.apps.rows import rows_insert
from oralu.core.lifecycle import PLAN, TransitionError, can

if TYPE_CHECKING:
    from oralu.apps.access.models import User

MAX_FILE = 10 * 1024 * 1024
LEFT_BEHIND = timedelta(days=1)
"""No transaction lasts as long: a file that is older and belongs to no proof was left behind by one that failed."""
SIGNATURES = {
    b"%PDF-": ("application/pdf", ".pdf"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
}


@dataclass(frozen=True, slots=True)
class EvidenceData:
    """What proves a statement: the document's name with its number, or a file, or both."""

    title: str
    reference: str = ""
    upload: UploadedFile | None = None


def evidence_add(*, case: Case, data: EvidenceData, actor: User | None, at: datetime) -> Evidence:
    """Keep one proof; see `evidences_add`."""
    return evidences_add(items=[(case, data)], actor=actor, at=at)[0]


def evidences_add(*, items: Sequence[tuple[Case, EvidenceData]], actor: User | None, at: datetime) -> list[Evidence]:
    """Keep proofs, in the order given. A file is recognised by its content and stored under a random name outside the
    web root.

    Raises ValidationError when there is neither a number nor a file, or the file is too large or of another type.
    """
    if any(not data.reference.strip() and data.upload is None for _case, data in items):
        raise ValidationError({"evidence": _("Give the number of the document that you saw, or attach a file.")})
    evidences = [
        Evidence(
            case=case,
            title=data.title,
            reference=data.reference.strip(),
            recorded_at=at,
            recorded_by=actor,
            **(_store(data.upload) if data.upload is not None else {}),
        )
        for case, data in items
    ]
    rows_insert(evidences)
    entries_record(
        records=[Record("evidence.added", e.case_id, {"evidence": e.pk}) for e in evidences], actor=actor, at=at
    )
    return evidences


def _store(upload: UploadedFile) -> dict[str, str | int]:
    size = upload.size or 0
    if size > MAX_FILE:
        raise ValidationError({"evidence": _("The file is larger than 10 MB. Scan it at a lower resolution.")})
    content = upload.read()
    kind = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), None)
    if kind is None:
        raise ValidationError({"evidence": _("Only PDF, JPEG and PNG files can be attached.")})
    name = secrets.token_hex(16) + kind[1]
    incoming = _incoming(name)
    incoming.parent.mkdir(parents=True, exist_ok=True)
    incoming.write_bytes(content)
    transaction.on_commit(partial(_settle, name))
    return {"file": name, "content_type": kind[0], "size": size, "sha256": hashlib.sha256(content).hexdigest()}


def _incoming(name: str) -> Path:
    """Where a file lies until the transaction that keeps its proof has committed."""
    return Path(settings.MEDIA_ROOT) / "incoming" / name


def _settled(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name[:2] / name


def _settle(name: str) -> None:
    """Move a file to where it stays. Whoever comes second finds it done."""
    settled = _settled(name)
    settled.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        _incoming(name).rename(settled)


def evidence_path(evidence: Evidence) -> Path:
    """Where the file of a proof lies; after a crash between commit and move that is still among the incoming."""
    settled = _settled(evidence.file)
    return settled if settled.is_file() else _incoming(evidence.file)


def evidence_files_settle(*, at: datetime) -> int:
    """Files that have lain among the incoming for a day: those of a proof are moved to where they stay, those whose
    transaction was rolled back are removed. Returns how many were removed. Only the incoming are looked at, so nothing
    that a proof rests on can be lost by it."""
    oldest = (at - LEFT_BEHIND).timestamp()
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries if entry.is_file() and entry.stat().st_mtime < oldest}
    if not names:
        return 0
    kept = set(Evidence.objects.filter(file__in=names).values_list("file", flat=True))
    for name in kept:
        _settle(name)
    for name in names - kept:
        _incoming(name).unlink(missing_ok=True)
    return len(names - kept)


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
