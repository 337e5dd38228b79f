"""Files that were attached before the case exists: kept apart from the evidence under a random name that only the
session knows, checked by content, and removed with the draft or after a day."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile

from oralu.apps.cases.evidence import upload_inspected

KEPT_SECONDS = 24 * 3600
TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    token: str
    name: str
    size: int

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "drafts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def store(upload: UploadedFile) -> StoredFile:
    """Keep a file until the enrolment, when it is looked into again. Raises ValidationError: not one that is taken."""
    try:
        content, _found = upload_inspected(upload)
    except ValidationError as error:
        raise ValidationError(error.error_dict["evidence"]) from None
    stale_forget()
    stored = StoredFile(secrets.token_hex(16), Path(upload.name or "").name[:100], len(content))
    (_folder() / stored.token).write_bytes(content)
    return stored


def opened(stored: StoredFile) -> UploadedFile | None:
    """The file as the service takes it; None when it is no longer there."""
    try:
        content = (_folder() / stored.token).read_bytes()
    except FileNotFoundError:
        return None
    return InMemoryUploadedFile(BytesIO(content), None, stored.name, None, len(content), None)


def is_there(stored: StoredFile) -> bool:
    return (_folder() / stored.token).is_file()


def forget(stored: StoredFile) -> None:
    (_folder() / stored.token).unlink(missing_ok=True)


def stale_forget() -> None:
    """Remove what belongs to sessions that have ended: nothing in the folder is older than a session may be."""
    oldest = time.time() - KEPT_SECONDS
    for path in _folder().iterdir():
        with suppress(FileNotFoundError):
            if TOKEN.fullmatch(path.name) and path.stat().st_mtime < oldest:
                path.unlink()
