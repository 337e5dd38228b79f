"""The key that signs seals: Ed25519, made once, readable by its owner only. Whoever holds the database alone has no
key, and cannot make a seal that verifies."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIGNED = b"oralu journal seal 1\n"
"""Before the hash that is signed: a signature of this key over anything else is not one over a seal."""


class KeyUnusableError(Exception):
    """A key that cannot be read or made; the words say which file and why."""


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made and put there if there is none; of two processes that make one, both use the first.

    Raises:
        KeyUnusableError: the file cannot be written or read, or holds something else.
    """
    try:
        if not path.exists():
            _make(path)
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(f"{path}: no key of the journal can be read or made there ({_why(error)}).") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnusableError(f"{path}: the key of the journal has to be an Ed25519 key.")
    return found


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file, which may hold the private one. Raises KeyUnusableError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise KeyUnusableError(f"{path}: no key of the journal can be read there ({_why(error)}).") from error
    return public_of(text, path)


def public_of(text: bytes, path: Path) -> Ed25519PublicKey:
    """The public key in a text that was read from a file. Raises KeyUnusableError."""
    try:
        found = load_pem_private_key(text, None).public_key() if b"PRIVATE" in text else load_pem_public_key(text)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(f"{path}: no key of the journal can be read there ({_why(error)}).") from error
    if not isinstance(found, Ed25519PublicKey):
        raise KeyUnusableError(f"{path}: the key of the journal has to be an Ed25519 key.")
    return found


def public_text(key: Ed25519PublicKey) -> str:
    """The public key as a text to be kept elsewhere (PEM)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def fingerprint(key: Ed25519PublicKey) -> str:
    """16 hexadecimal digits by which a seal names its key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(key: Ed25519PrivateKey, seal_hash: bytes) -> bytes:
    return key.sign(SIGNED + seal_hash)


def is_signed(key: Ed25519PublicKey, seal_hash: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, SIGNED + seal_hash)
    except InvalidSignature:
        return False
    return True


def _make(path: Path) -> None:
    """Written elsewhere and linked into place: nobody ever reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def _why(error: Exception) -> str:
    return error.strerror or "" if isinstance(error, OSError) else "not a key in PEM"
