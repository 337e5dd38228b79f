"""The worker is stopped at every SQL statement of its turn, one after the other; run again, it leaves exactly what an
undisturbed turn leaves: the same rows in every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import OperationalError, connection, transaction
from registers import contents, sequences_rewind

from oralu.apps.referrals.escalation_services import escalation_answer
from oralu.apps.referrals.models import Clock, Escalation, Need
from oralu.apps.routing.pausing import need_clock_pause
from oralu.apps.routing.worker import turn
from world import World, build

if TYPE_CHECKING:
    from oralu.server.postgres import Server

BARE = {"identity_document": "none", "housing": "homeless", "income": "none", "medical_need": "high"}


class StoppedError(BaseException):
    """The process ends here. Nothing catches it, as nothing catches a kill."""


@contextmanager
def stopping_at(number: int) -> Iterator[list[str]]:
    """Stop before the statement with this number; -1: only count. Gives the statements that ran. What follows the stop
    is the going back to the savepoint, as the database does it for a session that has ended."""
    ran: list[str] = []

    def count(execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        ran.append(query)
        if len(ran) == number + 1:
            raise StoppedError
        return execute(query, params, many, context)

    with connection.execute_wrapper(count):
        yield ran


def busy_world() -> tuple[World, datetime]:
    """A world in which one turn has everything to do: targets, limits, an end of a pause, a late measure, an inherited
    need, a day with its milestone, a hold that lapses, e-mail to send."""
    world = build()
    world.kairat.email = world.aigul.email = "somebody@example.org"
    world.kairat.save()
    world.aigul.save()
    first = world.enrol(facts={"identity_document": "none", "housing": "stable"})
    turn(world.at + timedelta(days=1))
    with transaction.atomic():
        escalation_answer(
            escalation=Escalation.objects.get(case=first, addressee="leb_leadership"),
            cause="no_resources",
            cause_note="",
            measure="выделить место",
            responsible="Петров",
            due_on=date(2026, 6, 30),
            actor=world.kairat,
            at=world.at + timedelta(days=2),
        )
    turn(world.at + timedelta(days=28))
    eve = world.at + timedelta(days=28)
    world.enrol(facts=BARE, at=eve)
    world.enrol(facts=BARE, at=eve, go_live_on=eve.date(), import_key="k1")
    paused = world.enrol(facts=BARE, at=eve)
    need_clock_pause(
        need=Need.objects.get(case=paused, service="medical_help"),
        reason="person_in_hospital",
        party="person",
        until=eve + timedelta(days=1),
        actor=world.aigul,
        at=eve + timedelta(hours=1),
    )
    return world, eve + timedelta(days=4)


@pytest.mark.slow
@pytest.mark.django_db
def test_stopped_at_every_statement_and_run_again_the_worker_leaves_the_same_rows(
    database_server: Server, settings: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    _, at = busy_world()
    mail.outbox.clear()
    with database_server.connect_admin() as admin:
        with transaction.atomic():
            sequences_rewind(admin)
            with stopping_at(-1) as statements:
                turn(at)
            undisturbed, sent = contents(), len(mail.outbox)
            with stopping_at(-1):
                turn(at)
            assert contents() == undisturbed
            transaction.set_rollback(True)
        assert {"breach", "measure_late"} <= {row[4] for row in undisturbed[Escalation._meta.db_table]}
        assert sent >= 4
        assert len(statements) > 100, "this turn has too little to do to prove anything"
        for number in range(len(statements)):
            with transaction.atomic():
                mail.outbox.clear()
                sequences_rewind(admin)
                with pytest.raises(StoppedError), stopping_at(number):
                    turn(at)
                sequences_rewind(admin)
                turn(at)
                found = contents()
                differing = [table for table in found if found[table] != undisturbed[table]]
                assert not differing, f"stopped at {number}: {statements[number][:200]}"
                assert len(mail.outbox) >= sent
                transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [3, 12, 25, 40, 60])
def test_a_connection_that_is_cut_leaves_nothing_half_done(database_server: Server, number: int) -> None:
    """The same with a real end of the session: the database itself takes back what was not committed."""
    _, at = busy_world()
    before = Clock.objects.filter(due_at__lte=at).count()
    assert before

    def cut(execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal number
        number -= 1
        if number == 0:
            with database_server.connect_admin() as admin:
                pid = connection.connection.info.backend_pid
                admin.execute("select pg_terminate_backend(%s, 5000)", [pid])
        return execute(query, params, many, context)

    with pytest.raises(OperationalError), connection.execute_wrapper(cut):
        turn(at)
    connection.close()
    breaches = Escalation.objects.filter(kind="breach")
    assert breaches.count() == Clock.objects.filter(breached_at__isnull=False, need__isnull=False).count()
    turn(at)
    assert not Clock.objects.filter(due_at__lte=at).exists()
    after = contents()
    turn(at)
    assert contents() == after
    assert breaches.count() == Clock.objects.filter(breached_at__isnull=False, need__isnull=False).count()
