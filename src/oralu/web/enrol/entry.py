"""The way into enrolment from the pages of work: to register a person, and to go on with what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst

from oralu.apps.access.permissions import Permission, may
from oralu.web.enrol.drafts import Draft, drafts_of
from oralu.web.screens import StaffRequest

NAME_PARTS = ("surname", "given_name", "patronymic")
IIN = 12
MOST_NAME = 100


@dataclass(frozen=True)
class Entry:
    """`href` begins an enrolment; `drafts` are those begun in this session, kept until `kept_until` at the latest and
    for `idle_minutes` without work."""

    href: str
    drafts: Sequence[Draft]
    kept_until: datetime
    idle_minutes: int


def entry_of(request: StaffRequest) -> Entry | None:
    """The entry for who may enrol; None for everybody else."""
    if not may(request.user.role, [Permission.CASE_LEAD]):
        return None
    return Entry(reverse("enrol"), drafts_of(request), kept_until(request), settings.SESSION_IDLE_MINUTES)


def kept_until(request: StaffRequest) -> datetime:
    """When the session ends, whatever is done in it: drafts live as long as the session."""
    row = getattr(request.session, "row", None)
    return row.expire_date if row is not None else request.at + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def typed_name(text: str) -> QueryDict | None:
    """What was searched for, as the first step of an enrolment takes it: twelve digits are an IIN, words are surname,
    given name and patronymic in this order. None when nothing of it can be a name."""
    words = text.replace("\x00", "").strip()[:MOST_NAME].split()
    data = QueryDict(mutable=True)
    digits = "".join(words)
    if digits.lstrip("№#nN").isdigit():
        if len(digits) != IIN:
            return None
        data["iin"] = digits
        return data
    parts = [*words[:2], " ".join(words[2:])] if len(words) > 2 else words
    for name, word in zip(NAME_PARTS, parts, strict=False):
        data[name] = str(capfirst(word))
    return data if words else None
