"""What the tests of signing in share."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from oralu.apps.access.factors import codes_add
from oralu.apps.access.models import User

PASSWORD = "long-password-of-a-test"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now(secret: str = SECRET, periods: int = 0) -> str:
    """The code that a phone shows, or showed or will show some periods away."""
    return format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30 + periods))


def protect(user: User) -> list[str]:
    """Set up one-time codes with `SECRET`; the code of the period before is spent. Returns the recovery codes."""
    return codes_add(user=user, secret=SECRET, code=code_now(periods=-1), keep=None, at=timezone.now())


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str):
    return client.post("/login", {"username": login, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/profile").status_code == 200
