"""What a newcomer may forget without noticing: who may open an address, what an agency may know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from oralu.apps.access.models import Role
from oralu.apps.referrals.disclosure import DISCLOSED
from oralu.apps.routing.planning import OWN_UNIT
from oralu.policyfiles import edition_names, load_edition

ENTRY = {
    "login", "login-factor", "login-passkey", "login-provider", "login-provider-back", "invitation", "invitation-link",
    "logout",
}  # fmt: skip
OPEN = {"health", "language", *ENTRY}
"""The addresses that need no account, each for a reason: the supervisor, the choice of language, the door itself."""


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern), pattern.callback


def test_every_address_names_the_roles_that_may_open_it() -> None:
    """A view without `@screen` would be open to whoever knows its address, signed in or not."""
    found = dict(routes(get_resolver().url_patterns))
    undeclared = {name for name, view in found.items() if not getattr(view, "roles", None)}
    assert undeclared == OPEN, "put @screen(…) on the view"
    strangers = {name for name, view in found.items() if not set(getattr(view, "roles", ())) <= set(Role)}
    assert strangers == set()


def test_of_every_agency_of_an_edition_it_is_said_what_it_may_know() -> None:
    """An agency without a row would get referrals that name nobody, and could help nobody."""
    asked = {rule.agency for name in edition_names() for rule in load_edition(name).rules} - {OWN_UNIT}
    assert asked - set(DISCLOSED) == set(), "add a row to apps/referrals/disclosure.py"
