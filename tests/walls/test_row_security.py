"""Row security, asked of the database: what each person reaches in each table, and that no wall can be lowered
without a test that notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from oralu.apps.access.composed import CARE_FACTS, RELEASE_FACTS
from oralu.apps.access.rowsecurity import COMMANDS, FINGERPRINT, TABLES, policies, standing
from oralu.apps.access.walls import APP
from oralu.apps.cases.models import Case
from walls.reach import Reach, every_key, reach, reads
from walls.scene import scene
from world import World

if TYPE_CHECKING:
    from oralu.server.postgres import Server

PERSONAS = (
    "aigul", "bolat", "erlan", "dana", "gulnar", "kairat", "admin",
    "zarina", "saule", "timur", "nurse", "askar", "madina",
)  # fmt: skip
OBSERVERS = ("aigul", "erlan", "dana", "kairat", "admin", "saule", "nurse")
INSIDE = ("cases_statement", "cases_evidence", "cases_evaluationrecord", "cases_milestone", "cases_plan", "cases_note")
"""What is for the unit alone."""
KEPT_APART = ("cases_offence", "cases_healthnote", "cases_exclusion", "cases_emergency")
BY_NUMBERS = {"routing_erasure", "routing_erasureitem"}
"""What the administrator, who approves an erasure, sees of it."""
WORKER_ONLY = {"routing_erasureitem", "routing_boardfigure"}
"""No request writes it: a policy that lets nobody through, taken away, lets nobody through."""
NO_ROLE = {"cases_statement", "cases_evaluationrecord", "cases_milestone"}
"""Only ever added to: no role of the application may change or remove a row, whatever is in hand."""


@pytest.fixture
def world(transactional_db: None) -> tuple[World, dict[str, Case]]:
    return scene()


@pytest.fixture
def admin(database_server: Server, transactional_db: None) -> Iterator[psycopg.Connection]:
    with database_server.connect_admin() as connection:
        yield connection


@pytest.fixture
def undisturbed(admin: psycopg.Connection) -> Iterator[None]:
    """Without PostgreSQL's own tidying: it takes tables and rows of the catalogue in another order than who changes
    walls in one transaction, and one of the two is ended by the deadlock."""
    admin.execute("alter system set autovacuum = off")
    admin.execute("select pg_reload_conf()")
    at_work = "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'autovacuum worker'"
    left = time.monotonic() + 60
    while admin.execute("show autovacuum").fetchone() != ("off",) or admin.execute(at_work).fetchall():
        assert time.monotonic() < left, "PostgreSQL goes on tidying"
        time.sleep(0.05)
    yield
    admin.execute("alter system reset autovacuum")
    admin.execute("select pg_reload_conf()")


def rows(admin: psycopg.Connection, query: str, *values: object) -> frozenset[int]:
    return frozenset(row[0] for row in admin.execute(query, values))  # type: ignore[arg-type]


def held(case: Case) -> dict[str, str]:
    return {"cases": str(case.pk), "persons": str(case.person_id)}


def test_what_each_person_reads(world: tuple[World, dict[str, Case]], admin: psycopg.Connection) -> None:
    """Written out from the rules by hand, apart from the policies that are tested."""
    people, cases = world
    ours, theirs = cases["ours"].pk, cases["theirs"].pk
    seen = {(who, table): reads(admin, table, getattr(people, who)) for who in PERSONAS for table in TABLES}
    everything = {table: every_key(admin, table) for table in TABLES}
    assert all(everything.values()), "a table without rows proves nothing"
    for who, own in (("aigul", ours), ("bolat", ours), ("erlan", theirs)):
        assert seen[who, "cases_case"] == {own}
        for table in (*INSIDE, "referrals_need", "referrals_referral", "referrals_clock", "referrals_escalation"):
            of_case = rows(admin, f"select id from {table} where case_id = %s", own)
            assert seen[who, table] == of_case, (who, table)
        kept = rows(admin, "select person_id from cases_case where id = %s", own)
        absorbed = rows(admin, "select id from people_person where merged_into_id = any(%s)", list(kept))
        assert seen[who, "people_person"] == kept | absorbed
        for table in ("people_child", "people_consent"):
            assert seen[who, table] == rows(admin, f"select id from {table} where person_id = any(%s)", list(kept))
    for who in ("dana", "gulnar"):
        agency = getattr(people, who).agency_id
        sent = "state not in ('draft', 'waiting_consent', 'discarded', 'declined', 'withdrawn')"
        own_referrals = rows(admin, f"select id from referrals_referral where agency_id = %s and {sent}", agency)
        needs = rows(admin, "select need_id from referrals_referral where id = any(%s)", list(own_referrals))
        assert own_referrals
        assert seen[who, "referrals_referral"] == own_referrals
        assert seen[who, "referrals_need"] == needs
        for table in ("cases_case", "people_person", "people_child", "people_consent", "people_merge", *INSIDE):
            assert seen[who, table] == frozenset(), (who, table)
    assert seen["kairat", "cases_case"] == {ours, theirs}
    for table in ("people_person", "people_child", "people_consent", "people_merge", *INSIDE):
        assert seen["kairat", table] == frozenset(), table
    for table in TABLES:
        mine = "select id from messaging_message where user_id = %s"
        own = rows(admin, mine, people.admin.pk) if table == "messaging_message" else frozenset()
        if table in BY_NUMBERS:
            own = everything[table]
        if table == "agencies_refugeaddress":
            own = everything[table]  # who keeps the agencies writes it down
        assert seen["admin", table] == own, table
    for who in ("aigul", "bolat", "erlan"):
        assert seen[who, "agencies_refugeaddress"] == everything["agencies_refugeaddress"], "both have placed somebody"
    assert seen["gulnar", "agencies_refugeaddress"] == everything["agencies_refugeaddress"]
    assert seen["dana", "agencies_refugeaddress"] == seen["kairat", "agencies_refugeaddress"] == frozenset()
    for who in PERSONAS:
        theirs_to_see = {
            "kairat": rows(admin, "select id from routing_boardfigure where key = %s", people.region.pk),
            "askar": rows(admin, "select id from routing_boardfigure where scope = 'country'"),
        }
        assert seen[who, "routing_boardfigure"] == theirs_to_see.get(who, frozenset()), who
    for table in ("routing_erasure", "routing_legalhold"):
        of_unit = rows(admin, f"select id from {table} where case_id = %s", ours)
        assert seen["bolat", table] == of_unit != everything[table], table
    for who in ("aigul", "dana", "kairat", "zarina", "timur", "madina"):
        assert seen[who, "routing_erasure"] == seen[who, "routing_erasureitem"] == frozenset(), who
    for who in PERSONAS:
        own = rows(admin, "select id from messaging_message where user_id = %s", getattr(people, who).pk)
        assert seen[who, "messaging_message"] == own


def test_what_is_kept_apart(world: tuple[World, dict[str, Case]], admin: psycopg.Connection) -> None:
    """The offence for the officers and the head, medical detail for the psychologist and who wrote it; who is shut out
    finds nothing; the others only the part that is theirs."""
    people, cases = world
    ours = cases["ours"].pk
    seen = {(who, table): reads(admin, table, getattr(people, who)) for who in PERSONAS for table in TABLES}
    of_case = {t: rows(admin, f"select id from {t} where case_id = %s", ours) for t in KEPT_APART}
    for who in PERSONAS:
        if who != "erlan":
            offence = of_case["cases_offence"] if who in ("aigul", "bolat") else frozenset()
            assert seen[who, "cases_offence"] == offence, who
        if who not in ("nurse", "zarina"):
            assert seen[who, "cases_healthnote"] == frozenset(), who
    assert seen["zarina", "cases_healthnote"] == of_case["cases_healthnote"]
    assert seen["nurse", "cases_healthnote"] == every_key(admin, "cases_healthnote"), "its own, of both cases"
    assert seen["bolat", "cases_exclusion"] == of_case["cases_exclusion"]
    assert seen["saule", "cases_exclusion"] == every_key(admin, "cases_exclusion"), "so that other doors close"
    assert seen["madina", "cases_emergency"] == every_key(admin, "cases_emergency")
    assert seen["bolat", "cases_emergency"] == of_case["cases_emergency"]
    for who in ("saule", "askar", "madina"):
        for table in ("cases_case", "people_person", *INSIDE, "referrals_need", "referrals_referral"):
            assert seen[who, table] == frozenset(), (who, table)
    assert seen["zarina", "cases_case"] == {ours}
    cared = rows(admin, "select id from cases_statement where case_id = %s and name = any(%s)", ours, list(CARE_FACTS))
    assert seen["zarina", "cases_statement"] == cared
    papers = rows(admin, "select id from cases_statement where name = any(%s)", list(RELEASE_FACTS))
    assert seen["timur", "cases_statement"] == papers
    for who in ("zarina", "timur"):
        for table in ("cases_note", "cases_evidence", "cases_evaluationrecord", "people_child", "referrals_referral"):
            assert seen[who, table] == frozenset(), (who, table)
    assert seen["zarina", "cases_plan"] == frozenset()
    assert seen["timur", "referrals_need"] == frozenset()


def test_a_prison_loses_the_case_on_the_day_of_release(
    world: tuple[World, dict[str, Case]], admin: psycopg.Connection
) -> None:
    people, cases = world
    both = frozenset(case.pk for case in cases.values())
    for day, found in (("current_date - 1", frozenset()), ("current_date + 2", both), ("null::date", both)):
        admin.execute(f"update cases_case set released_on = {day}")  # type: ignore[arg-type]
        assert reads(admin, "cases_case", people.timur) == found, day


def test_an_emergency_opens_the_case_for_its_time(
    world: tuple[World, dict[str, Case]], admin: psycopg.Connection
) -> None:
    """Not for longer than three hours whatever stands in its row, and never for who is shut out."""
    people, cases = world
    both = frozenset(case.pk for case in cases.values())
    times = "update cases_emergency set opened_at = now() + %s::interval, until = now() + %s::interval"
    for opened, until, found in (
        ("-1 hour", "2 hours", both),
        ("-4 hours", "-1 hour", {cases["theirs"].pk}),
        ("-1 hour", "100 hours", {cases["theirs"].pk}),
    ):
        admin.execute(times, [opened, until])
        assert reads(admin, "cases_case", people.erlan) == found, until
    admin.execute(times, ["-1 hour", "2 hours"])
    admin.execute("update cases_case set excluded = array[%s]::bigint[]", [people.erlan.pk])
    assert reads(admin, "cases_case", people.erlan) == frozenset()


def test_nothing_is_changed_that_is_not_in_hand(
    world: tuple[World, dict[str, Case]], admin: psycopg.Connection
) -> None:
    """With empty hands nobody writes a row about a case; with a case in hand, rows of that case only."""
    people, cases = world
    of_cases = {table for table in TABLES if table.startswith(("cases_", "referrals_"))}
    for who in PERSONAS:
        for table in of_cases:
            found = reach(admin, table, getattr(people, who))
            for command in ("insert", "update", "delete"):
                assert found[table, command] == frozenset(), (who, table, command)
    case = cases["ours"]
    for table in of_cases - {"cases_transferrequest"}:
        found = reach(admin, table, people.erlan, held(case))
        others = every_key(admin, table) - reads(admin, table, people.bolat)
        if table in KEPT_APART:
            others = rows(admin, f"select id from {table} where case_id <> %s", case.pk)
        for command in ("insert", "update", "delete"):
            assert not found[table, command] & others, (table, command)
        assert found[table, "insert"], table
        assert found[table, "update"] or table in NO_ROLE, table


def test_the_walls_stand_as_written(db: None) -> None:
    assert standing() == []


def mutants() -> Iterator[tuple[str, str, str]]:
    """Each policy of the application's role taken away, and let through everything; each table without its row
    security, and without the force that holds for its owner too."""
    for table in TABLES:
        for command in COMMANDS:
            name = f"{table}_{command}"
            yield table, name, "drop"
            yield table, name, "widen"
        yield table, "", "disable"
        yield table, "", "unforce"


def apply_mutant(admin: psycopg.Connection, table: str, name: str, how: str) -> None:
    if how in ("drop", "widen"):
        admin.execute(sql.SQL("drop policy {} on {}").format(sql.Identifier(name), sql.Identifier(table)))
    if how == "widen":
        command = name.removeprefix(f"{table}_")
        clause = {"insert": "with check (true)", "update": "using (true) with check (true)"}.get(
            command, "using (true)"
        )
        admin.execute(f"create policy {name} on {table} for {command} to {APP} {clause}")  # type: ignore[arg-type]
    if how == "disable":
        admin.execute(f"alter table {table} disable row level security")  # type: ignore[arg-type]
    if how == "unforce":
        admin.execute(f"alter table {table} no force row level security")  # type: ignore[arg-type]


def owner_sees(admin: psycopg.Connection, table: str) -> int:
    with admin.transaction(force_rollback=True):
        admin.execute("set local role oralu_owner")
        row = admin.execute(f"select count(*) from {table}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def fingerprint(admin: psycopg.Connection) -> str:
    row = admin.execute(FINGERPRINT).fetchone()
    assert row is not None
    return str(row[0])


def observed(admin: psycopg.Connection, table: str, people: World, case: Case) -> tuple[Reach | int, ...]:
    """Everything that can be seen of one table: by everybody with empty hands and with a case in hand, by the owner."""
    bare = [reach(admin, table, getattr(people, who)) for who in OBSERVERS]
    with_hands = [reach(admin, table, getattr(people, who), held(case)) for who in ("aigul", "dana")]
    return (*bare, *with_hands, owner_sees(admin, table))


def test_each_wall_that_is_lowered_is_noticed(
    world: tuple[World, dict[str, Case]], admin: psycopg.Connection, undisturbed: None
) -> None:
    """Programme, item 9: drop, widen, unforce. Noticed by what people then reach. The grants, which deny some of it as
    well, are set aside, so that each wall is tried alone."""
    people, cases = world
    survived = []
    with admin.transaction(force_rollback=True):
        admin.execute(f"grant insert, update, delete on all tables in schema public to {APP}")  # type: ignore[arg-type]
        known = fingerprint(admin)
        before = {table: observed(admin, table, people, cases["ours"]) for table in TABLES}
        for table, name, how in mutants():
            with admin.transaction(force_rollback=True):
                apply_mutant(admin, table, name, how)
                assert fingerprint(admin) != known, "the list of what stands does not show it"
                seen_through_reading = name.endswith(("_update", "_delete")) and table.startswith(
                    ("messaging_", "routing_erasure")
                )
                if how == "drop" and table in WORKER_ONLY and not name.endswith("_select"):
                    continue
                if how == "widen" and seen_through_reading:
                    continue  # whom one may not read one cannot change, and one reads no more than one may change
                if observed(admin, table, people, cases["ours"]) == before[table]:
                    survived.append((name or table, how))
    assert survived == [], survived


def test_every_table_has_a_policy_for_each_command() -> None:
    for table in TABLES:
        assert len(policies(table)) == len(COMMANDS) + 1
