"""Settings of the tests: the real ones, with a data folder of their own and whatever only costs time turned off."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="oralu-test-")
os.chmod(_folder, 0o711)  # the account that runs PostgreSQL must reach its files inside
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("ORALU_")] + ["DATABASE_URL"]:
    os.environ.pop(_name, None)
os.environ["ORALU_DATA"] = _folder

from oralu.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
MFA_REQUIRED = False
REFUSALS_DATABASE = "default"
"""A test's one transaction is all that it sees; tests/journal proves the second connection."""
RATE_LIMITS = {}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT.mkdir()  # noqa: F405 — WhiteNoise warns of a folder that is not there
del os.environ["ORALU_DATA"]
