"""What is hashed: one form of a row, whoever writes or reads it. A change here makes every row ever written look
edited: give a new form a new first word instead."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

ENTRY, ACCESS, SEAL = b"oralu entry 1\n", b"oralu access 1\n", b"oralu seal 1\n"
SALT, HASH = 16, 32
"""Bytes."""
NOTHING = bytes(HASH)
"""The hash before the first seal, and the commitment of a row that was gone before it could be sealed."""


def as_text(value: object) -> str:
    """What JSON has no form for: days and moments. Raises TypeError for anything else."""
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be written into the journal")


encoded = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=as_text, check_circular=False
).encode
"""JSON in the one form that is hashed. Made once, and without a search for circles, for it is called for every row."""


def moment(at: datetime) -> str:
    """A moment in the one form that is hashed: of UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_commitment(
    salt: bytes, *, at: str, actor: int | None, kind: str, case: int | None, data: dict[str, Any]
) -> bytes:
    """The commitment of an entry; `at` by `moment`, `data` as JSON gives it back (keys are texts at every depth)."""
    return hashlib.sha256(salt + ENTRY + encoded([at, actor, kind, case, data]).encode()).digest()


def access_commitment(
    salt: bytes,
    *,
    at: str,
    actor: int | None,
    role: str,
    agency: int | None,
    kind: str,
    route: str,
    purpose: str,
    subjects: Sequence[int],
    object: str,
) -> bytes:
    """The commitment of an access row."""
    plain = [at, actor, role, agency, kind, route, purpose, list(subjects), object]
    return hashlib.sha256(salt + ACCESS + encoded(plain).encode()).digest()


def seal_root(streams: Iterable[tuple[int, Iterable[tuple[int, bytes]]]]) -> bytes:
    """The hash over ids and commitments, stream by stream, in the order of the ids."""
    found = hashlib.sha256()
    for stream, rows in streams:
        for record, commitment in rows:
            found.update(stream.to_bytes(1) + record.to_bytes(8, signed=True) + commitment)
    return found.digest()


def seal_hash(
    *,
    number: int,
    sealed_at: datetime,
    count: int,
    entries: Sequence[tuple[int, int]],
    accesses: Sequence[tuple[int, int]],
    root: bytes,
    previous: bytes,
) -> bytes:
    """The hash of a seal; the ranges as first id and the id after the last."""
    plain = [number, moment(sealed_at), count, entries, accesses, root.hex(), previous.hex()]
    return hashlib.sha256(SEAL + encoded(plain).encode()).digest()
