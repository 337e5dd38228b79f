"""The types of what a system sends. Whatever is not described here is refused, not passed over."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from ninja import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from oralu.apps.referrals.models import DeclineReason

MOST = 100
"""Rows of a page."""


class Sent(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asked(BaseModel):
    """The parameters of a list."""

    model_config = ConfigDict(extra="forbid")


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a date as 2026-01-31")
    return date.fromisoformat(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,18}", value):
        raise ValueError("a whole number")
    return int(value)


def _yes_or_no(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError("true or false")


DAY_SCHEMA = {"type": "string", "format": "date", "pattern": "^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$"}
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(DAY_SCHEMA)]
Key = Annotated[int, Path(ge=1, le=2**63 - 1)]
Id = Annotated[int, Field(ge=1, le=10**18 - 1), BeforeValidator(_whole)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.\-]{0,63}$")]
Flag = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean"})]
Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]
Cursor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,32}$")]
Note = Annotated[str, StringConstraints(max_length=500)]
EditionKey = Annotated[str, Path(min_length=1, max_length=64)]


class Paging(Asked):
    """`cursor`: `next` of the page before; none for the first."""

    cursor: Cursor | None = None
    limit: Limit = 50


class CasesAsked(Paging):
    """The filters of the caseload. `q`: the beginning of a name, an IIN or the number of a case. `domain` goes with
    `points`."""

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    state: Literal["open", "suspended", "closed"] | None = None
    domain: Code | None = None
    points: Literal["0", "1", "2", "failed"] | None = None
    risk: Annotated[int, Field(ge=0, le=9), BeforeValidator(_whole)] | None = None
    days: Literal["0-30", "31-60", "61-90", "91-180", "181"] | None = None
    agency: Id | None = None
    breached: Flag = False
    officer: Annotated[str, StringConstraints(pattern=r"^(none|[0-9]{1,18})$")] | None = None


class ReferralsAsked(Paging):
    state: Literal["sent", "acknowledged", "accepted", "disputed"] | None = None


class AgenciesAsked(Paging):
    kind: Code | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None


class EvidenceSent(Sent):
    """The document that proves it, seen by who records it, and its number."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
    reference: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class FactSent(Sent):
    """`effective_on`: the day of recording if it is not given. `until`: the day on which it ceases to hold."""

    name: Code
    value: Code
    effective_on: Day | None = None
    until: Day | None = None


class FactsSent(Sent):
    facts: Annotated[list[FactSent], Field(min_length=1, max_length=50)]
    evidence: EvidenceSent | None = None


class RetractionSent(Sent):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]


class ReportedFact(Sent):
    name: Code
    value: Code


class ServiceSent(Sent):
    """`facts`: what is so now, of those that the policy names for the service (`GET /policy/{edition}`)."""

    facts: Annotated[list[ReportedFact], Field(max_length=20)] = []
    effective_on: Day | None = None
    until: Day | None = None
    evidence: EvidenceSent
    note: Note = ""


class CannotSent(Sent):
    """Why an agency cannot help or did not."""

    reason: Literal[tuple(DeclineReason.values)]  # type: ignore[valid-type]
    note: Note = ""
