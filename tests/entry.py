"""What the tests of signing in share."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from oralu.apps.access.factors import codes_add
from oralu.apps.access.models import User

PASSWORD = "long-password-of-a-test"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def identity_provider(back: str, secret: str) -> Iterator[str]:
    """A real OpenID Connect provider in a process of its own, and its address."""
    command = ["node", str(ROOT / "tests" / "identity_provider.mjs"), back, secret]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), (
            "is oidc-provider there (`make setup`), and Node.js 20 or newer?"
        )
        yield address
        process.terminate()


def code_now(secret: str = SECRET, periods: int = 0, at: datetime | None = None) -> str:
    """The code that a phone shows, or showed or will show some periods away."""
    seconds = int(time.time() if at is None else at.timestamp())
    return format_hotp_value(hotp_value(secret.replace(" ", ""), seconds // 30 + periods))


def protect(user: User) -> list[str]:
    """Set up one-time codes with `SECRET`; the code of the period before is spent. Returns the recovery codes."""
    at = timezone.now()
    return codes_add(user=user, secret=SECRET, code=code_now(periods=-1, at=at), keep=None, at=at)


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str):
    return client.post("/login", {"username": login, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/profile").status_code == 200
