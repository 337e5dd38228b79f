"""Compile the translations that changed: src/oralu/locale/*/LC_MESSAGES/*.po → .mo, without GNU gettext."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

LOCALE = Path(__file__).resolve().parents[1] / "src" / "oralu" / "locale"


def compile_catalogue(source: Path) -> None:
    """Write the .mo next to `source`, whole or not at all. Fuzzy entries are left out: nobody has confirmed them."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parents[1].name, abort_invalid=True)
    draft = target.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue, use_fuzzy=False)
    draft.replace(target)


def main() -> None:
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        try:
            compile_catalogue(source)
        except PoFileError as error:
            sys.exit(f"{source}: {error}")


if __name__ == "__main__":
    main()
