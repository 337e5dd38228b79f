"""Batches, two workers, and a worker that dies between any two steps."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from journal_ground import Ground
from killing import fork
from oralu.apps.journal import sealing
from oralu.apps.journal.heads import heads_read
from oralu.apps.journal.keeping import Keeper
from oralu.apps.journal.models import Entry, Pending, Seal
from oralu.apps.journal.sealing import heads_write, seal_make, seals_make
from oralu.apps.journal.services import entries_erase, entry_record


def numbers(path: Path) -> list[int]:
    return [head.number for _, head in heads_read(path) if head]


def test_seals_are_made_once_a_minute_or_when_many_wait(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 50)
    ground.write(10)
    assert seals_make(at=ground.at) == 10
    ground.write(10)
    assert seals_make(at=ground.at + timedelta(seconds=59)) == 0
    assert seals_make(at=ground.at + timedelta(seconds=60)) == 10
    ground.write(50)
    assert seals_make(at=ground.at + timedelta(seconds=61)) == 50
    assert numbers(ground.heads) == [1, 2, 3]
    assert ground.codes() == set()


def test_a_row_committed_late_is_sealed_all_the_same(ground: Ground) -> None:
    """The queue is emptied by rows, not by ids past the last one."""
    begun, may_end = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            entry_record(kind="note.added", actor=None, at=ground.at)
            begun.set()
            may_end.wait(90)
        connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert begun.wait(90), "the other one has not begun"
    ground.write(5)
    assert ground.seal() == 5
    may_end.set()
    slow.join()
    assert ground.seal() == 1
    assert ground.verify().entries == 6
    assert ground.codes() == set()


def test_two_workers_seal_every_row_once(ground: Ground) -> None:
    for _ in range(60):
        ground.write(7)

    def work() -> None:
        while Pending.objects.exists():
            seal_make(at=ground.at, rows=20)
            heads_write()

    for pid in [fork(work), fork(work)]:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    heads_write()
    report = ground.verify()
    assert report.findings == []
    assert report.entries == 420 == sum(Seal.objects.values_list("count", flat=True))
    assert numbers(ground.heads) == list(range(1, report.seals + 1))


def test_writers_and_sealers_at_once_leave_nothing_out(ground: Ground) -> None:
    def write() -> None:
        for n in range(40):
            with transaction.atomic():
                ground.write(3)
                if n % 5 == 0:
                    transaction.set_rollback(True)

    def seal() -> None:
        for _ in range(60):
            seal_make(at=ground.at, rows=10)
            heads_write()

    for pid in [fork(write), fork(write), fork(seal), fork(seal)]:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    while ground.seal():
        pass
    assert ground.codes() == set()
    assert ground.verify().entries == Entry.objects.count() == 2 * 32 * 3


def test_killed_between_the_seal_and_its_head_nothing_is_lost_and_nothing_cried(ground: Ground) -> None:
    """The head follows the commit: a seal without a head for a moment is no alarm, and the next turn writes it."""
    ground.batches(1)
    ground.write(10)

    def die() -> None:
        seal_make(at=ground.at)
        os._exit(9)

    os.waitpid(fork(die), 0)
    assert Seal.objects.count() == 2
    assert numbers(ground.heads) == [1]
    assert not {"tail_deleted", "old_backup", "rewritten"} & ground.codes()
    Keeper().turn(ground.at)
    assert numbers(ground.heads) == [1, 2]
    assert ground.codes() == set()


def test_killed_before_the_commit_nothing_was_sealed(ground: Ground) -> None:
    ground.batches(1)
    ground.write(10)

    def die() -> None:
        with transaction.atomic():
            seal_make(at=ground.at)
            os._exit(9)

    os.waitpid(fork(die), 0)
    assert Seal.objects.count() == 1
    assert ground.seal() == 10
    assert ground.codes() == set()


@pytest.mark.parametrize("kept", [0, 1, 40, 200])
def test_a_head_cut_short_in_writing_is_written_again(ground: Ground, kept: int) -> None:
    ground.batches(2)
    whole = ground.heads.read_bytes().splitlines(keepends=True)
    ground.heads.write_bytes(whole[0] + whole[1][:kept])
    assert heads_write() == 1
    assert numbers(ground.heads) == [1, 2]
    report = ground.verify()
    assert report.findings == []
    assert bool(report.notices) == bool(kept)


def test_the_keeper_says_once_what_is_wrong_and_goes_on(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    ground.batches(1)
    ground.heads.unlink()
    ground.heads.mkdir()
    keeper = Keeper()
    for _ in range(3):
        assert keeper.turn(ground.at) == 0
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    ground.heads.rmdir()
    ground.write(3)
    assert keeper.turn(ground.at + timedelta(hours=1)) == 3
    assert ground.codes() == set()


def test_a_seal_forged_in_the_database_gets_no_head(ground: Ground, database_server: object) -> None:
    """What the next turn makes good is only what the key has signed."""
    ground.batches(1)
    ground.write(10)
    seal_make(at=ground.at)
    with database_server.connect_admin() as admin:  # type: ignore[attr-defined]
        admin.execute("update journal_seal set count = 11 where number = 2")
    with pytest.raises(sealing.HeadsAheadError):
        heads_write()
    assert numbers(ground.heads) == [1]


def test_the_key_is_readable_by_its_owner_only_and_made_once(ground: Ground) -> None:
    ground.batches(1)
    made = ground.key.read_bytes()
    assert ground.key.stat().st_mode & 0o777 == 0o600
    assert ground.heads.stat().st_mode & 0o777 == 0o600
    ground.batches(1)
    assert ground.key.read_bytes() == made


def test_an_erased_payload_leaves_the_proof_whole(ground: Ground, database_server: object) -> None:
    ids = ground.batches(2)[0]
    before = bytes(Entry.objects.get(pk=ids[3]).commitment)
    as_owner(database_server, lambda: entries_erase(ids=ids[3:5], actor=None, at=ground.at))
    ground.seal()
    erased = Entry.objects.get(pk=ids[3])
    assert (erased.data, erased.salt, bytes(erased.commitment)) == ({}, None, before)
    report = ground.verify()
    assert report.findings == []
    assert report.erased == 2


def test_a_payload_deleted_by_hand_is_no_erasure(ground: Ground, database_server: object) -> None:
    victim = ground.batches(1)[0][3]
    with database_server.connect_admin() as admin:  # type: ignore[attr-defined]
        admin.execute("update journal_entry set salt = null, data = '{}' where id = %s", [victim])
    assert ground.codes() == {"edited"}
    assert f"Entry {victim} is empty" in ground.words()


def as_owner(server: object, act: object) -> None:
    from oralu.server.testdatabase import speak_to

    speak_to(server.owner_url)  # type: ignore[attr-defined]
    try:
        act()  # type: ignore[operator]
    finally:
        speak_to(server.worker_url)  # type: ignore[attr-defined]


def test_a_new_installation_is_sealed_before_anybody_has_asked_for_its_key(ground: Ground) -> None:
    key = Path(settings.JOURNAL_KEY)
    key.unlink(missing_ok=True)
    assert not ground.heads.exists()
    ground.write(3)
    assert Keeper().turn(ground.at) == 3
    assert key.exists()
    assert numbers(ground.heads) == [1]
