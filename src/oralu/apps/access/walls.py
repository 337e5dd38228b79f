"""The second wall: what a request may reach in the database, whatever its queries ask for.

A request speaks as the role `oralu_app`, and the policies of `rowsecurity` show that role only the rows of who asks.
Who asks is said here, for the length of one transaction. A process of the system itself (the worker, an import, a
restore) speaks as `oralu_worker` and meets no wall of rows; it never serves a request.

Some acts of a person have to reach further than the person's own eyes: an agency serves, and the whole case is judged
anew. Such an act takes what it works on *in hand*: the keys of those cases, persons or regions and nothing else, after
the first wall (`permissions`, the doors of the selectors) has let it through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from oralu.apps.access.models import User

APP, WORKER = "oralu_app", "oralu_worker"
SETTINGS = ("user", "role", "agency", "kind", "region")
"""Who asks: each is kept in the transaction's setting `oralu.<name>`."""
HANDS = ("cases", "persons", "regions", "births", "iins", "users", "agencies")
"""What is in hand: lists of keys, in `oralu.<name>`; dates of birth and IINs are those of a search for duplicates,
users those to whom a message goes, agencies those whose referrals are counted."""
NOBODY: Mapping[str, str] = {f"oralu.{name}": "" for name in SETTINGS}
NOTHING_HELD: Mapping[str, str] = {f"oralu.{name}": "" for name in HANDS}

_inside: ContextVar[int | None] = ContextVar("oralu_walls", default=None)


class NoTransactionError(RuntimeError):
    """A wall that would end with the statement is no wall: the caller forgot its transaction."""


class WrongRoleError(RuntimeError):
    """A process of the system speaks to the database as a role that sees nothing there."""


def require_system() -> None:
    """Raises WrongRoleError unless this process may see every row: with the wrong address it would do its work on an
    empty register and report success."""
    with connection.cursor() as cursor:
        cursor.execute("select current_user, pg_has_role(current_user, %s, 'usage')", [WORKER])
        role, is_system = cursor.fetchone()
    if not is_system:
        raise WrongRoleError(
            f"This process speaks to the database as {role}, which sees no row of its own: "
            f"give ORALU_WORKER_DATABASE_URL, the address of {WORKER}."
        )


@contextmanager
def inside(user: User) -> Iterator[None]:
    """Everything in the block sees what this user may see. Needs a transaction, with which the walls end; they are
    taken down at the end of the block too where that transaction goes on (a test holds several requests in one)."""
    if not connection.in_atomic_block:
        raise NoTransactionError("The walls of a request stand in its transaction, and there is none.")
    agency = user.agency if user.agency_id is not None else None
    who = {
        "user": user.pk,
        "role": user.role,
        "agency": user.agency_id or "",
        "kind": agency.kind if agency is not None else "",
        "region": agency.region_id if agency is not None else "",
    }
    _say({"role": APP, **{f"oralu.{name}": value for name, value in who.items()}, **NOTHING_HELD})
    token = _inside.set(user.pk)
    try:
        yield
    finally:
        _inside.reset(token)
        if connection.savepoint_ids and not connection.needs_rollback:
            _say({"role": "none", **NOBODY, **NOTHING_HELD})


def watch() -> None:
    """Let this transaction see when clocks and letters fall due, and nothing of whom: for the monitor, whom nobody
    signs in."""
    _say({"oralu.role": "watch"})


def take(
    *,
    cases: Iterable[int] = (),
    persons: Iterable[int] = (),
    regions: Iterable[str] = (),
    births: Iterable[date] = (),
    iins: Iterable[str] = (),
    users: Iterable[int] = (),
) -> None:
    """Take in hand until the end of the transaction what an act works on. Outside a request there is nothing to do."""
    _grasp(cases=cases, persons=persons, regions=regions, births=births, iins=iins, users=users)


@contextmanager
def holding(
    *,
    cases: Iterable[int] = (),
    persons: Iterable[int] = (),
    regions: Iterable[str] = (),
    births: Iterable[date] = (),
    iins: Iterable[str] = (),
    users: Iterable[int] = (),
    agencies: Iterable[int] = (),
) -> Iterator[None]:
    """Take in hand for the length of a block of reading, and lay down again."""
    before = _grasp(
        cases=cases, persons=persons, regions=regions, births=births, iins=iins, users=users, agencies=agencies
    )
    yield
    if before and not connection.needs_rollback:
        _say(before)


def _grasp(**wanted: Iterable[object]) -> dict[str, str]:
    """Add to what is in hand, and answer with what was in it before."""
    if _inside.get() is None:
        return {}
    fresh = {f"oralu.{name}": ",".join(sorted({str(key) for key in keys})) for name, keys in wanted.items()}
    added = {name: keys for name, keys in fresh.items() if keys}
    if not added:
        return {}
    before = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in added)
    more = ", ".join(
        f"set_config('{name}', concat_ws(',', nullif(current_setting('{name}', true), ''), %s), true)" for name in added
    )
    with connection.cursor() as cursor:
        cursor.execute(f"select {before}, {more}", list(added.values()))
        return dict(zip(added, cursor.fetchone(), strict=False))


def _say(settings: Mapping[str, object]) -> None:
    """All settings in one statement, until the end of the transaction; `set_config` takes values, not text of SQL."""
    with connection.cursor() as cursor:
        parts = ", ".join(f"set_config('{name}', %s, true)" for name in settings)
        cursor.execute(f"select {parts}", [str(value) for value in settings.values()])
