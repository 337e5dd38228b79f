"""Is the journal what was written? Everything is computed anew from the rows; what the database says about itself is
believed only where a signature or the heads outside say the same. Memory does not grow with the journal."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from oralu.apps.journal.commitments import NOTHING, access_commitment, entry_commitment, moment, seal_root
from oralu.apps.journal.comparing import heads_check, lines_read
from oralu.apps.journal.findings import NAMED, Findings, Found
from oralu.apps.journal.keyring import Keyring
from oralu.apps.journal.models import Seal, Stream
from oralu.apps.journal.sealing import TABLES, Run, hash_of, runs_of

FETCHED = 2000
COLUMNS = {
    Stream.ENTRY: "id, salt, commitment, at, actor_id, kind, case_id, data",
    Stream.ACCESS: "id, salt, commitment, at, actor, role, agency, kind, route, purpose, subjects, object",
}
WORDS = {Stream.ENTRY: "Entry", Stream.ACCESS: "Reading"}
UNCOVERED = """
select e.id, p.since < now() - interval '1 hour' from unnest(
    int8multirange(int8range(null, null))
    - coalesce((select range_agg(r) from journal_seal, unnest({ranges}) r), int8multirange())
) hole
join {table} e on (lower_inf(hole) or e.id >= lower(hole)) and (upper_inf(hole) or e.id < upper(hole))
left join journal_pending p on p.stream = %s and p.records @> e.id
"""
ERASED = """
select e.id from journal_entry e where e.salt is null and not exists (
    select 1 from journal_entry r where r.kind = 'journal.erased' and r.salt is not null
        and r.data -> 'entries' @> to_jsonb(e.id))
limit %s
"""


@dataclass
class Report:
    """What `verify` looked at and what it found; `findings` empty: the journal is whole."""

    seals: int = 0
    entries: int = 0
    accesses: int = 0
    erased: int = 0
    waiting: int = 0
    last_seal: int = 0
    notices: list[str] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)


def journal_verify(*, ring: Keyring, heads: Path, progress: Callable[[int], None] = lambda rows: None) -> Report:
    """Check every row, seal, signature and head. `ring`: the keys that may have signed; `heads`: the file
    kept outside; `progress`: told the rows seen so far.

    Runs in one snapshot of the database, so it may be called while others write."""
    report, findings = Report(), Findings()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        # Before the first look at the database: a head is written after its seal, so none read here is too new.
        lines = lines_read(heads)
        _seals(ring, report, findings, progress)
        for stream in Stream:
            _uncovered(stream, report, findings)
        cursor.execute(ERASED, [NAMED])
        for (record,) in cursor.fetchall():
            findings.add(
                "edited",
                f"Entry {record} is empty, and no entry says that it was erased: its payload was deleted.",
            )
        heads_check(lines, findings, report.notices)
    report.findings = findings.all()
    return report


def _seals(ring: Keyring, report: Report, findings: Findings, progress: Callable[[int], None]) -> None:
    """Walk the chain from its beginning."""
    number, before = 0, NOTHING
    for seal in Seal.objects.order_by("number").iterator(chunk_size=200):
        report.seals += 1
        if seal.number != number + 1:
            findings.add("seal_missing", f"{_seals_gone(number + 1, seal.number - 1)} from the database.")
        elif bytes(seal.previous) != before:
            findings.add(
                "chain_broken", f"Seal {seal.number} does not continue seal {number}: one of them was replaced."
            )
        made = hash_of(seal)
        if made != bytes(seal.hash):
            findings.add("seal_edited", f"Seal {seal.number} was edited: its hash is not that of what it holds.")
        elif trouble := ring.trouble(seal.key, made, bytes(seal.signature), seal.sealed_at):
            findings.add(
                "signature", f"Seal {seal.number} {trouble}: it was not made by the worker that holds the key."
            )
        _rows(seal, report, findings)
        number, before = seal.number, bytes(seal.hash)
        progress(report.entries + report.accesses)
    report.last_seal = number


def _seals_gone(first: int, last: int) -> str:
    return f"Seal {first} is gone" if first == last else f"Seals {first} to {last} are gone"


def _rows(seal: Seal, report: Report, findings: Findings) -> None:
    """Recompute the root of a seal from the rows that stand in the database now."""
    trouble = findings.count
    streams = [
        (stream, _checked(seal, stream, runs_of(ranges), report, findings))
        for stream, ranges in ((Stream.ENTRY, seal.entries), (Stream.ACCESS, seal.accesses))
    ]
    if seal_root(streams) != bytes(seal.root) and findings.count == trouble:
        findings.add(
            "replaced",
            f"A row under seal {seal.number} was replaced by another ({_covers(seal)}): each is whole, but "
            "together they are not what was sealed.",
        )


def _covers(seal: Seal) -> str:
    runs = [
        f"{words} {run.lower}–{run.upper - 1}"
        for words, ranges in (("entries", seal.entries), ("readings", seal.accesses))
        for run in ranges[:3]
    ]
    return ", ".join(runs)


def _checked(
    seal: Seal, stream: Stream, runs: list[Run], report: Report, findings: Findings
) -> Iterator[tuple[int, bytes]]:
    """The rows of a seal, each checked against its commitment. What is missing is named."""
    for first, after in runs:
        expected = first
        for row in _stored(stream, first, after):
            if row[0] != expected:
                _missing(stream, expected, row[0], seal, findings)
            expected = row[0] + 1
            commitment = bytes(row[2])
            if stream == Stream.ENTRY:
                report.entries += 1
            else:
                report.accesses += 1
            if row[1] is None:
                report.erased += 1
            elif MADE[stream](row) != commitment:
                findings.add(
                    "edited", f"{WORDS[stream]} {row[0]} was edited after it was written (seal {seal.number})."
                )
            yield row[0], commitment
        if expected < after:
            _missing(stream, expected, after, seal, findings)


def _missing(stream: Stream, first: int, after: int, seal: Seal, findings: Findings) -> None:
    what = WORDS[stream]
    rows = f"{what} {first} is" if after == first + 1 else f"{what} {first} to {after - 1} are"
    findings.add("deleted", f"{rows} gone: seal {seal.number} covers what is no longer there.", after - first)


def _stored(stream: Stream, first: int, after: int) -> Iterator[tuple[Any, ...]]:
    """The rows of a run as they stand, in steps."""
    statement = f"select {COLUMNS[stream]} from {TABLES[stream]} where id >= %s and id < %s order by id limit {FETCHED}"
    while first < after:
        with connection.cursor() as cursor:
            cursor.execute(statement, [first, after])
            found = cursor.fetchall()
        yield from found
        if len(found) < FETCHED:
            return
        first = found[-1][0] + 1


def _entry(row: tuple[Any, ...]) -> bytes:
    _, salt, _, at, actor, kind, case, data = row
    known = json.loads(data) if isinstance(data, str) else data
    return entry_commitment(bytes(salt), at=moment(at), actor=actor, kind=kind, case=case, data=known)


def _access(row: tuple[Any, ...]) -> bytes:
    _, salt, _, at, actor, role, agency, kind, route, purpose, subjects, asked = row
    return access_commitment(
        bytes(salt),
        at=moment(at),
        actor=actor,
        role=role,
        agency=agency,
        kind=kind,
        route=route,
        purpose=purpose,
        subjects=subjects,
        object=asked,
    )


MADE: dict[Stream, Callable[[tuple[Any, ...]], bytes]] = {Stream.ENTRY: _entry, Stream.ACCESS: _access}


def _uncovered(stream: Stream, report: Report, findings: Findings) -> None:
    """Rows under no seal: they wait in the queue and not for long, or somebody put them there past it."""
    ranges = "entries" if stream == Stream.ENTRY else "accesses"
    with connection.cursor() as cursor:
        cursor.execute(UNCOVERED.format(ranges=ranges, table=TABLES[stream]), [stream])
        for record, is_late in itertools.chain.from_iterable(iter(lambda: cursor.fetchmany(FETCHED), [])):
            report.waiting += 1
            if is_late is None:
                findings.add(
                    "unsealed",
                    f"{WORDS[stream]} {record} is under no seal and does not wait for one: it was put there, or taken "
                    "from the queue, by hand.",
                )
            elif is_late:
                findings.add(
                    "waiting",
                    f"{WORDS[stream]} {record} has waited for a seal for over an hour: the worker does not seal.",
                )
