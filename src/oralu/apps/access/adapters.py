"""What allauth asks of an installation: names, and how secrets are kept."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from oralu.apps.access.models import User

NAME = "Oralu"


class FactorAdapter(DefaultMFAAdapter):
    """Keys of one-time codes are stored encrypted with the installation's key: a copy of the database makes no code."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return NAME

    def _get_site_name(self) -> str:
        return NAME

    def _get_user_identifier(self, user: User) -> str:
        return user.username


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"oralu.factor:{key}".encode()).digest())) for key in keys]
    )
