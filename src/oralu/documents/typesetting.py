"""Documents as PDF. A template in typst gets one snapshot of data and nothing else, so the Kazakh and the Russian text
of a document can never disagree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import typst
from django.conf import settings


class FontsMissingError(RuntimeError):
    """The fonts of the documents are not installed."""


def pdf(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Typeset `templates/<template>.typ` with the data, as PDF/A-2b dated `at`. Fonts are those of the installation and
    never the machine's, so that a document looks the same everywhere. Raises FontsMissingError."""
    with as_file(files("oralu.documents") / "templates") as folder:
        return bytes(
            typst.compile(
                str(folder / f"{template}.typ"),
                root=str(folder),
                font_paths=[str(_fonts())],
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards="a-2b",
                timestamp=int(at.timestamp()),
            )
        )


@cache
def _fonts() -> Path:
    folder = Path(settings.FONTS_DIR)
    if not (folder / "DejaVuSans.ttf").is_file():
        raise FontsMissingError("The fonts of the documents are missing: run `make setup`.")
    return folder
