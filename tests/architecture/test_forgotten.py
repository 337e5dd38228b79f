"""What a newcomer may forget without noticing: who may open an address, what an agency may know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from oralu.apps.access.permissions import Audit, Permission, Purpose
from oralu.apps.access.rowsecurity import OPEN as OPEN_TABLES
from oralu.apps.access.rowsecurity import TABLES
from oralu.apps.referrals.disclosure import DISCLOSED
from oralu.apps.routing.planning import OWN_UNIT
from oralu.policyfiles import edition_names, load_edition

ENTRY = {
    "login", "login-factor", "login-passkey", "login-provider", "login-provider-back", "invitation", "invitation-link",
    "logout",
}  # fmt: skip
OPEN = {"health", "health-detail", "health-metrics", "language", *ENTRY}
"""The addresses that need no account, each for a reason: the supervisor, the choice of language, the door itself."""


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern), pattern.callback


def test_every_address_says_what_it_is_for() -> None:
    """A view without `@screen` would be open to whoever knows its address, signed in or not."""
    found = dict(routes(get_resolver().url_patterns))
    undeclared = {name for name, view in found.items() if not getattr(view, "permission", None)}
    assert undeclared == OPEN, "put @screen(…) on the view"
    for name in found.keys() - OPEN:
        view = found[name]
        assert view.permission in Permission, name
        assert view.purpose in Purpose, name
        assert view.audit in Audit, name


def test_every_table_is_walled_or_said_to_be_open() -> None:
    """Personal data in a table without row security would be open to whoever finds a hole in a view."""
    ours = {m._meta.db_table for m in apps.get_models() if m.__module__.startswith("oralu.")}
    assert ours == set(TABLES) | set(OPEN_TABLES), "name the table in apps/access/rowsecurity.py"
    assert not set(TABLES) & set(OPEN_TABLES)


def test_of_every_agency_of_an_edition_it_is_said_what_it_may_know() -> None:
    """An agency without a row would get referrals that name nobody, and could help nobody."""
    asked = {rule.agency for name in edition_names() for rule in load_edition(name).rules} - {OWN_UNIT}
    assert asked - set(DISCLOSED) == set(), "add a row to apps/referrals/disclosure.py"
