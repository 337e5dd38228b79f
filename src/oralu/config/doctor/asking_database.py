"""Questions to the database: is it there, is it the one that this program needs, and may we do no more than we must."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from oralu.apps.access.walls import APP, WORKER
from oralu.apps.journal.verified import verification_last
from oralu.apps.routing.watch_selectors import demo_accounts_open, lateness
from oralu.config.doctor.findings import Finding, Level, duration, graded

SILENCE = 120
"""Seconds after which a worker that has not turned is silent, and a due clock that has not fired is overdue."""
LETTER = 1800
DAY = 86400
SKEW = 5


def reachable() -> Finding:
    """Asked first: without it no other question of this page has an answer. Raises DatabaseError, OSError."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return Finding("database", Level.OK, "The database answers.", round(time.monotonic() - began, 4), "s")


def clock_skew() -> Finding:
    """The application decides when a deadline falls, the database when a row was locked: they must agree."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        there = cursor.fetchone()[0]
    skew = abs((there - (before + (timezone.now() - before) / 2)).total_seconds())
    words = (
        f"The clocks of this machine and of the database differ by {duration(skew)}: check the time service of both."
    )
    fine = "The clocks of this machine and of the database agree."
    return graded("clock_skew", round(skew, 3), "s", warning=1, alarm=SKEW, fine=fine, words=words)


def migrations() -> Finding:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        words = f"The database lacks {waiting} migrations: restart Oralu with ORALU_OWNER_DATABASE_URL."
        return Finding("migrations", Level.ALARM, words, waiting)
    return Finding("migrations", Level.OK, "The schema is that of this version.", 0)


def roles() -> Finding:
    """Row security and the insert-only journal hold only for a role that is plain and owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select array_remove(array[case when rolsuper then 'superuser' end,"
            " case when rolbypassrls then 'bypasses row security' end, case when rolcreaterole then 'makes roles' end,"
            " case when exists(select 1 from pg_class where relowner = r.oid) then 'owns tables' end,"
            " case when exists(select 1 from pg_auth_members where member = r.oid"
            " and (r.rolname, roleid::regrole::text) <> (%s, %s)) then 'belongs to a role' end], null)"
            " from pg_roles r where rolname in (%s, %s, current_user)",
            [WORKER, APP, WORKER, APP],
        )
        found = sorted({word for (words,) in cursor.fetchall() for word in words})
    if found:
        words = f"The role of the application is not plain ({', '.join(found)}): see docs/guides/deploy.md, step 2."
        return Finding("roles", Level.ALARM, words, len(found))
    return Finding("roles", Level.OK, "The roles of the application are plain and own nothing.", 0)


def row_security() -> Finding:
    """A wall that was built may not be taken down: what has a policy has it enabled and forced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'"
            " where c.relkind in ('r', 'p') and (c.relrowsecurity"
            " or exists(select 1 from pg_policy p where p.polrelid = c.oid)) order by 1"
        )
        rows = cursor.fetchall()
    if not rows:
        return Finding("row_security", Level.WARNING, "Row security stands on no table.", 0)
    if down := [name for name, stands in rows if not stands]:
        words = (
            f"Row security is off, or not forced, on {', '.join(down)}: run the migrations, and find out who did it."
        )
        return Finding("row_security", Level.ALARM, words, len(down))
    return Finding("row_security", Level.OK, f"Row security stands on {len(rows)} tables.", 0)


def journal() -> Iterator[Finding]:
    """What the journal says is proof only once it is sealed."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.journal_pending') is not null")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("select coalesce(extract(epoch from clock_timestamp() - min(since)), 0) from journal_pending")
        waiting = float(cursor.fetchone()[0])
    words = f"Entries of the journal have waited {duration(waiting)} for their seal: see the log of the worker."
    fine = "The journal is sealed."
    yield graded("journal_unsealed", round(waiting), "s", warning=300, alarm=900, fine=fine, words=words)
    yield _verified()


def _verified() -> Finding:
    """Seals prove nothing that nobody looks at."""
    last = verification_last()
    if last is None:
        words = (
            "The journal has never been verified: `oralu journal verify`, every week, and see docs/guides/journal.md."
        )
        return Finding("journal_verified", Level.WARNING, words)
    if not last.is_whole:
        words = f"The last verification of the journal found: {', '.join(last.codes)}. Run `oralu journal verify`."
        return Finding("journal_verified", Level.ALARM, words)
    age = (timezone.now() - last.at).total_seconds()
    words = f"The journal was last verified {duration(age)} ago: `oralu journal verify`."
    fine = "The journal was verified and is whole."
    limits = {"warning": 35 * DAY, "alarm": float("inf")}
    return graded("journal_verified", round(age), "s", **limits, fine=fine, words=words)


def _marked_as_demo() -> bool:
    """The mark that `oralu run` sets in a private database, for a command that it did not start."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('oralu.demo', true)")
        return bool(cursor.fetchone()[0] == "yes")


def _age_of_schema() -> float:
    """Seconds since the last migration: a new installation is not ill because its worker is just starting."""
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from now() - max(applied)) from django_migrations")
        return float(cursor.fetchone()[0])


def archiving() -> Iterator[Finding]:
    """A log that cannot be archived grows until the disk of the database is full."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('archive_mode') <> 'off' and coalesce(last_failed_time > "
            "coalesce(last_archived_time, '-infinity'), false) from pg_stat_archiver"
        )
        failing = cursor.fetchone()[0]
    if failing:
        words = "The log of the database cannot be archived: look at the room and the rights of the archive's folder."
        yield Finding("archive", Level.ALARM, words)


def promises() -> Iterator[Finding]:
    """Is the worker alive, and is anything late that it should have done."""
    from django.conf import settings

    with transaction.atomic():
        late = lateness(timezone.now())
        demo = demo_accounts_open()
    if late.worker is None:
        level = Level.ALARM if _age_of_schema() > SILENCE else Level.WARNING
        yield Finding("worker_silent", level, "The worker has never turned: start it (`oralu worker`).")
    else:
        silence = late.worker.total_seconds()
        words = f"The worker has been silent for {duration(silence)}: look at its log, or start it again."
        fine = "The worker is at work."
        yield graded("worker_silent", round(silence, 1), "s", warning=None, alarm=SILENCE, fine=fine, words=words)
    overdue = late.clock.total_seconds() if late.clock else 0.0
    words = f"A deadline fell {duration(overdue)} ago and has not been acted on: the worker is stuck or out."
    fine = "No deadline is waiting."
    yield graded("clock_overdue", round(overdue, 1), "s", warning=None, alarm=SILENCE, fine=fine, words=words)
    waiting = late.outbox.total_seconds() if late.outbox else 0.0
    if not settings.EMAIL_HOST:
        if late.outbox:
            yield Finding("outbox", Level.WARNING, "E-mail waits: no server is given by ORALU_SMTP_HOST.", waiting, "s")
    else:
        words = f"An e-mail has waited for {duration(waiting)}: does the mail server answer?"
        fine = "No e-mail is waiting."
        yield graded("outbox", round(waiting, 1), "s", warning=300, alarm=LETTER, fine=fine, words=words)
    if late.given_up:
        words = f"{late.given_up} letters were given up after six attempts: see the journal, kind message.given_up."
        yield Finding("outbox_given_up", Level.WARNING, words, late.given_up)
    if demo and not (settings.DEMO or _marked_as_demo()):
        words = "Accounts of the demo may sign in to what is no demo: deactivate them on the page of accounts."
        yield Finding("demo_accounts", Level.ALARM, words)
