"""Who was shown whose data: one row for each answer. A selector that hands out somebody's data says so by `seen`; the
door that answers opens `collecting` around its work and writes what came together by `access_record`, in the
transaction of the answer. If that row cannot be written the error goes up, and nothing is shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Self, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

from oralu.apps.journal.commitments import SALT, access_commitment, moment
from oralu.apps.journal.models import AccessKind

if TYPE_CHECKING:
    from oralu.apps.access.models import User

INSERT = """
insert into journal_access (at, actor, role, agency, kind, route, purpose, subjects, object, salt, commitment)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ROUTE, OBJECT = 64, 64
"""Longest texts, in characters."""


@dataclass(slots=True)
class Reading:
    """The ids of the cases that one answer shows."""

    subjects: set[int] = field(default_factory=set)


_reading: ContextVar[Reading | None] = ContextVar("oralu_reading", default=None)


@contextmanager
def collecting() -> Iterator[Reading]:
    """Gather what `seen` is told in the block. A block within another gathers into the outer one: an answer is one."""
    outer = _reading.get()
    if outer is not None:
        yield outer
        return
    reading = Reading()
    token = _reading.set(reading)
    try:
        yield reading
    finally:
        _reading.reset(token)


def seen(cases: Iterable[int | None] | int) -> None:
    """Say that data of the persons of these cases go out. None (no case) is passed over; where nobody collects (the
    worker, a command) nothing goes out."""
    reading = _reading.get()
    if reading is None:
        return
    if isinstance(cases, int):
        reading.subjects.add(cases)
    else:
        reading.subjects.update(case for case in cases if case is not None)


@contextmanager
def looking_ahead() -> Iterator[None]:
    """Nothing read in the block counts as shown: for a row more than the page has, which only tells whether there is
    one. The caller says `seen` for those that it shows."""
    token = _reading.set(None)
    try:
        yield
    finally:
        _reading.reset(token)


M = TypeVar("M", bound=Model)


class Shown(QuerySet[M]):
    """Rows of persons as a door hands them out: whatever is fetched from it as objects is `seen`, so that no screen has
    to remember. `case`: where a row has the id of its case. Keys, counts and subqueries show nobody."""

    _case = "pk"

    @classmethod
    def of(cls, model: type[M], case: str) -> Shown[M]:
        rows = cls(model)
        rows._case = case
        return rows

    def _clone(self) -> Self:
        copy = super()._clone()  # type: ignore[misc]
        copy._case = self._case
        return copy  # type: ignore[no-any-return]

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()  # type: ignore[misc]
        if is_new and _reading.get() is not None and issubclass(self._iterable_class, ModelIterable):
            seen(map(attrgetter(self._case), self._result_cache))


def access_record(
    *,
    subjects: Iterable[int],
    actor: User,
    at: datetime,
    route: str,
    purpose: str,
    kind: str = AccessKind.READ,
    object: str = "",
) -> bool:
    """Write the one row of an answer, in the transaction of the answer; with no subject there is nothing to write.
    Returns whether a row was written. Raises django.db.Error: then the answer has to be withheld."""
    shown = sorted(set(subjects))
    if not shown:
        return False
    _write(DEFAULT_DB_ALIAS, actor=actor, at=at, kind=kind, route=route, purpose=purpose, subjects=shown, object=object)
    return True


def denied_record(
    *, actor: User | None, at: datetime, route: str, purpose: str, object: str = "", subjects: Iterable[int] = ()
) -> None:
    """Write that something was refused, by a connection of its own: the rollback of the request does not erase it.
    `object`: what was asked for, e.g. "case 12"; `subjects`: the cases, where they are known. Raises Django's Error."""
    found = sorted(set(subjects))
    _write(
        settings.REFUSALS_DATABASE,
        actor=actor,
        at=at,
        kind=AccessKind.DENIED,
        route=route,
        purpose=purpose,
        subjects=found,
        object=object,
    )


def _write(
    alias: str,
    *,
    actor: User | None,
    at: datetime,
    kind: str,
    route: str,
    purpose: str,
    subjects: list[int],
    object: str,
) -> None:
    salt, who, role, agency = os.urandom(SALT), None, "", None
    if actor is not None and actor.pk is not None:
        who, role, agency = actor.pk, str(actor.role), actor.agency_id
    kind, route, object = str(kind), route[:ROUTE], object[:OBJECT]
    made = access_commitment(
        salt,
        at=moment(at),
        actor=who,
        role=role,
        agency=agency,
        kind=kind,
        route=route,
        purpose=str(purpose),
        subjects=subjects,
        object=object,
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(INSERT, [at, who, role, agency, kind, route, str(purpose), subjects, object, salt, made])
