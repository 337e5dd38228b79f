"""Proofs and their files: looked into before they are kept, stored under random names outside the web root, in
quarantine until somebody has let them through."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from oralu.apps.cases.inspection import SUFFIXES, Inspected, inspected
from oralu.apps.cases.models import Case, Evidence, FileToRemove
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.rows import rows_insert

if TYPE_CHECKING:
    from oralu.apps.access.models import User

MEGABYTE = 1024 * 1024
HOUR = timedelta(hours=1)
LEFT_BEHIND = timedelta(days=1)
"""No transaction lasts as long: a file that is older and belongs to no proof was left behind by one that failed."""


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
    """Keep proofs, in the order given. A file is looked into, stored under a random name and put into quarantine.

    Raises ValidationError when there is neither a number nor a file, when a file is not one that is taken
    (`upload_inspected`), or when a case, a request or somebody within an hour has brought too much.
    """
    if any(not data.reference.strip() and data.upload is None for _case, data in items):
        raise ValidationError({"evidence": _("Give the number of the document that you saw, or attach a file.")})
    uploads = [(case, data.upload) for case, data in items if data.upload is not None]
    if uploads:
        _limits_check(uploads, actor, at)
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


def upload_inspected(upload: UploadedFile) -> tuple[bytes, Inspected]:
    """The file as it came, and what is kept of it. Raises ValidationError: too large, of another type, damaged, locked,
    with commands or other files inside, or too large when it is opened."""
    if (upload.size or 0) > settings.EVIDENCE_FILE_MB * MEGABYTE:
        raise ValidationError(
            {
                "evidence": _("The file is larger than %(mb)s MB. Scan it at a lower resolution.")
                % {"mb": settings.EVIDENCE_FILE_MB}
            }
        )
    content = upload.read()
    return content, inspected(content)


def _limits_check(uploads: Sequence[tuple[Case, UploadedFile]], actor: User | None, at: datetime) -> None:
    """What one request, one case and one person within an hour may bring."""
    coming: dict[int, int] = {}
    for case, upload in uploads:
        coming[case.pk] = coming.get(case.pk, 0) + (upload.size or 0)
    if sum(coming.values()) > settings.EVIDENCE_REQUEST_MB * MEGABYTE:
        raise ValidationError(
            {
                "evidence": _("The files are larger than %(mb)s MB together. Attach fewer at once.")
                % {"mb": settings.EVIDENCE_REQUEST_MB}
            }
        )
    kept = Evidence.objects.filter(case__in=coming).exclude(file="")
    standing = dict(kept.order_by().values_list("case_id").annotate(total=Sum("size")))
    if any(standing.get(case, 0) + size > settings.EVIDENCE_CASE_MB * MEGABYTE for case, size in coming.items()):
        raise ValidationError(
            {
                "evidence": _("The files of this case would be larger than %(mb)s MB. Give the number of the document.")
                % {"mb": settings.EVIDENCE_CASE_MB}
            }
        )
    if actor is None:
        return
    lately = Evidence.objects.filter(recorded_by=actor, recorded_at__gt=at - HOUR).exclude(file="").count()
    if lately + len(uploads) > settings.EVIDENCE_FILES_AN_HOUR:
        raise ValidationError(
            {
                "evidence": _(
                    "You have attached %(n)s files within an hour. Go on in an hour, or ask the administrator."
                )
                % {"n": lately}
            }
        )


def _store(upload: UploadedFile) -> dict[str, str | int]:
    content, found = upload_inspected(upload)
    name = secrets.token_hex(16) + SUFFIXES[found.kind]
    incoming = _incoming(name)
    incoming.parent.mkdir(parents=True, exist_ok=True)
    incoming.write_bytes(found.content)
    transaction.on_commit(partial(_settle, name))
    return {
        "file": name,
        "content_type": found.kind,
        "size": len(found.content),
        "sha256": hashlib.sha256(found.content).hexdigest(),
        "original_sha256": hashlib.sha256(content).hexdigest(),
    }


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
    """Remove the files that were given up (`FileToRemove`), and look after those that have lain among the incoming for
    a day: those of a proof are moved to where they stay, those whose transaction was rolled back are removed. Returns
    how many were removed. Nothing that a proof rests on can be lost by it."""
    removed = _given_up_remove()
    oldest = (at - LEFT_BEHIND).timestamp()
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    if not folder.is_dir():
        return removed
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries if entry.is_file() and entry.stat().st_mtime < oldest}
    if not names:
        return removed
    kept = set(Evidence.objects.filter(file__in=names).values_list("file", flat=True))
    for name in kept:
        _settle(name)
    for name in names - kept:
        _incoming(name).unlink(missing_ok=True)
    return removed + len(names - kept)


def files_give_up(names: Sequence[str]) -> None:
    """Name files that no proof rests on any more, in the transaction that empties the proofs."""
    FileToRemove.objects.bulk_create([FileToRemove(name=name) for name in names if name], ignore_conflicts=True)


def _given_up_remove() -> int:
    given_up = dict(FileToRemove.objects.values_list("pk", "name")[:1000])
    if not given_up:
        return 0
    kept = set(Evidence.objects.filter(file__in=given_up.values()).values_list("file", flat=True))
    for name in given_up.values():
        if name not in kept:
            _settled(name).unlink(missing_ok=True)
            _incoming(name).unlink(missing_ok=True)
    FileToRemove.objects.filter(pk__in=given_up).delete()
    return len(given_up) - len(kept)
