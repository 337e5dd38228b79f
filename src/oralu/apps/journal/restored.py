"""A backup was put back, and an operator says so. Nothing is taken from the heads: a line is added that names what is
gone, so that the next `verify` tells it as a fact with a reason and not as an attack."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from oralu.apps.journal import keys
from oralu.apps.journal.commitments import NOTHING
from oralu.apps.journal.heads import Head, HeadsFile, head_of, heads_read
from oralu.apps.journal.models import Seal


class NothingLostError(Exception):
    """The database holds every seal that is named outside: no restore has to be acknowledged."""


def restore_acknowledge(*, reason: str, at: datetime) -> tuple[int, int]:
    """Add the line. Returns the last seal that both sides know and how many named outside are gone.

    Raises NothingLostError, KeyUnusableError, OSError."""
    path = Path(settings.JOURNAL_HEADS)
    keys.private_key(Path(settings.JOURNAL_KEY))
    with HeadsFile(path) as file:
        named: dict[int, str] = {}
        for _, head in heads_read(path):
            if head is not None:
                if head.after is not None:
                    named = {number: made for number, made in named.items() if number <= head.after}
                if head.number:
                    named[head.number] = head.hash
        held = dict(Seal.objects.values_list("number", "hash"))
        gone = [n for n, made in named.items() if n not in held or bytes(held[n]).hex() != made]
        if not gone:
            raise NothingLostError(
                "The database holds every seal that is named outside: there is nothing to acknowledge."
            )
        after = min(gone) - 1
        last = Seal.objects.order_by("-number").first()
        head = head_of(last) if last else Head(0, NOTHING.hex(), "", 0, 0, 0, "", "", "")
        file.add([_acknowledging(head, after, reason, at)])
    return after, len(gone)


def _acknowledging(head: Head, after: int, reason: str, at: datetime) -> Head:
    return Head(
        number=head.number,
        hash=head.hash,
        previous=head.previous,
        count=head.count,
        entry=head.entry,
        access=head.access,
        at=at.isoformat(timespec="seconds"),
        key=head.key,
        signature=head.signature,
        after=after,
        reason=reason,
    )
