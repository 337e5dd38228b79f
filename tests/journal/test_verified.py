"""That the journal was verified is itself an entry, and whoever watches the installation learns how it ended."""

from __future__ import annotations

import os
from datetime import timedelta
from pwd import getpwuid
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from django.db import DatabaseError
from django.utils import timezone

from journal_ground import Ground
from oralu.apps.access.models import Role, User
from oralu.apps.journal.models import Entry
from oralu.apps.journal.verified import verification_last
from oralu.cli.journal import operator
from oralu.cli.main import main
from oralu.config.doctor import Level, asking_database

if TYPE_CHECKING:
    from pathlib import Path

    from oralu.server.postgres import Server


@pytest.fixture(autouse=True)
def _known_database(database_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_server.worker_url)


def verify(*words: str) -> Result:
    return CliRunner().invoke(main, ["journal", "verify", *words])


def verified() -> tuple[Level, str]:
    found = next(one for one in asking_database.journal() if one.code == "journal_verified")
    return found.level, found.words


def test_each_verification_leaves_an_entry_with_its_result(ground: Ground, database_server: Server) -> None:
    assert verification_last() is None
    assert verified()[0] is Level.WARNING
    victim = ground.batches(2)[0][2]
    assert verify().exit_code == 0
    last = verification_last()
    assert last is not None
    assert (last.is_whole, last.rows, last.seals, last.codes, last.is_apart) == (True, 20, 2, (), False)
    assert timezone.now() - last.at < timedelta(minutes=5)
    assert verified()[0] is Level.OK
    with database_server.connect_admin() as admin:
        admin.execute("delete from journal_entry where id = %s", [victim])
    assert verify().exit_code == 1
    last = verification_last()
    assert last is not None
    assert (last.is_whole, last.codes) == (False, ("deleted",))
    level, words = verified()
    assert level is Level.ALARM
    assert "deleted" in words
    assert Entry.objects.filter(kind="journal.verified").count() == 2


def test_the_entry_is_sealed_like_any_other(ground: Ground, database_server: Server) -> None:
    ground.batches(1)
    assert verify().exit_code == 0
    assert ground.seal() == 1
    report = ground.verify()
    assert (report.findings, report.entries, report.waiting) == ([], 11, 0)
    with database_server.connect_admin() as admin:
        admin.execute("""update journal_entry set data = data || '{"rows": 99}' where kind = 'journal.verified'""")
    assert ground.codes() == {"edited"}


def test_it_says_whether_key_and_heads_were_brought_along(ground: Ground, tmp_path: Path) -> None:
    ground.batches(1)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(ground.heads.read_bytes())
    assert verify("--key", str(ground.key), "--heads", str(copy)).exit_code == 0
    last = verification_last()
    assert last is not None
    assert last.is_apart


def test_where_nothing_may_be_written_the_result_is_told_all_the_same(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_values: object) -> None:
        raise DatabaseError("read only")

    ground.batches(1)
    monkeypatch.setattr("oralu.apps.journal.verified.entry_record", refuse)
    answer = verify()
    assert answer.exit_code == 0
    assert "The journal is whole" in answer.output
    assert "not recorded" in answer.output
    assert verification_last() is None


def test_it_names_who_ran_it(ground: Ground) -> None:
    ground.batches(1)
    account = getpwuid(os.getuid()).pw_name
    assert verify().exit_code == 0
    last = verification_last()
    assert last is not None
    assert (last.who, last.operator.split()[-1].rstrip(")")) == ("", account)
    User.objects.create_user("madina", "long-password-of-a-test", role=Role.AUDITOR, full_name="Мадина Аудитор")
    assert verify("--by", "madina").exit_code == 0
    last = verification_last()
    assert last is not None
    assert last.who == "Мадина Аудитор"
    assert last.operator
    count = Entry.objects.filter(kind="journal.verified").count()
    User.objects.filter(username="madina").update(is_active=False)
    for login in ("madina", "nobody"):
        answer = verify("--by", login)
        assert answer.exit_code == 2
        assert f"no active account {login}" in answer.output
    assert Entry.objects.filter(kind="journal.verified").count() == count


def test_whoever_came_by_sudo_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "a.operator")
    assert operator() == f"a.operator (sudo: {getpwuid(os.getuid()).pw_name})"
