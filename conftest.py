"""The tests' ground: one private PostgreSQL per test process, started only if a test asks for the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import psycopg
    from pytest_django import DjangoDbBlocker

    from oralu.server.postgres import Server

# A busy machine is no failure; whatever else the environment asks for (CI: the same examples each time) stays.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def database_server(django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """The migrated server, for tests that look at the database from outside (roles, grants, row security)."""
    from django.conf import settings

    from oralu.server.testdatabase import migrated_server

    with django_db_blocker.unblock(), migrated_server(Path(settings.DATA_DIR)) as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(database_server: Server) -> None:
    """pytest-django's own set-up makes a database as the role under test; ours is made by the owner."""


@pytest.fixture
def owner_connection(database_server: Server, db: None) -> Iterator[psycopg.Connection]:
    """A connection of the role that owns the schema, outside the test's transaction; rolled back at the end."""
    import psycopg

    with psycopg.connect(database_server.owner_url) as connection:
        yield connection
        connection.rollback()
