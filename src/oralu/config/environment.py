"""The only place where Oralu reads its environment, so that what an operator can set stands on one page.

Nothing here needs Django set up: the command line and the supervisor read the same values.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PROJECT_FOLDER = Path(__file__).resolve().parents[3]
CONNECTION_FILE = "connection.env"
"""Inside the data folder, readable by its owner only: the addresses of the private database."""


def data_folder() -> Path:
    """Where evidence, the secret key and the private database live: ORALU_DATA, else ./data."""
    return Path(os.environ.get("ORALU_DATA") or "data").absolute()


def flag(name: str, *, default: bool = False) -> bool:
    """Read a yes-or-no variable; a word that is neither is refused rather than taken as "no"."""
    word = os.environ.get(name, "").strip().lower()
    if word in {"1", "yes", "true", "on"}:
        return True
    if word in {"0", "no", "false", "off"}:
        return False
    if word:
        raise ImproperlyConfigured(f"{name}={word!r}: write yes or no.")
    return default


def number(name: str, *, default: int, least: int = 0) -> int:
    """Read a whole number not below `least`."""
    word = os.environ.get(name, "").strip()
    if not word:
        return default
    if not word.isdigit() or int(word) < least:
        raise ImproperlyConfigured(f"{name}={word!r}: write a whole number, {least} or more.")
    return int(word)


def one_of(name: str, known: tuple[str, ...]) -> str:
    """Read one of a few words; empty if it is not given."""
    word = os.environ.get(name, "").strip().lower()
    if word and word not in known:
        raise ImproperlyConfigured(f"{name}={word!r}: write {' or '.join(known)}.")
    return word


def path(name: str, *, default: Path) -> Path:
    """Read a path; one that is not absolute starts where the program was started."""
    return Path(os.environ.get(name) or default).absolute()


def scanner(name: str) -> str:
    """Read where a scanner listens: the absolute path of a socket, or host:port; empty if it is not given."""
    word = os.environ.get(name, "").strip()
    host, _colon, port = word.rpartition(":")
    if word and not word.startswith("/") and not (host and port.isdigit()):
        raise ImproperlyConfigured(f"{name}={word!r}: write the path of a socket (/run/clamav/clamd.ctl) or host:port.")
    return word


def words(name: str, *, default: list[str]) -> list[str]:
    """Read a list separated by commas."""
    found = [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]
    return found or default


def database_url() -> str | None:
    """The database to use: DATABASE_URL first, else the private server of the data folder, else none.

    ORALU_AS says as which role: `app` serves requests and is the default, `worker` is for the system's own processes,
    `owner` migrates. Under DATABASE_URL the other two have addresses of their own, ORALU_WORKER_DATABASE_URL and
    ORALU_OWNER_DATABASE_URL; without them DATABASE_URL is used, and the process says if that is the wrong role.
    """
    role = os.environ.get("ORALU_AS") or "app"
    if role not in {"app", "worker", "owner"}:
        raise ImproperlyConfigured(f"ORALU_AS={role!r}: write app, worker or owner.")
    if url := os.environ.get("DATABASE_URL"):
        return os.environ.get(f"ORALU_{role.upper()}_DATABASE_URL") or url
    return private_connection(data_folder()).get(role)


def private_connection(folder: Path) -> dict[str, str]:
    """The addresses that the private server last wrote into its data folder; empty before its first start."""
    try:
        lines = (folder / CONNECTION_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def parse_database_url(url: str) -> dict[str, Any]:
    """Turn `postgresql://role:password@host:port/name?option=value` into Django's terms.

    A socket folder is given as `?host=/folder`, as libpq reads it.

    Raises:
        ImproperlyConfigured: for another scheme or a missing database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme or 'nothing'}://, but Oralu keeps its records in PostgreSQL only: "
            "write postgresql://role:password@host:5432/name."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database: write postgresql://role:password@host:5432/name.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(options.pop("port", None) or parts.port or ""),
        "OPTIONS": options,
    }


def provider_secret(key: str, folder: Path) -> str:
    """The secret of Oralu as a client of the identity provider `key`: ORALU_OIDC_SECRET_<KEY> (letters large, hyphens
    as underlines), else the file `oidc/<key>.secret` of the data folder; empty if there is neither. The name is made
    from the key alone, so that nobody can have another secret sent out."""
    if secret := os.environ.get(f"ORALU_OIDC_SECRET_{key.upper().replace('-', '_')}"):
        return secret
    try:
        return (folder / "oidc" / f"{key}.secret").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def secret_key(folder: Path) -> str:
    """ORALU_SECRET_KEY, else a key made once and kept in the data folder, readable by its owner only.

    Raises:
        ImproperlyConfigured: when there is no key and the folder cannot be written.
    """
    if key := os.environ.get("ORALU_SECRET_KEY"):
        return key
    path = folder / "secret.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _read_or_create(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key {path} can be neither read nor written ({error.strerror}): "
            "give ORALU_SECRET_KEY, or a writable folder in ORALU_DATA."
        ) from error


def _read_or_create(path: Path) -> str:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
