"""Whether an attached file may be taken, asked of `inspector` in a process of its own: a file made to do harm costs at
most that process its life, and everybody else some seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

INSPECTOR = Path(__file__).with_name("inspector.py")
SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
"""The types that are taken, with the end of their names."""
PATIENCE = 20.0
"""Seconds until an inspection that does not end is ended, on a machine under load."""
AT_ONCE = threading.BoundedSemaphore(2)
"""What one process of the server lets run side by side: their memory adds up."""
WORDS = {
    "type": gettext_lazy("Only PDF, JPEG and PNG files can be attached."),
    "damaged": gettext_lazy("The file is damaged and cannot be read. Scan the document again, or save the file anew."),
    "locked": gettext_lazy("The PDF is protected by a password. Save it without the password, or scan the document."),
    "active": gettext_lazy("The PDF holds commands that run when it is opened. Print it into a new PDF, or scan it."),
    "carries_files": gettext_lazy("The PDF has other files inside it. Attach each document by itself."),
    "pixels": gettext_lazy("The picture has more than 40 million dots. Scan it at a lower resolution."),
    "too_large_inside": gettext_lazy("Opened, the file is too large. Scan the document again at a lower resolution."),
}
"""Why a file is refused, by the code of `inspector`."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept of a file: its type by content, and its bytes (a picture is drawn anew, without what it says of the
    telephone and the place)."""

    kind: str
    content: bytes


def inspected(content: bytes) -> Inspected:
    """Raises ValidationError with the reason, in words, why the file is not taken."""
    with AT_ONCE:
        try:
            run = subprocess.run(
                [sys.executable, "-I", "-B", str(INSPECTOR)],
                input=content,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
                env={"PATH": os.defpath},
                cwd="/",
            )
        except subprocess.TimeoutExpired:
            raise _refusal("too_large_inside") from None
    head, _newline, kept = run.stdout.partition(b"\n")
    if run.returncode != 0 or not head:
        raise _refusal("too_large_inside" if run.returncode < 0 else "damaged")
    answer = json.loads(head)
    if code := answer.get("refused"):
        raise _refusal(code)
    return Inspected(answer["kind"], kept)


def _refusal(code: str) -> ValidationError:
    return ValidationError({"evidence": ValidationError(str(WORDS[code]), code=code)})
