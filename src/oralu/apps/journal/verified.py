"""That the journal was verified, and what came of it: an entry of the journal itself, sealed like any other. It says
that somebody looked; what proves the journal is the command with a key and heads that are kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from oralu.apps.journal.models import Entry
from oralu.apps.journal.services import entry_record
from oralu.apps.journal.verifying import Report

if TYPE_CHECKING:
    from oralu.apps.access.models import User

KIND = "journal.verified"


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification: `rows` and `seals` that were looked at, `waiting` rows under no seal then, `codes` of what was
    found (none: whole). `is_apart`: it went by a key and heads that whoever ran it had brought along. `who` ran it, as
    they say, empty where they do not; `operator`: the account of the operating system, empty in entries of before."""

    at: datetime
    is_whole: bool
    rows: int
    seals: int
    waiting: int
    codes: tuple[str, ...]
    is_apart: bool
    who: str
    operator: str


def verification_record(
    *, report: Report, is_apart: bool, at: datetime, actor: User | None = None, operator: str = ""
) -> None:
    """Keep what `oralu journal verify` has found, and who ran it: `operator` is the account of the operating system,
    `actor` the account in Oralu that they name. Raises django.db.DatabaseError where nothing may be written, e.g. on
    a copy of the database."""
    entry_record(
        kind="journal.verified",
        actor=actor,
        at=at,
        whole=not report.findings,
        rows=report.entries + report.accesses,
        seals=report.seals,
        waiting=report.waiting,
        codes=list(dict.fromkeys(found.code for found in report.findings)),
        apart=is_apart,
        operator=operator,
    )


def verification_last() -> Verification | None:
    """The latest verification, None if there has been none. One whose payload was erased tells nothing."""
    kept = Entry.objects.filter(kind=KIND, case=None, salt__isnull=False).select_related("actor")
    found = kept.order_by("-id").first()
    if found is None:
        return None
    data = found.data
    return Verification(
        at=found.at,
        is_whole=data["whole"],
        rows=data["rows"],
        seals=data["seals"],
        waiting=data["waiting"],
        codes=tuple(data["codes"]),
        is_apart=data["apart"],
        who=str(found.actor or ""),
        operator=data.get("operator", ""),
    )
