"""The first account of an installation is made by one command, against whatever database is configured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oralu.apps.access.models import User

if TYPE_CHECKING:
    from oralu.server.postgres import Server


def create(server: Server, data: Path, password: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "oralu",
        "administrator",
        "--login",
        "chief",
        "--name",
        "Глава",
        "--password",
        password,
    ]
    environment = os.environ | {
        "DATABASE_URL": server.worker_url,
        "ORALU_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_the_first_administrator_is_created_once(database_server: Server, tmp_path: Path) -> None:
    done = create(database_server, tmp_path, "an-invented-long-one")
    assert done.returncode == 0, done.stderr
    assert User.objects.get(username="chief").role == "administrator"
    again = create(database_server, tmp_path, "an-invented-long-one")
    assert again.returncode == 1
    assert len(again.stderr.strip().splitlines()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_weak_password_is_refused(database_server: Server, tmp_path: Path) -> None:
    done = create(database_server, tmp_path, "short")
    assert done.returncode == 1
    assert not User.objects.filter(username="chief").exists()
