"""Writes docs/api/openapi.json, the description of the interface, from the operations themselves.

`python scripts/api_docs.py` writes; `--check` says whether it is what the code says, and exits 1 if not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "docs" / "api" / "openapi.json"


def text() -> str:
    """The document as it is served, laid out to be read and compared."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.testing")
    import django
    from django.utils import translation

    django.setup()
    from oralu.api.document import description
    from oralu.api.urls import urlpatterns  # noqa: F401  (declares every operation)

    with translation.override("en"):
        return json.dumps(description(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    found = text()
    if "--check" in sys.argv:
        if not FILE.is_file() or FILE.read_text(encoding="utf-8") != found:
            print(f"{FILE.name} is not what the interface does: run `make docs`")
            sys.exit(1)
        return
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
