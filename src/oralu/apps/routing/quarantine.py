"""The quarantine of attached files: emptied by the scanner, or by a person who answers for it with their name. The case
is evaluated anew with each file, for its facts rest on them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.cases.clamd import ScannerUnavailableError, scan
from oralu.apps.cases.evidence import evidence_path, files_give_up
from oralu.apps.cases.models import Evidence, Note, Scan
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import case_hold
from oralu.apps.routing.planning import Cause

if TYPE_CHECKING:
    from oralu.apps.access.models import User

log = logging.getLogger(__name__)
AGAIN = timedelta(minutes=10)
"""How long a file that the scanner could not judge waits for its next turn."""
GONE = "file is gone"


class Released(models.TextChoices):
    """How the person who releases a file knows that it may be opened."""

    SCANNED = "scanned", gettext_lazy("checked with the antivirus of the workplace")
    OWN_SCAN = "own_scan", gettext_lazy("scanned from paper in our unit")
    TRUSTED = "trusted", gettext_lazy("received through the document system of a state body")


def quarantine_scan(*, at: datetime, limit: int = 20) -> int:
    """Have the scanner look at files in quarantine, each in a transaction of its own, the longest waiting first.
    Without a scanner (ORALU_CLAMD) nothing is done: a person decides. Returns how many were judged."""
    if not settings.CLAMD:
        return 0
    waiting = Evidence.objects.filter(scan=Scan.WAITING).exclude(file="")
    waiting = waiting.filter(models.Q(scanned_at=None) | models.Q(scanned_at__lt=at - AGAIN))
    judged = 0
    for key in list(waiting.order_by(F("scanned_at").asc(nulls_first=True), "id").values_list("pk", flat=True)[:limit]):
        try:
            judged += _scan_one(key, at)
        except ScannerUnavailableError as error:
            log.warning("the scanner cannot judge file %s: %s", key, error)
            Evidence.objects.filter(pk=key, scan=Scan.WAITING).update(scanned_at=at)
            break
    return judged


def _scan_one(key: int, at: datetime) -> int:
    """The scanner looks without a lock, or everybody at work on the case would wait for it; what it says counts only
    if the file waits still."""
    evidence = Evidence.objects.filter(pk=key, scan=Scan.WAITING).exclude(file="").first()
    if evidence is None:
        return 0
    try:
        with evidence_path(evidence).open("rb") as stream:
            finding = scan(stream, settings.CLAMD)
    except FileNotFoundError:
        finding = GONE
    with transaction.atomic():
        try:
            evidence = _held(evidence, at)
        except ValidationError:
            return 0
        if finding:
            _reject(evidence, finding, None, at)
        else:
            evidence.scan, evidence.scanned_at = Scan.CLEAN, at
            evidence.save(update_fields=["scan", "scanned_at"])
            entry_record(kind="evidence.scanned", actor=None, at=at, case_id=evidence.case_id, evidence=evidence.pk)
            _evaluate(evidence, Cause("facts"), None, at)
    return 1


@transaction.atomic
def evidence_release(*, evidence: Evidence, how: str, actor: User, at: datetime) -> None:
    """Let a file through by one's own word. Raises ValidationError where it no longer waits."""
    if how not in Released.values:
        raise ValidationError({"how": _("Say how you know that the file may be opened.")})
    evidence = _held(evidence, at)
    evidence.scan, evidence.scanned_at, evidence.scanned_by = Scan.RELEASED, at, actor
    evidence.save(update_fields=["scan", "scanned_at", "scanned_by"])
    entry_record(
        kind="evidence.released", actor=actor, at=at, case_id=evidence.case_id, evidence=evidence.pk, how=str(how)
    )
    _evaluate(evidence, Cause("facts"), actor, at)


@transaction.atomic
def evidence_reject(*, evidence: Evidence, reason: str, actor: User, at: datetime) -> None:
    """Have a file removed. Its record stays and says so, what it proved counts as not evidenced; the reason is a note
    of the case. Raises ValidationError where it no longer waits, or without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the file is rejected.")})
    evidence = _held(evidence, at)
    note = Note.objects.create(
        case_id=evidence.case_id, at=at, author=actor, text=reason.strip(), about="evidence.rejected"
    )
    _reject(evidence, "", actor, at, note=note)


@transaction.atomic
def evidence_taken(*, evidence: Evidence, actor: User, at: datetime) -> None:
    """Somebody takes a file out of quarantine to have it checked: it is written down before the bytes leave."""
    evidence = _held(evidence, at)
    entry_record(kind="evidence.taken_to_check", actor=actor, at=at, case_id=evidence.case_id, evidence=evidence.pk)


def _held(evidence: Evidence, at: datetime) -> Evidence:
    """Under the locks of its case and its own: time is made good before the file counts otherwise."""
    case_hold(evidence.case_id, at)
    held = Evidence.objects.select_for_update(of=("self",)).select_related("case").get(pk=evidence.pk)
    if not held.is_checking:
        raise ValidationError(_("This file no longer waits: it has been released or rejected."))
    return held


def _evaluate(evidence: Evidence, cause: Cause, actor: User | None, at: datetime) -> None:
    cases_evaluate(case_ids=[evidence.case_id], actor=actor, at=at, cause=cause)


def _reject(evidence: Evidence, finding: str, actor: User | None, at: datetime, *, note: Note | None = None) -> None:
    """The file goes, the record stays, and who needs another proof is told. What a need had only by this proof is taken
    back as by a retraction: nobody has met it."""
    more = {"note": note.pk} if note is not None else {}
    files_give_up([evidence.file])
    evidence.file, evidence.scan, evidence.finding = "", Scan.REJECTED, finding[:100]
    evidence.scanned_at, evidence.scanned_by = at, actor
    evidence.save(update_fields=["file", "scan", "finding", "scanned_at", "scanned_by"])
    entry_record(kind="evidence.rejected", actor=actor, at=at, case_id=evidence.case_id, evidence=evidence.pk, **more)
    told = {evidence.case.officer_id, evidence.recorded_by_id} - {None}
    messages_write(
        outgoing=[
            Outgoing(
                key=f"evidence-{evidence.pk}-rejected-{user}",
                user_id=user,
                template="evidence_rejected",
                case_id=evidence.case_id,
                data={"case": evidence.case_id},
            )
            for user in sorted(told)
        ],
        at=at,
    )
    _evaluate(evidence, Cause("retraction", note.text[:500] if note is not None else finding), actor, at)
