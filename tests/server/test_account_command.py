"""The way back in from the server: factors reset and a link, with a row in the journal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator

from entry import PASSWORD, protect
from oralu.apps.access.models import Role, User
from oralu.apps.journal.models import Entry

if TYPE_CHECKING:
    from oralu.server.postgres import Server


def account(server: Server, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DATABASE_URL": server.app_url,
        "ORALU_DATA": str(data),
        "ORALU_ORIGINS": "https://oralu.example.kz",
        "DJANGO_SETTINGS_MODULE": "oralu.config.settings",
    }
    command = [sys.executable, "-m", "oralu", "account", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_the_only_administrator_comes_in_again(database_server: Server, tmp_path: Path) -> None:
    chief = User.objects.create_user("chief", PASSWORD, role=Role.ADMINISTRATOR, full_name="Глава")
    protect(chief)
    done = account(database_server, tmp_path, "chief", "--reset-factors", "--invite")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^https://oralu\.example\.kz/invitation/\S+$", done.stdout, re.MULTILINE)
    assert not Authenticator.objects.exists()
    chief.refresh_from_db()
    assert not chief.has_usable_password()
    kinds = set(Entry.objects.filter(actor=None).values_list("kind", flat=True))
    assert {"user.factors_reset", "user.invited"} <= kinds


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arguments", [("nobody", "--invite"), ("nobody",), ("closed", "--invite")])
def test_what_cannot_be_done_is_one_sentence(
    database_server: Server, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    User.objects.create_user("closed", PASSWORD, role=Role.ADMINISTRATOR, full_name="Глава", is_active=False)
    done = account(database_server, tmp_path, *arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
