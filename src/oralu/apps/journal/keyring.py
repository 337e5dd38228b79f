"""The public keys of the journal, each with the moment from which it signs. A key may be changed, because it is old or
because somebody has seen it; what the earlier one signed in its time still verifies, and what it signs afterwards does
not.

The list is a file beside the key, of public keys in PEM, each below a line `Since: …`; the first may have none. It is
begun when the key is first changed: until then the key itself is the list."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from oralu.apps.journal import keys

LIST = "journal-keys.pem"
BLOCK = re.compile(r"(?:^Since: (\S+)\s+)?(-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----)", re.S | re.M)
SLACK = timedelta(minutes=10)
"""How far a seal may be dated from the change of the key: a worker's turn is dated by its beginning."""


@dataclass(frozen=True, slots=True)
class Known:
    """A public key, and since when it signs; None: from the beginning."""

    key: Ed25519PublicKey
    since: datetime | None = None


class Keyring:
    """The keys that may have signed a seal, the earliest first."""

    def __init__(self, known: Sequence[Known]) -> None:
        ends = [one.since for one in known[1:]]
        self._known = {keys.fingerprint(one.key): (one, end) for one, end in zip(known, [*ends, None], strict=True)}

    def trouble(self, name: str, made: bytes, signature: bytes, at: datetime) -> str:
        """What is wrong with a signature, as the end of a sentence on its seal; empty: nothing. `name`: the key that
        the seal names; `made`: the hash of the seal; `at`: its date."""
        if name not in self._known:
            listed = ", ".join(self._known)
            return f"is signed by another key ({name or 'unnamed'}), which is not in the list of keys ({listed})"
        known, end = self._known[name]
        if not keys.is_signed(known.key, made, signature):
            return "is signed wrongly"
        if known.since is not None and at < known.since - SLACK:
            return f"is signed by key {name} before it was in force ({known.since:%Y-%m-%d %H:%M} UTC)"
        if end is not None and at > end + SLACK:
            return f"is signed by key {name} after it had been replaced ({end:%Y-%m-%d %H:%M} UTC)"
        return ""


def keyring(path: Path) -> Keyring:
    """The keys in a file: the key of this machine with the list beside it, or public keys that somebody has kept.

    Raises KeyUnusableError."""
    own = Known(keys.public_key(path)) if not _blocks(path) else None
    listed = path.with_name(LIST)
    if own is not None:
        return Keyring(_read(listed) if _is_private(path) and listed.exists() else [own])
    return Keyring(_read(path))


def keys_told(path: Path) -> str:
    """The public keys as a text to be kept elsewhere. Makes the key if there is none. Raises KeyUnusableError."""
    own = keys.private_key(path).public_key()
    listed = path.with_name(LIST)
    return listed.read_text(encoding="ascii") if listed.exists() else keys.public_text(own)


def key_change(path: Path, *, at: datetime) -> tuple[str, str]:
    """Put a new key in the place of the one in a file, and both into the list. Returns the names of the earlier and of
    the new one. The list is on the disk before the new key can sign. Raises KeyUnusableError."""
    earlier, listed, draft = keys.public_key(path), path.with_name(LIST), path.with_name(f"{path.name}.new")
    known = _read(listed) if listed.exists() else [Known(earlier)]
    names = [keys.fingerprint(one.key) for one in known]
    if draft.exists() and names[-1] == keys.fingerprint(keys.public_key(draft)):
        # The change before was broken off when only the key was missing.
        os.replace(draft, path)
        return keys.fingerprint(earlier), names[-1]
    if keys.fingerprint(earlier) not in names:
        raise keys.KeyUnusableError(f"{path}: this key is not in {listed}: it was put there by hand, and has no date.")
    known = known[: names.index(keys.fingerprint(earlier)) + 1]
    draft.unlink(missing_ok=True)
    fresh = keys.private_key(draft).public_key()
    try:
        _write(listed, [*known, Known(fresh, at)])
        os.replace(draft, path)
    except OSError as error:
        raise keys.KeyUnusableError(f"{path}: the key cannot be changed ({error.strerror or ''}).") from error
    return keys.fingerprint(earlier), keys.fingerprint(fresh)


def _read(path: Path) -> list[Known]:
    found = []
    for since, text in _blocks(path):
        try:
            moment = datetime.fromisoformat(since) if since else None
        except ValueError as error:
            raise keys.KeyUnusableError(f"{path}: “Since: {since}” is no moment.") from error
        if moment is not None and moment.tzinfo is None:
            raise keys.KeyUnusableError(f"{path}: “Since: {since}” has no time zone.")
        found.append(Known(keys.public_of(text.encode(), path), moment))
    if not found or any(one.since is None for one in found[1:]):
        raise keys.KeyUnusableError(f"{path}: each key of the list but the first needs a line “Since: …” above it.")
    return found


def _blocks(path: Path) -> list[tuple[str, str]]:
    """The public keys that stand in a file with their lines; none for a single key that stands for itself."""
    try:
        found = BLOCK.findall(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []
    return found if len(found) > 1 or any(since for since, _text in found) or path.name == LIST else []


def _is_private(path: Path) -> bool:
    return b"PRIVATE" in path.read_bytes()


def _write(path: Path, known: Sequence[Known]) -> None:
    parts = [
        (f"Since: {one.since.isoformat(timespec='seconds')}\n" if one.since else "") + keys.public_text(one.key)
        for one in known
    ]
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w", encoding="ascii") as file:
        file.write("\n".join(parts))
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
