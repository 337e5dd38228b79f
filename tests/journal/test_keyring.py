"""The key that signs may be changed: what was signed in its time stands, what is signed out of it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from journal_ground import Ground
from oralu.apps.journal.heads import heads_read
from oralu.apps.journal.keyring import LIST, _write, key_change, keyring, keys_told
from oralu.apps.journal.keys import KeyUnusableError, fingerprint, private_key, public_key, public_text, sign
from oralu.apps.journal.models import Seal
from oralu.apps.journal.sealing import hash_of, heads_write, seal_make
from oralu.apps.journal.verifying import journal_verify
from oralu.cli.main import main

if TYPE_CHECKING:
    from oralu.server.postgres import Server


def changed(ground: Ground) -> tuple[str, str]:
    ground.at += timedelta(hours=1)
    return key_change(ground.key, at=ground.at)


def test_what_earlier_keys_have_signed_still_verifies(ground: Ground, tmp_path: Path) -> None:
    names = []
    for _n in range(3):
        ground.batches(2)
        names.append(changed(ground))
    ground.batches(1)
    assert len({fingerprint(public_key(ground.key)), *(old for old, _new in names)}) == 4
    assert [old for old, _new in names][1:] == [new for _old, new in names][:-1]
    assert set(Seal.objects.values_list("key", flat=True)) == {name for pair in names for name in pair}
    assert ground.verify().findings == []
    # The auditor's copy of the list, without anything of this machine.
    copy = tmp_path / "kept-by-the-auditor.pem"
    copy.write_text(keys_told(ground.key))
    ground.key.unlink()
    assert "PRIVATE" not in copy.read_text()
    assert journal_verify(ring=keyring(copy), heads=ground.heads).findings == []


def test_the_list_of_before_names_the_key_that_it_does_not_know(ground: Ground, tmp_path: Path) -> None:
    ground.batches(1)
    old = tmp_path / "old.pem"
    old.write_text(keys_told(ground.key))
    earlier, fresh = changed(ground)
    ground.batches(1)
    [found] = journal_verify(ring=keyring(old), heads=ground.heads).findings
    assert found.code == "signature"
    assert f"Seal 2 is signed by another key ({fresh}), which is not in the list of keys ({earlier})" in found.words


def test_a_key_that_was_replaced_signs_nothing_any_more(ground: Ground, database_server: Server) -> None:
    ground.batches(1)
    stolen = private_key(ground.key)
    earlier, _fresh = changed(ground)
    ground.at += timedelta(hours=1)
    ground.batches(1)
    forged = Seal.objects.get(number=2)
    signature = sign(stolen, hash_of(forged))
    with database_server.connect_admin() as admin:
        admin.execute("update journal_seal set key = %s, signature = %s where number = 2", [earlier, signature])
    assert f"Seal 2 is signed by key {earlier} after it had been replaced" in ground.words()


def test_a_key_signs_nothing_from_before_its_time(ground: Ground, database_server: Server) -> None:
    ground.batches(1)
    _earlier, fresh = changed(ground)
    ground.at += timedelta(hours=1)
    with database_server.connect_admin() as admin:
        signature = sign(private_key(ground.key), hash_of(Seal.objects.get(number=1)))
        admin.execute("update journal_seal set key = %s, signature = %s where number = 1", [fresh, signature])
    assert f"Seal 1 is signed by key {fresh} before it was in force" in ground.words()


def test_a_head_that_an_earlier_key_has_signed_is_written_after_the_change(ground: Ground) -> None:
    ground.batches(1)
    ground.write()
    seal_make(at=ground.at)
    changed(ground)
    assert heads_write() == 1
    assert [head.number for _line, head in heads_read(ground.heads) if head] == [1, 2]
    assert ground.verify().findings == []


def test_a_key_put_in_place_by_hand_is_named(ground: Ground) -> None:
    ground.batches(1)
    changed(ground)
    ground.key.unlink()
    ground.write()
    ground.at += timedelta(hours=1)
    seal_make(at=ground.at)
    unlisted = fingerprint(public_key(ground.key))
    assert f"Seal 2 is signed by another key ({unlisted}), which is not in the list of keys" in ground.words()


def test_a_change_that_was_broken_off_is_made_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.batches(1)
    with monkeypatch.context() as patched:
        patched.setattr("oralu.apps.journal.keyring._write", _dies_after(_write))
        with pytest.raises(KeyboardInterrupt):
            changed(ground)
    earlier = fingerprint(public_key(ground.key))
    assert ground.verify().findings == []
    old, fresh = key_change(ground.key, at=ground.at + timedelta(hours=9))
    assert (old, fingerprint(public_key(ground.key))) == (earlier, fresh)
    ground.batches(1)
    assert ground.verify().findings == []
    assert (ground.folder / LIST).read_text().count("BEGIN PUBLIC KEY") == 2


def _dies_after(write: Callable[..., None]) -> Callable[..., None]:
    def dies(*args: object) -> None:
        write(*args)
        raise KeyboardInterrupt

    return dies


@pytest.mark.parametrize("words", ["Since: yesterday\n", "Since: 2026-06-01T10:00:00\n"])
def test_a_list_that_cannot_be_read_is_told(ground: Ground, words: str) -> None:
    listed = ground.folder / "list.pem"
    text = public_text(private_key(ground.key).public_key())
    listed.write_text(text + words + text)
    with pytest.raises(KeyUnusableError, match="Since"):
        keyring(listed)
    listed.write_text(text + text)
    with pytest.raises(KeyUnusableError, match="needs a line"):
        keyring(listed)


def test_it_is_changed_by_a_command(ground: Ground, database_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_server.worker_url)
    ground.batches(1)
    told = CliRunner().invoke(main, ["journal", "change-key"])
    assert told.exit_code == 0, told.output
    assert fingerprint(public_key(ground.key)) in told.output
    listed = CliRunner().invoke(main, ["journal", "key"]).output
    assert listed.count("BEGIN PUBLIC KEY") == 2
    assert listed.count("Since: ") == 1
