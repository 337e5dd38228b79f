"""A journal to tamper with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from oralu.apps.journal.keyring import keyring
from oralu.apps.journal.models import Entry
from oralu.apps.journal.sealing import heads_write, seal_make
from oralu.apps.journal.services import Record, entries_record
from oralu.apps.journal.verifying import Report, journal_verify

AT = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)


class Ground:
    def __init__(self, folder: Path) -> None:
        self.folder, self.at = folder, AT
        self.key, self.heads = folder / "journal.key", folder / "heads.jsonl"

    def write(self, count: int = 10) -> list[int]:
        """So many entries in one statement; their ids."""
        before = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        records = [Record("fact.recorded", None, {"fact": "housing", "statement": n}) for n in range(count)]
        entries_record(records=records, actor=None, at=self.at)
        return list(Entry.objects.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True))

    def seal(self) -> int:
        self.at += timedelta(minutes=1)
        done = seal_make(at=self.at)
        heads_write()
        return done

    def batches(self, count: int = 3) -> list[list[int]]:
        """So many sealed batches of ten; the ids of each."""
        found = []
        for _ in range(count):
            found.append(self.write())
            assert self.seal() == 10
        return found

    def verify(self) -> Report:
        return journal_verify(ring=keyring(self.key), heads=self.heads)

    def codes(self) -> set[str]:
        return {found.code for found in self.verify().findings}

    def words(self) -> str:
        return "\n".join(found.words for found in self.verify().findings)
