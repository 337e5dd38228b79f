"""What the auditors read of the journal: what was refused, taken out or read in an emergency, and how it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db.models import BigIntegerField, F, Func, Sum

from oralu.apps.journal.models import Access, AccessKind, Pending, Seal


@dataclass(frozen=True, slots=True)
class Seals:
    """How many seals there are, when the last was made, how many rows wait for one."""

    count: int
    last_at: datetime | None
    pending: int


def seals_told() -> Seals:
    last = Seal.objects.order_by("-number").first()
    size = Func(F("records"), function="upper") - Func(F("records"), function="lower")
    waiting = Pending.objects.aggregate(n=Sum(size, output_field=BigIntegerField()))["n"]
    return Seals(Seal.objects.count(), last.sealed_at if last else None, waiting or 0)


def accesses_to_control(*, limit: int) -> list[tuple[Access, str]]:
    """The latest refusals, exports and emergency readings, each with the name of who asked."""
    found = list(Access.objects.exclude(kind=AccessKind.READ).order_by("-id")[:limit])
    users = apps.get_model("access", "User").objects.in_bulk({access.actor for access in found if access.actor})
    return [(access, users[access.actor].full_name if access.actor in users else "") for access in found]
