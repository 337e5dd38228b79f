"""Backups: taken while people work, refused when damaged, restored to a moment; and the clocks go on as if nothing had
been."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pyrage
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections

from oralu.apps.access.models import User
from oralu.apps.cases.evidence import evidence_path
from oralu.apps.cases.models import Evidence
from oralu.apps.cases.services import EvidenceData, evidence_add
from oralu.apps.referrals.models import Clock, Escalation
from oralu.apps.routing.worker import turn
from oralu.server.backup import archive, manifest
from oralu.server.backup.counting import fingerprints_now, frozen
from oralu.server.backup.restoring import Wish, restore
from oralu.server.backup.taking import take
from oralu.server.errors import CannotStartError
from oralu.server.postgres import Server
from oralu.server.testdatabase import speak_to
from papers import pdf
from world import World, build

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker
    from pytest_django.fixtures import SettingsWrapper

FACTS = {"identity_document": "none", "housing": "homeless", "income": "none", "medical_need": "high"}
PDF = pdf()


@pytest.fixture
def place(settings: SettingsWrapper) -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach, with the data folder `data` in it."""
    folder = Path(tempfile.mkdtemp(prefix="oralu-backup-"))
    folder.chmod(0o711)
    settings.MEDIA_ROOT = folder / "data" / "evidence"
    settings.EMAIL_HOST = "mail.invalid"
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def register(place: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """A register that keeps its promises, in `place/data`; Django speaks to it for the time being."""
    from django.core.management import call_command

    default = connections["default"]
    before = dict(default.settings_dict)
    server = Server(place / "data")
    (place / "data").mkdir()
    (place / "data" / "secret.key").write_text("an-invented-key")
    try:
        with django_db_blocker.unblock(), server:
            speak_to(server.owner_url)
            call_command("migrate", verbosity=0, interactive=False)
            speak_to(server.worker_url)
            yield server
            default.close()
    finally:
        default.settings_dict.update(before)


def small_world() -> World:
    """Six cases with deadlines to come, each answered for by somebody with an address."""
    world = build()
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.invalid")
    for n in range(6):
        world.enrol(facts=FACTS if n % 2 else {"identity_document": "none"}, at=world.at + timedelta(minutes=n))
    return world


def paper(world: World, content: bytes) -> Evidence:
    """One more proof with a file, settled in its place."""
    case = world.enrol(facts={"identity_document": "none"})
    data = EvidenceData("Справка", upload=SimpleUploadedFile("paper.pdf", content))
    return evidence_add(case=case, data=data, actor=world.aigul, at=world.at)


def now(url: str) -> datetime:
    with psycopg.connect(url) as database:
        row = database.execute("select clock_timestamp()").fetchone()
    assert row is not None
    moment = row[0]
    assert isinstance(moment, datetime)
    time.sleep(0.05)
    return moment


def fired() -> set[tuple[int, str, datetime]]:
    return set(Escalation.objects.values_list("clock_id", "kind", "fell_due_at"))


def sent() -> list[str]:
    """The letters by their ids. A referral that is made after the moment is made anew under another number, since the
    database counts on past the numbers that were lost: of referrals it is compared what is said, not of which."""
    ids = (message.extra_headers["Message-ID"] for message in mail.outbox)
    return sorted(re.sub(r"referral-\d+", "referral", one) for one in ids)


def crash(server: Server) -> None:
    """The machine's power goes: no checkpoint, nothing flushed that was not flushed before."""
    connection.close()
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.stop()


def test_a_lost_register_is_restored_to_a_moment_and_its_clocks_go_on_without_firing_again(
    register: Server, place: Path
) -> None:
    """The drill: fill, back up, go on writing, crash; restore to a moment; start the worker."""
    world = small_world()
    first = paper(world, PDF + b" of before")
    turn(world.at + timedelta(days=1))
    taken = take(place / "data", place / "backups", [], {})
    assert taken.manifest.exact
    assert taken.manifest.tables["cases_case"]["rows"] == 7

    second = paper(world, PDF + b" of after")
    turn(world.at + timedelta(days=2))
    moment, then, before = now(register.admin_url), fingerprints_now(register.admin_url), fired()
    assert then != taken.manifest.tables, "nothing was written after the backup, so the drill proves nothing"

    mail.outbox.clear()
    late = world.at + timedelta(days=9)
    turn(late)
    world.enrol(facts=FACTS)
    lost, letters = fired() - before, sent()
    assert len(lost) >= 6
    assert letters
    crash(register)
    (place / "data" / "journal-heads.jsonl").write_text("what was known outside\n")

    wish = Wish(backup=taken.path, data=place / "new", to=moment, old=place / "data")
    done = restore(wish, {}, lambda words: None)
    assert done.tables == then, [name for name in then if done.tables.get(name) != then[name]]
    assert done.missing == []

    mail.outbox.clear()
    with Server(place / "new") as server:
        speak_to(server.worker_url)
        assert fired() == before
        turn(late)
        assert fired() - before == lost
        assert Escalation.objects.count() == len(fired()), "a clock fired twice"
        assert not Clock.objects.filter(due_at__lte=late).exists()
        assert sent() == letters, "what was sent after the moment is sent again under the same Message-ID"
        assert turn(late) == 0
        connection.close()
    again = take(place / "new", place / "again", [], {})
    twice = restore(Wish(backup=again.path, data=place / "newer"), {}, lambda words: None)
    assert twice.tables == again.manifest.tables, "a register that was restored is backed up like any other"

    for kept, content in ((first, b" of before"), (second, b" of after")):
        path = place / "new" / evidence_path(kept).relative_to(place / "data")
        assert path.read_bytes() == PDF + content
    assert (place / "new" / "secret.key").read_text() == "an-invented-key"
    assert (place / "new" / "journal-heads.jsonl").read_text() == "what was known outside\n"


def test_a_backup_in_one_encrypted_file_needs_its_key_and_nothing_else(register: Server, place: Path) -> None:
    world = small_world()
    proof = paper(world, PDF)
    key = pyrage.x25519.Identity.generate()
    taken = take(place / "data", place / "backups", [str(key.to_public())], {})
    assert [path.name for path in (place / "backups").iterdir()] == [taken.path.name]
    assert taken.path.name.endswith(".tar.age")
    assert PDF not in taken.path.read_bytes()
    crash(register)
    shutil.rmtree(place / "data")

    stranger, owner = place / "stranger.txt", place / "owner.txt"
    stranger.write_text(str(pyrage.x25519.Identity.generate()))
    owner.write_text(f"# created by age-keygen\n{key}\n")
    for identity, words in ((None, "--identity"), (stranger, "does not open with this key")):
        with pytest.raises(CannotStartError, match=words):
            restore(Wish(taken.path, place / "new", identity=identity), {}, lambda said: None)
        assert not (place / "new").exists()
    done = restore(Wish(taken.path, place / "new", identity=owner), {}, lambda said: None)
    assert done.differing == []
    assert done.tables == taken.manifest.tables
    assert done.fingerprint == taken.fingerprint
    assert done.missing == []
    assert (place / "new" / "evidence" / proof.file[:2] / proof.file).read_bytes() == PDF


def test_what_is_damaged_or_does_not_fit_is_refused_and_the_target_stays_empty(
    register: Server, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world()
    early = now(register.admin_url)
    taken = take(place / "data", place / "backups", [], {})
    target = place / "new"

    def refused(words: str, **more: object) -> None:
        with pytest.raises(CannotStartError, match=words):
            restore(Wish(backup=taken.path, data=target, **more), {}, lambda said: None)  # type: ignore[arg-type]
        assert not target.exists() or list(target.iterdir()) == [target / "mine"]

    with pytest.raises(CannotStartError, match="with which it would be lost"):
        take(place / "data", place / "data" / "backups", [], {})
    refused("later than", to=early)
    monkeypatch.setenv("ORALU_ARCHIVE", str(place / "data" / "postgres-archive"))
    refused("ends before that moment", to=early + timedelta(days=1))
    assert list((place / "data" / "postgres-archive").glob("*.gz")), "the archive of the lost register is not ours"
    target.mkdir()
    (target / "mine").write_text("kept")
    refused("is not empty")
    shutil.rmtree(target)

    base = taken.path / "database" / "base.tar.gz"
    content = bytearray(base.read_bytes())
    content[len(content) // 2] ^= 1
    base.write_bytes(content)
    refused("base.tar.gz in the backup .* is not what was saved")
    base.unlink()
    refused("lacks database/base.tar.gz")
    known = json.loads((taken.path / manifest.NAME).read_text())
    (taken.path / manifest.NAME).write_text(json.dumps(known | {"format": 99}))
    refused("format 99")


def test_a_backup_waits_for_writers_and_never_fails_them(register: Server) -> None:
    """Somebody is in the middle of a transaction: the moment comes after it, and it commits."""
    with psycopg.connect(register.owner_url) as writer:
        writer.execute("insert into routing_heartbeat (id) values (1) on conflict (id) do update set seen_at = now()")
        held: list[bool] = []

        def hold() -> None:
            with frozen(register.admin_url, "a-point") as (_, moment):
                held.append(moment.exact)

        thread = threading.Thread(target=hold)
        thread.start()
        time.sleep(1.2)
        assert held == [], "the moment was fixed in the middle of a transaction"
        writer.commit()
        thread.join(120)
    assert held == [True]


def test_a_dump_of_another_server_becomes_a_private_register(register: Server, place: Path) -> None:
    world = small_world()
    paper(world, PDF)
    with register.connect_admin() as admin:
        admin.execute("create role keeper login bypassrls password 'invented' in role pg_read_all_data")
        admin.execute("grant connect on database oralu to keeper")
        admin.execute("alter table people_person enable row level security")
        admin.execute("alter table people_person force row level security")
    elsewhere = {"DATABASE_URL": register.app_url, "ORALU_OWNER_DATABASE_URL": register.owner_url}
    with pytest.raises(CannotStartError, match="ORALU_ADMIN_DATABASE_URL"):
        take(place / "data", place / "dump.tar", [], elsewhere)
    assert not (place / "dump.tar").exists()
    keeper = register.admin_url.replace("oralu_admin:", "keeper:")
    keeper = keeper.replace(keeper.partition("keeper:")[2].partition("@")[0], "invented")
    elsewhere["ORALU_ADMIN_DATABASE_URL"] = keeper
    taken = take(place / "data", place / "dump.tar", [], elsewhere)
    assert taken.manifest.kind == "dump"
    with pytest.raises(CannotStartError, match="is a dump"):
        restore(Wish(taken.path, place / "new", latest=True), {}, lambda said: None)
    done = restore(Wish(taken.path, place / "new"), {}, lambda said: None)
    assert done.tables == taken.manifest.tables
    assert done.missing == []
    with pytest.raises(CannotStartError, match="not empty"):
        restore(Wish(taken.path, place / "newer"), elsewhere, lambda said: None)
    with (
        Server(place / "new") as server,
        psycopg.connect(server.app_url) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute("delete from journal_entry")


def test_the_archive_is_bounded_from_its_oldest_end(tmp_path: Path) -> None:
    for n in range(1, 7):
        path = tmp_path / f"0000000100000000{n:08X}.gz"
        path.write_bytes(b"x" * 100)
    (tmp_path / "00000002.history.gz").write_bytes(b"x")
    now = time.time()
    assert archive.prune(tmp_path, archive.Bounds(days=1, bytes=10_000), now) == 0
    assert archive.prune(tmp_path, archive.Bounds(days=1, bytes=400), now) == 2
    kept = sorted(path.name[16:24] for path in tmp_path.glob("0*.gz") if len(path.name) > 24)
    assert kept == ["00000003", "00000004", "00000005", "00000006"]
    assert archive.prune(tmp_path, archive.Bounds(days=1, bytes=10_000), now + 2 * 86400) == 4
    assert (tmp_path / "00000002.history.gz").exists()
