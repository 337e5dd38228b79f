"""What a newcomer may forget without noticing: who may open an address, what an agency may know."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management.base import SystemCheckError
from django.urls import get_resolver, path

from oralu.apps.access.permissions import Audit, Permission, Purpose
from oralu.apps.access.rowsecurity import OPEN as OPEN_TABLES
from oralu.apps.access.rowsecurity import TABLES
from oralu.apps.referrals.disclosure import DISCLOSED
from oralu.apps.routing.planning import OWN_UNIT
from oralu.policyfiles import edition_names, load_edition
from oralu.server.prepare import check
from oralu.web import declared
from oralu.web.declared import OPEN, addresses_declared, routes


def test_every_address_says_what_it_is_for() -> None:
    assert addresses_declared() == []
    assert {name for name, _path, _view in routes()} >= set(OPEN), "an address that is gone needs no reason any more"


def test_an_address_that_says_nothing_stops_oralu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven on a view that lacks one of the three each time, and on a permission that nobody has."""

    def view(_request: object) -> None: ...

    pattern = path("somewhere", view, name="somewhere")
    monkeypatch.setattr(get_resolver(), "url_patterns", [pattern])
    whole = {"permission": Permission.CASE_READ, "purpose": Purpose.RESOCIALISATION, "audit": Audit.READ}
    for missing in whole:
        view.__dict__.clear()
        view.__dict__.update({name: value for name, value in whole.items() if name != missing})
        with pytest.raises(SystemCheckError, match=f"somewhere\\) declares no {missing}"):
            check()
    view.__dict__.update(whole)
    assert addresses_declared() == []
    monkeypatch.setattr(declared, "GRANTS", ())
    assert "Nobody may" in str(addresses_declared()[0])


def test_every_table_is_walled_or_said_to_be_open() -> None:
    """Personal data in a table without row security would be open to whoever finds a hole in a view."""
    ours = {m._meta.db_table for m in apps.get_models() if m.__module__.startswith("oralu.")}
    assert ours == set(TABLES) | set(OPEN_TABLES), "name the table in apps/access/rowsecurity.py"
    assert not set(TABLES) & set(OPEN_TABLES)


def test_of_every_agency_of_an_edition_it_is_said_what_it_may_know() -> None:
    """An agency without a row would get referrals that name nobody, and could help nobody."""
    asked = {rule.agency for name in edition_names() for rule in load_edition(name).rules} - {OWN_UNIT}
    assert asked - set(DISCLOSED) == set(), "add a row to apps/referrals/disclosure.py"
