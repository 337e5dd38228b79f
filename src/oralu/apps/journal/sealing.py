"""Closing the journal in batches. A step of the worker; any number of workers may call it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from psycopg.types.range import Range

from oralu.apps.journal import keys
from oralu.apps.journal.commitments import NOTHING, seal_hash, seal_root
from oralu.apps.journal.heads import Head, HeadsFile, head_of
from oralu.apps.journal.keyring import keyring
from oralu.apps.journal.models import Seal, Stream

log = logging.getLogger(__name__)
BATCH = 5000
"""Rows of a batch: so many that wait are sealed at once, fewer after `PAUSE`."""
PAUSE = timedelta(minutes=1)
LOCK = 0x6F72616C75
"""The number of the advisory lock: the chain grows at one end, so one process at a time adds to it."""
TABLES = {Stream.ENTRY: "journal_entry", Stream.ACCESS: "journal_access"}
TAKE = """
delete from journal_pending where id in (
    select id from (
        select id, sum(upper(records) - lower(records)) over (order by id) - (upper(records) - lower(records)) before
        from (select * from journal_pending order by id limit %(rows)s) p
    ) q where before < %(rows)s
) returning stream, lower(records), upper(records)
"""
WAITING = """
select exists(select 1 from journal_pending),
       (select sum(upper(records) - lower(records)) from (select * from journal_pending order by id limit %(rows)s) p),
       (select sealed_at from journal_seal order by number desc limit 1)
"""
Run = tuple[int, int]
"""Ids: the first, and the one after the last."""


class HeadsAheadError(Exception):
    """The heads outside name what the database does not hold: its journal was cut, rewritten or restored."""


def seals_make(*, at: datetime) -> int:
    """Seal what waits, if it is time, and write the heads that the file lacks. Returns how many rows were sealed.

    Each batch is a transaction of its own: the queue loses what the seal covers. Raises KeyUnusableError, OSError (the
    file of heads), HeadsAheadError; what was sealed stays so, and the next call makes good what is missing outside."""
    done = 0
    while _is_time(at):
        if not (sealed := seal_make(at=at)):
            break
        done += sealed
        heads_write()
    return done


def seal_make(*, at: datetime, rows: int = BATCH) -> int:
    """Seal the rows that have waited longest, at least `rows` of them if there are so many (one statement's are never
    parted). Returns how many; 0 if none waits or another process is sealing. Raises KeyUnusableError."""
    key = keys.private_key(Path(settings.JOURNAL_KEY))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(TAKE, {"rows": rows})
        taken = cursor.fetchall()
        if not taken:
            return 0
        runs = {stream: joined((a, b) for s, a, b in taken if s == stream) for stream in Stream}
        root = seal_root((stream, _commitments(stream, runs[stream])) for stream in Stream)
        last = Seal.objects.order_by("-number").first()
        seal = Seal(
            number=last.number + 1 if last else 1,
            sealed_at=at,
            count=sum(b - a for found in runs.values() for a, b in found),
            entries=[Range(*run) for run in runs[Stream.ENTRY]],
            accesses=[Range(*run) for run in runs[Stream.ACCESS]],
            root=root,
            previous=bytes(last.hash) if last else NOTHING,
            key=keys.fingerprint(key.public_key()),
        )
        seal.hash = hash_of(seal)
        seal.signature = keys.sign(key, seal.hash)
        seal.save(force_insert=True)
    return seal.count


def heads_write() -> int:
    """Write into the file outside the heads that it lacks, each checked to be signed and to continue the one before.
    Returns how many. Raises HeadsAheadError, KeyUnusableError, OSError."""
    outside = (settings.JOURNAL_KEY, settings.JOURNAL_HEADS)
    if not Seal.objects.exists() and not any(Path(path).exists() for path in outside):
        return 0  # A new installation: the first seal makes the key.
    ring = keyring(Path(settings.JOURNAL_KEY))
    with HeadsFile(Path(settings.JOURNAL_HEADS)) as file:
        last = file.last()
        _check_continues(last)
        missing: list[Head] = []
        before = last.hash if last else NOTHING.hex()
        for seal in Seal.objects.filter(number__gt=last.number if last else 0).order_by("number").iterator():
            head = head_of(seal)
            if head.previous != before or ring.trouble(seal.key, hash_of(seal), bytes(seal.signature), seal.sealed_at):
                raise HeadsAheadError(
                    f"Seal {seal.number} does not continue the heads outside the database, or is not signed by the key "
                    "of this journal: run `oralu journal verify`."
                )
            missing.append(head)
            before = head.hash
        if missing:
            file.add(missing)
    return len(missing)


def hash_of(seal: Seal) -> bytes:
    """The hash that a seal should have, by its columns."""
    return seal_hash(
        number=seal.number,
        sealed_at=seal.sealed_at,
        count=seal.count,
        entries=runs_of(seal.entries),
        accesses=runs_of(seal.accesses),
        root=bytes(seal.root),
        previous=bytes(seal.previous),
    )


def runs_of(ranges: Sequence[Range[int]]) -> list[Run]:
    """Ranges as the database keeps them, as first id and the one after the last."""
    return [(r.lower, r.upper) for r in ranges if r.lower is not None and r.upper is not None]


def joined(runs: Iterable[Run]) -> list[Run]:
    """Runs in order, those that touch made one."""
    found: list[Run] = []
    for first, after in sorted(runs):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(after, found[-1][1]))
        else:
            found.append((first, after))
    return found


def _is_time(at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"rows": BATCH})
        is_waiting, count, sealed_at = cursor.fetchone()
    return is_waiting and (count >= BATCH or sealed_at is None or at - sealed_at >= PAUSE)


def _commitments(stream: Stream, runs: Sequence[Run]) -> Iterator[tuple[int, bytes]]:
    """The ids of the runs with their commitments. A row that is gone before it was sealed is sealed as nothing, so that
    `verify` misses it."""
    for first, after in runs:
        expected = first
        while expected < after:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"select id, commitment from {TABLES[stream]} where id >= %s and id < %s order by id limit %s",
                    [expected, after, BATCH],
                )
                found = cursor.fetchall()
            until = found[-1][0] + 1 if len(found) == BATCH else after
            held = {record: bytes(commitment) for record, commitment in found}
            for record in range(expected, until):
                if record not in held:
                    log.error("journal: row %s of %s was deleted before it was sealed", record, stream.name)
                yield record, held.get(record, NOTHING)
            expected = until


def _check_continues(last: Head | None) -> None:
    if last is None or last.number == 0:
        return
    found = Seal.objects.filter(number=last.number).values_list("hash", flat=True).first()
    if found is None or bytes(found).hex() != last.hash:
        raise HeadsAheadError(
            f"The heads outside the database name seal {last.number}, which the database does not hold as it was "
            "written: run `oralu journal verify`; after a backup was put back, `oralu journal restored`."
        )
