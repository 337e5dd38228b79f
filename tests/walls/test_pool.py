"""Two people through one connection: whatever happens to a request, the next one sees nothing of it
(programme, item 8)."""

from __future__ import annotations

import os
import random

import pytest
from django.db import DatabaseError, connection, transaction

from oralu.apps.access import walls
from oralu.apps.cases.models import Case
from oralu.apps.people.models import Person
from oralu.server.testdatabase import speak_to
from walls.scene import scene

ROUNDS = int(os.environ.get("ROUNDS", "300"))
"""Requests; `make bench-walls` asks for ten thousand."""


class ReaderError(Exception):
    """What a view may raise."""


def ends(how: str) -> None:
    """The ways in which a request comes to its end."""
    if how == "raises":
        raise ReaderError
    with connection.cursor() as cursor:
        if how == "database":
            cursor.execute("select 1 / 0")
        if how == "timeout":
            cursor.execute("set local statement_timeout = 1")
            cursor.execute("select pg_sleep(0.05)")
        if how == "savepoint":
            with transaction.atomic():
                cursor.execute("select no_such_function()")


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_request_is_left_on_its_connection(database_server) -> None:
    people, cases = scene()
    readers = [
        (people.aigul, {cases["ours"].pk}, "ours"),
        (people.erlan, {cases["theirs"].pk}, "theirs"),
        (people.dana, set(), ""),
        (people.admin, set(), ""),
    ]
    chance = random.Random(7)
    crossed = 0
    speak_to(database_server.app_url)
    try:
        for _ in range(ROUNDS):
            reader, own, hand = chance.choice(readers)
            how = chance.choice(["well", "well", "raises", "database", "timeout", "savepoint"])
            try:
                with transaction.atomic(), walls.inside(reader):
                    crossed += set(Case.objects.values_list("pk", flat=True)) != own
                    if hand:
                        walls.take(cases=[cases[hand].pk], persons=[cases[hand].person_id])
                    ends(how)
            except (ReaderError, DatabaseError):
                pass
            # Nobody asks now: not a row may be seen, as in a view that forgot its walls.
            crossed += Case.objects.exists() or Person.objects.exists()
        assert crossed == 0
    finally:
        speak_to(database_server.worker_url)


@pytest.mark.django_db
def test_walls_without_a_transaction_are_refused(transactional_db: None) -> None:
    people, _ = scene()
    with pytest.raises(walls.NoTransactionError), walls.inside(people.aigul):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_process_of_the_system_with_the_wrong_address_does_not_start(database_server) -> None:
    """With the address of the web it would sweep an empty register and report success."""
    walls.require_system()
    speak_to(database_server.app_url)
    try:
        with pytest.raises(walls.WrongRoleError, match="ORALU_WORKER_DATABASE_URL"):
            walls.require_system()
    finally:
        speak_to(database_server.worker_url)
