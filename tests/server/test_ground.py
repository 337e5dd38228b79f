"""The tests' own ground: they run as the plain role, and a test with real transactions leaves nothing behind."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from oralu.server import roles
from oralu.server.postgres import Server


@pytest.mark.django_db
def test_django_speaks_as_the_role_of_the_system_and_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)"
        )
        assert cursor.fetchone() == (roles.WORKER, False)
        cursor.execute("select count(*) from pg_class where relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_owner_can_be_asked_for(owner_connection: psycopg.Connection) -> None:
    assert owner_connection.execute("select current_user").fetchone() == (roles.OWNER,)


@pytest.mark.django_db
def test_no_model_lacks_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_real_transactions_are_gone_and_those_of_migrations_stay(turn: int) -> None:
    kept = ContentType.objects.filter(app_label="contenttypes").count()
    assert kept == 1
    assert not ContentType.objects.filter(app_label="tests").exists()
    ContentType.objects.create(app_label="tests", model=f"turn{turn}")


@pytest.mark.django_db(transaction=True)
def test_what_one_connection_commits_another_sees(database_server: Server) -> None:
    ContentType.objects.create(app_label="tests", model="seen")
    with psycopg.connect(database_server.app_url) as other:
        row = other.execute("select count(*) from django_content_type where app_label = 'tests'").fetchone()
    assert row == (1,)
