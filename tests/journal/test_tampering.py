"""What somebody with every right in the database does to the journal is found, and named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection

from journal_ground import Ground
from oralu.apps.journal.commitments import NOTHING, entry_commitment, moment, seal_root
from oralu.apps.journal.keys import private_key, sign
from oralu.apps.journal.models import Entry, Seal
from oralu.apps.journal.restored import NothingLostError, restore_acknowledge
from oralu.apps.journal.sealing import hash_of, runs_of, seal_make

if TYPE_CHECKING:
    from oralu.server.postgres import Server


@pytest.fixture
def admin(database_server: Server, ground: Ground) -> Iterator[psycopg.Connection]:
    with database_server.connect_admin() as found:
        yield found


def recommitted(admin: psycopg.Connection, pk: int) -> None:
    """What an attacker who reads this program does after an edit: a new salt and a commitment that fits."""
    entry, salt = Entry.objects.get(pk=pk), os.urandom(16)
    made = entry_commitment(
        salt, at=moment(entry.at), actor=entry.actor_id, kind=entry.kind, case=entry.case_id, data=entry.data
    )
    admin.execute("update journal_entry set salt = %s, commitment = %s where id = %s", [salt, made, pk])


def resealed(admin: psycopg.Connection, first: int, *, ground: Ground | None) -> None:
    """The seals from one on, made anew over what the rows say now; signed if the key is at hand."""
    before = bytes(Seal.objects.get(number=first - 1).hash) if first > 1 else NOTHING
    for seal in Seal.objects.filter(number__gte=first).order_by("number"):
        (run,) = runs_of(seal.entries)
        rows = list(Entry.objects.filter(pk__gte=run[0], pk__lt=run[1]).order_by("pk").values_list("pk", "commitment"))
        seal.root, seal.previous = seal_root([(1, [(pk, bytes(c)) for pk, c in rows]), (2, [])]), before
        before = seal.hash = hash_of(seal)
        signature = sign(private_key(ground.key), seal.hash) if ground else bytes(seal.signature)
        admin.execute(
            "update journal_seal set root = %s, previous = %s, hash = %s, signature = %s where number = %s",
            [seal.root, seal.previous, seal.hash, signature, seal.number],
        )


def test_an_untouched_journal_is_whole(ground: Ground) -> None:
    ground.batches(3)
    ground.write(5)
    report = ground.verify()
    assert report.findings == []
    assert (report.seals, report.entries, report.waiting) == (3, 30, 5)


@pytest.mark.parametrize(
    "change",
    [
        'data = data || \'{"fact": "income"}\'',
        "kind = 'note.added'",
        "at = at + interval '1 day'",
        "data = data - 'statement'",
        "salt = gen_random_uuid()::text::bytea",
    ],
)
def test_an_edited_row_is_named(ground: Ground, admin: psycopg.Connection, change: str) -> None:
    victim = ground.batches()[1][4]
    admin.execute(f"update journal_entry set {change} where id = %s", [victim])
    assert ground.codes() == {"edited"}
    assert f"Entry {victim} was edited" in ground.words()


def test_an_edited_row_with_a_new_commitment_breaks_its_seal(ground: Ground, admin: psycopg.Connection) -> None:
    victim = ground.batches()[1][4]
    admin.execute("update journal_entry set kind = 'note.added' where id = %s", [victim])
    recommitted(admin, victim)
    assert ground.codes() == {"replaced"}
    assert "under seal 2" in ground.words()


def test_a_row_deleted_in_the_middle_is_named(ground: Ground, admin: psycopg.Connection) -> None:
    victim = ground.batches()[1][4]
    admin.execute("delete from journal_entry where id = %s", [victim])
    assert ground.codes() == {"deleted"}
    assert f"Entry {victim} is gone: seal 2" in ground.words()


def test_a_row_deleted_before_it_was_sealed_is_named_afterwards(ground: Ground, admin: psycopg.Connection) -> None:
    ids = ground.write()
    admin.execute("delete from journal_entry where id = %s", [ids[9]])
    assert ground.seal() == 10
    assert f"Entry {ids[9]} is gone" in ground.words()


def test_a_deleted_tail_of_rows_is_named(ground: Ground, admin: psycopg.Connection) -> None:
    tail = ground.batches()[2][5:]
    admin.execute("delete from journal_entry where id = any(%s)", [tail])
    assert f"Entry {tail[0]} to {tail[-1]} are gone: seal 3" in ground.words()


def test_a_tail_deleted_with_its_seals_is_missed_by_the_heads(ground: Ground, admin: psycopg.Connection) -> None:
    tail = ground.batches()[2]
    admin.execute("delete from journal_entry where id = any(%s)", [tail])
    admin.execute("delete from journal_seal where number = 3")
    assert ground.codes() == {"tail_deleted"}
    assert "does not hold seal 3" in ground.words()


def test_a_seal_deleted_in_the_middle_leaves_rows_uncovered(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches()
    admin.execute("delete from journal_seal where number = 2")
    assert ground.codes() == {"seal_missing", "unsealed", "tail_deleted"}
    assert "Seal 2 is gone" in ground.words()


def test_a_suffix_rewritten_without_the_key_has_no_signature(ground: Ground, admin: psycopg.Connection) -> None:
    victim = ground.batches()[1][4]
    admin.execute("update journal_entry set kind = 'note.added' where id = %s", [victim])
    recommitted(admin, victim)
    resealed(admin, 2, ground=None)
    assert ground.codes() == {"signature", "rewritten"}
    assert "Seal 2 is not the one that was written down outside" in ground.words()


def test_a_suffix_rewritten_with_the_key_is_not_what_the_heads_say(ground: Ground, admin: psycopg.Connection) -> None:
    victim = ground.batches()[1][4]
    admin.execute("update journal_entry set kind = 'note.added' where id = %s", [victim])
    recommitted(admin, victim)
    resealed(admin, 2, ground=ground)
    assert ground.codes() == {"rewritten"}


def test_an_old_backup_put_back_is_behind_the_heads(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(2)
    counter = admin.execute("select last_value from journal_entry_id_seq").fetchone()
    ids = ground.batches(2)
    admin.execute("delete from journal_seal where number > 2")
    admin.execute("delete from journal_entry where id >= %s", [ids[0][0]])
    admin.execute("select setval('journal_entry_id_seq', %s)", [counter[0]])
    assert ground.codes() == {"old_backup"}
    assert "does not hold seals 3 to 4" in ground.words()


def test_an_old_backup_that_was_written_on_is_told_by_other_seals(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(2)
    ids = ground.batches(2)
    admin.execute("delete from journal_seal where number > 2")
    admin.execute("delete from journal_entry where id >= %s", [ids[0][0]])
    admin.execute("select setval('journal_entry_id_seq', %s)", [ids[0][0] - 1])
    for _ in range(3):
        ground.write()
        seal_make(at=ground.at)
    assert ground.codes() == {"rewritten", "heads_behind"}


def test_a_row_written_past_the_queue_is_named(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(1)
    admin.execute("set session_replication_role = replica")
    admin.execute(
        "insert into journal_entry (id, at, kind, data, commitment) values (-5, now(), 'note.added', '{}', %s)",
        [hashlib.sha256(b"").digest()],
    )
    admin.execute("set session_replication_role = default")
    assert ground.codes() == {"unsealed", "edited"}


def test_rows_taken_from_the_queue_are_named(ground: Ground, admin: psycopg.Connection) -> None:
    ids = ground.write(3)
    admin.execute("delete from journal_pending")
    private_key(ground.key)
    assert f"Entry {ids[0]} is under no seal and does not wait for one" in ground.words()


def test_rows_that_wait_for_over_an_hour_are_told(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(1)
    ground.write(2)
    assert ground.codes() == set()
    admin.execute("update journal_pending set since = now() - interval '61 minutes'")
    assert ground.codes() == {"waiting"}


def test_a_seal_signed_by_nobody_is_told(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(1)
    admin.execute("update journal_seal set signature = %s", [bytes(64)])
    assert ground.codes() == {"signature"}


def test_a_seal_that_was_edited_is_told(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(2)
    admin.execute("update journal_seal set sealed_at = sealed_at - interval '1 day' where number = 1")
    assert ground.codes() == {"seal_edited"}


def test_heads_that_are_gone_are_told(ground: Ground) -> None:
    ground.batches(1)
    ground.heads.unlink()
    assert ground.codes() == {"heads_unreadable"}


def test_a_restore_that_is_acknowledged_is_told_as_a_note(ground: Ground, admin: psycopg.Connection) -> None:
    ground.batches(2)
    ids = ground.batches(2)
    admin.execute("delete from journal_seal where number > 2")
    admin.execute("delete from journal_entry where id >= %s", [ids[0][0]])
    assert restore_acknowledge(reason="act 7", at=ground.at) == (2, 2)
    ground.batches(2)
    report = ground.verify()
    assert report.findings == []
    assert "after seal 2; reason: act 7" in report.notices[0]
    with pytest.raises(NothingLostError):
        restore_acknowledge(reason="again", at=ground.at)
    admin.execute("delete from journal_seal where number = 4")
    assert "tail_deleted" in ground.codes()


def test_the_role_of_the_application_can_change_nothing_of_it(ground: Ground, database_server: Server) -> None:
    """The role of the worker belongs to it and may empty the queue, which changes no row of the journal."""
    ground.batches(1)
    with psycopg.connect(database_server.app_url, autocommit=True) as app:
        for statement in ("delete from journal_pending", "insert into journal_seal select * from journal_seal"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)
    for statement in (
        "update journal_entry set kind = 'x'",
        "update journal_entry set salt = null",
        "delete from journal_entry",
        "update journal_access set route = 'x'",
        "delete from journal_access",
        "update journal_seal set count = 0",
        "delete from journal_seal",
        "update journal_pending set since = now()",
        "truncate journal_entry",
    ):
        with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute(statement)
