"""The doctor and the addresses of health: each illness is noticed, and strangers learn codes alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from oralu.apps.access.models import User
from oralu.apps.messages.models import Delivery, Message
from oralu.apps.referrals.models import Clock
from oralu.apps.routing.models import Heartbeat
from oralu.config import health
from oralu.config.doctor import Level, asking_machine, examine
from world import build

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from oralu.server.postgres import Server


@pytest.fixture(autouse=True)
def asked_anew(settings: SettingsWrapper, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.HTTPS = True
    settings.ALLOWED_HOSTS = ["oralu.example.kz"]
    health.forget()
    yield
    health.forget()


@pytest.fixture
def well(db: None) -> None:
    Heartbeat.objects.filter(pk=1).update(seen_at=timezone.now())


def levels() -> dict[str, Level]:
    return {finding.code: finding.level for finding in examine()}


def get(client: Client, path: str = "/health", **headers: str) -> tuple[int, str]:
    health.forget()
    answer = client.get(path, headers=headers, HTTP_HOST="oralu.example.kz")
    return answer.status_code, answer.content.decode()


def test_a_well_installation_has_no_alarm(well: None, client: Client) -> None:
    assert {code for code, level in levels().items() if level is Level.ALARM} == set()
    assert get(client) == (200, "ok\n")


def silent_worker() -> None:
    Heartbeat.objects.filter(pk=1).update(seen_at=timezone.now() - timedelta(minutes=3))


def overdue_clock() -> None:
    world = build()
    world.enrol(facts={"identity_document": "none"}, at=timezone.now() - timedelta(days=40))
    assert Clock.objects.filter(due_at__lte=timezone.now() - timedelta(minutes=2)).exists()


def late_letter() -> None:
    user = User.objects.create_user("somebody", "an-invented-long-one", role="administrator")
    at = timezone.now() - timedelta(hours=1)
    message = Message.objects.create(key="late", user=user, template="breached", created_at=at)
    Delivery.objects.create(message=message, next_attempt_at=at)


def demo_account() -> None:
    User.objects.create_user("officer", "an-invented-long-one", role="administrator", is_demo=True)


@pytest.mark.parametrize(
    ("make_ill", "code"),
    [
        (silent_worker, "worker_silent"),
        (overdue_clock, "clock_overdue"),
        (late_letter, "outbox"),
        (demo_account, "demo_accounts"),
    ],
)
def test_each_illness_of_the_register_is_an_alarm(
    well: None, client: Client, settings: SettingsWrapper, make_ill: object, code: str
) -> None:
    settings.EMAIL_HOST = "mail.invalid"
    assert code not in levels() or levels()[code] is Level.OK
    assert callable(make_ill)
    make_ill()
    assert levels()[code] is Level.ALARM
    assert get(client) == (200, f"degraded: {code}\n")


def test_a_worker_that_never_turned_is_an_alarm_once_the_installation_is_not_new(db: None) -> None:
    Heartbeat.objects.filter(pk=1).update(seen_at=None)
    with connection.cursor() as cursor:
        cursor.execute("update django_migrations set applied = now()")  # the tests' database may be old by now
    assert levels()["worker_silent"] is Level.WARNING
    with connection.cursor() as cursor:
        cursor.execute("update django_migrations set applied = applied - interval '1 day'")
    assert levels()["worker_silent"] is Level.ALARM


def test_a_lacking_migration_is_an_alarm(well: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'routing'")
    assert levels()["migrations"] is Level.ALARM


def test_settings_that_endanger_real_people_are_alarms(well: None, settings: SettingsWrapper) -> None:
    settings.HTTPS = False
    assert levels()["https_off"] is Level.ALARM
    settings.DEBUG = settings.DEMO = True
    found = levels()
    assert (found["demo_public"], found["debug"], found["https_off"]) == (Level.ALARM, Level.ALARM, Level.WARNING)
    settings.ALLOWED_HOSTS = ["localhost"]
    assert "demo_public" not in levels()


def test_the_age_of_the_backup(tmp_path: Path) -> None:
    assert asking_machine.backup().level is Level.WARNING
    for hours, level in ((1, Level.OK), (30, Level.WARNING), (60, Level.ALARM)):
        at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        with (tmp_path / asking_machine.TAKEN).open("a") as file:
            file.write(json.dumps({"at": at}) + "\n")
        assert asking_machine.backup().level is level


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((100, Level.OK), (3, Level.WARNING), (0, Level.ALARM)):
        usage = type("Usage", (), {"total": 100 * asking_machine.GB, "free": free * asking_machine.GB})
        monkeypatch.setattr(asking_machine.shutil, "disk_usage", lambda _, usage=usage: usage)
        assert [finding.level for finding in asking_machine.disk()] == [level]


def test_numbers_are_for_operators_only(
    well: None, client: Client, monkeypatch: pytest.MonkeyPatch, settings: SettingsWrapper
) -> None:
    monkeypatch.setenv("ORALU_HEALTH_TOKEN", "an-invented-token")
    for path in ("/health/detail", "/health/metrics"):
        assert get(client, path)[0] == 404
        assert get(client, path, Authorization="Bearer wrong")[0] == 404
        assert get(client, path, Authorization="Bearer an-invented-token")[0] == 200
    settings.HTTPS = False
    assert get(client, "/health/detail")[0] == 200, "the test client sits at the machine itself"
    assert get(client, "/health/detail", X_Forwarded_For="203.0.113.7")[0] == 404
    status, words = get(client, "/health/metrics")
    assert status == 200
    assert 'oralu_finding_level{code="worker_silent"} 0.0' in words


def test_a_database_that_does_not_answer_is_503_and_says_nothing_else(
    well: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise psycopg.OperationalError("connection to server at db.internal failed for user oralu_app")

    def broken_in_django() -> None:
        with connection.wrap_database_errors:
            broken()

    monkeypatch.setattr("oralu.config.doctor.asking_database.reachable", broken_in_django)
    status, words = get(client)
    assert (status, words) == (503, "degraded: database\n")


@pytest.mark.django_db(transaction=True)
def test_the_command_says_it_in_words_and_in_json(database_server: Server, tmp_path: Path) -> None:
    silent_worker()

    def doctor(*options: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "DATABASE_URL": database_server.app_url,
            "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
        }
        command = [sys.executable, "-m", "oralu", "doctor", "--data", str(tmp_path), *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = doctor()
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("ALARM   worker_silent")
    Heartbeat.objects.filter(pk=1).update(seen_at=timezone.now())
    done = doctor("--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["status"] == "warning"
    assert {f["code"]: f["level"] for f in found["findings"]}["roles"] == "ok"
    done = subprocess.run(
        [sys.executable, "-m", "oralu", "doctor", "--json"],
        env=os.environ
        | {
            "DATABASE_URL": database_server.owner_url,
            "ORALU_DATA": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert {f["code"]: f["level"] for f in json.loads(done.stdout)["findings"]}["roles"] == "alarm"


def test_row_security_that_was_taken_down_is_an_alarm(
    well: None, database_server: Server, transactional_db: None
) -> None:
    with database_server.connect_admin() as admin:
        admin.execute("create table walled (a int)")
        admin.execute("alter table walled enable row level security")
        try:
            assert levels()["row_security"] is Level.ALARM, "enabled and not forced: its owner passes through"
            admin.execute("alter table walled force row level security")
            assert levels()["row_security"] is not Level.ALARM
            admin.execute("create policy everybody on walled using (true)")
            admin.execute("alter table walled disable row level security")
            assert levels()["row_security"] is Level.ALARM
        finally:
            admin.execute("drop table walled")
