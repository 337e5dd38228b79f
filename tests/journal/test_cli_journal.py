"""`oralu journal`: words for a person, JSON for a program, an exit status for both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from journal_ground import Ground
from oralu.cli.main import main

if TYPE_CHECKING:
    from oralu.server.postgres import Server


@pytest.fixture(autouse=True)
def _known_database(database_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_server.worker_url)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["journal", *words])


def test_a_whole_journal_says_so_and_a_changed_one_names_the_row(ground: Ground, database_server: Server) -> None:
    victim = ground.batches(2)[0][2]
    ground.write(4)
    whole = run("verify")
    assert (whole.exit_code, whole.output) == (
        0,
        "The journal is whole: 20 entries and 0 readings under 2 seals; 4 wait for their seal.\n",
    )
    with database_server.connect_admin() as admin:
        admin.execute("delete from journal_entry where id = %s", [victim])
    broken = run("verify")
    assert broken.exit_code == 1
    assert f"Entry {victim} is gone: seal 1" in broken.output
    assert "The journal is NOT whole" in broken.output
    found = json.loads(run("verify", "--json").output)
    assert (found["whole"], [one["code"] for one in found["findings"]]) == (False, ["deleted"])


def test_an_auditor_needs_the_public_key_and_the_heads_alone(ground: Ground, tmp_path: Path) -> None:
    ground.batches(2)
    public = tmp_path / "public.pem"
    public.write_text(run("key").output)
    assert "PRIVATE" not in public.read_text()
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(ground.heads.read_bytes())
    ground.heads.unlink()
    ground.key.unlink()
    assert run("verify", "--key", str(public), "--heads", str(copy)).exit_code == 0
    no_key = run("verify")
    assert no_key.exit_code == 2
    assert "no key of the journal can be read there" in no_key.output


def test_a_key_of_somebody_else_verifies_nothing(ground: Ground, tmp_path: Path) -> None:
    from oralu.apps.journal.keys import private_key, public_text

    ground.batches(1)
    other = tmp_path / "other.pem"
    other.write_text(public_text(private_key(tmp_path / "other.key").public_key()))
    wrong = run("verify", "--key", str(other))
    assert wrong.exit_code == 1
    assert "Seal 1 is signed by another key" in wrong.output


def test_a_restore_is_acknowledged_with_a_reason(ground: Ground, database_server: Server) -> None:
    ids = ground.batches(2)
    assert "nothing to acknowledge" in run("restored", "--reason", "act 12").output
    with database_server.connect_admin() as admin:
        admin.execute("delete from journal_entry where id >= %s", [ids[1][0]])
        admin.execute("delete from journal_seal where number = 2")
    assert run("verify").exit_code == 1
    done = run("restored", "--reason", "act 12")
    assert done.output == "Acknowledged: 1 seals named outside are gone; the journal goes on after seal 1.\n"
    after = run("verify")
    assert after.exit_code == 0
    assert "reason: act 12" in after.output
