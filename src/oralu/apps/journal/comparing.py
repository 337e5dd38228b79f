"""The seals of the database against the heads outside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import connection

from oralu.apps.journal.findings import Findings
from oralu.apps.journal.heads import Head, heads_read
from oralu.apps.journal.models import Seal

STEP = 1000
BEHIND = "select max(number) from journal_seal where number > %s and sealed_at < now() - interval '1 hour'"
REWOUND = "select last_value from pg_sequences where schemaname = 'public' and sequencename = 'journal_entry_id_seq'"


@dataclass
class Lines:
    """A first walk over the file: where it ended at that moment, and the lines by which an operator has said that a
    backup was put back."""

    path: Path
    error: str = ""
    lines: int = 0
    last: Head | None = None
    broken: list[int] = field(default_factory=list)
    restored: list[tuple[int, Head]] = field(default_factory=list)

    def excuses(self, line: int, number: int) -> bool:
        """Whether a seal named by a line was given up by a restore that was acknowledged below it."""
        return any(at > line and head.after is not None and number > head.after for at, head in self.restored)

    def heads(self) -> Iterator[tuple[int, Head]]:
        """The heads that stood in the file at the first walk, again, with their lines."""
        for line, head in heads_read(self.path) if self.lines else ():
            if line > self.lines:
                return
            if head is not None:
                yield line, head


def lines_read(path: Path) -> Lines:
    """Walk over the file once."""
    found = Lines(path)
    try:
        for line, head in heads_read(path):
            found.lines = line
            if head is None:
                found.broken.append(line)
                continue
            found.last = head
            if head.after is not None:
                found.restored.append((line, head))
    except OSError as error:
        found.error = error.strerror or "unreadable"
    return found


def heads_check(lines: Lines, findings: Findings, notices: list[str]) -> None:
    """Compare each head with the seal of its number, and the two ends."""
    if lines.error and Seal.objects.exists():
        findings.add(
            "heads_unreadable",
            f"The heads outside the database cannot be read ({lines.path}: {lines.error}): nobody can tell now "
            "whether the end of the journal was cut off.",
        )
    ahead: list[int] = []
    heads = lines.heads()
    while step := list(islice(heads, STEP)):
        numbers = [head.number for _, head in step]
        known = {
            n: bytes(made).hex() for n, made in Seal.objects.filter(number__in=numbers).values_list("number", "hash")
        }
        for line, head in step:
            if head.number == 0 or known.get(head.number) == head.hash or lines.excuses(line, head.number):
                continue
            if head.number in known:
                findings.add(
                    "rewritten",
                    f"Seal {head.number} is not the one that was written down outside on {head.at[:10]}: the journal "
                    "was rewritten from there on.",
                )
            else:
                ahead.append(head.number)
    if ahead:
        _cut(ahead, lines, findings)
    _behind(lines, findings)
    for line, head in lines.restored:
        notices.append(
            f"Line {line} of the heads: on {head.at[:10]} a backup was put back, the journal goes on after seal "
            f"{head.after}; reason: {head.reason}."
        )
    if lines.broken:
        notices.append(f"Lines cut short in the file of heads: {', '.join(map(str, lines.broken[:10]))}.")


def _cut(ahead: list[int], lines: Lines, findings: Findings) -> None:
    """Heads without a seal: the end was cut off, or the whole database is an older one. A backup takes the counter of
    ids back with it, a deletion does not."""
    with connection.cursor() as cursor:
        cursor.execute(REWOUND)
        row = cursor.fetchone()
    counter = (row[0] if row else None) or 0
    highest = max((head.entry for _, head in lines.heads() if head.after is None), default=0)
    seals = f"seal {ahead[0]}" if len(ahead) == 1 else f"seals {ahead[0]} to {ahead[-1]}"
    if counter < highest:
        findings.add(
            "old_backup",
            f"The database does not hold {seals}, which are written down outside, and its entries are counted up to "
            f"{counter} although {highest} had been reached: an old backup was put back.",
        )
    else:
        findings.add(
            "tail_deleted",
            f"The database does not hold {seals}, which are written down outside: the end of the journal was deleted.",
        )


def _behind(lines: Lines, findings: Findings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [lines.last.number if lines.last else 0])
        (last,) = cursor.fetchone()
    if last is not None and lines.lines:
        findings.add(
            "heads_behind",
            f"The heads outside end before seal {last}, which is over an hour old: the worker cannot write that file, "
            "or lines were taken from it.",
        )
