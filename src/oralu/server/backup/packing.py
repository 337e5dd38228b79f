"""One file instead of a folder: a tar archive, and, with the public key of an operator, encrypted by age.

The private key is needed for restoring only and has no place on the machine that takes backups."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyrage  # type: ignore[import-untyped]

from oralu.server.errors import CannotStartError


def recipients_of(words: Sequence[str]) -> list[Any]:
    """Read public keys: `age1…`, or `ssh-ed25519 …`. Raises CannotStartError."""
    found: list[Any] = []
    for word in words:
        try:
            kind = pyrage.ssh if word.startswith("ssh-") else pyrage.x25519
            found.append(kind.Recipient.from_str(word.strip()))
        except pyrage.RecipientError as error:
            raise CannotStartError(
                f"--encrypt-to {word!r} is no public key of age (age1…) or of SSH (ssh-ed25519 …)."
            ) from error
    return found


def check_name(final: Path, *, encrypted: bool) -> None:
    """A name must say what is inside. Raises CannotStartError."""
    if final.suffix == ".age" and not encrypted:
        raise CannotStartError(f"{final.name} says that it is encrypted: give the public key by --encrypt-to.")
    if final.suffix == ".tar" and encrypted:
        raise CannotStartError(f"An encrypted backup ends in .tar.age: write {final.name}.age.")


def pack(folder: Path, final: Path, recipients: Sequence[Any]) -> None:
    """Write the folder into one file, whole or not at all."""
    draft = final.with_name(f".{final.name}.part")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            if recipients:
                _encrypt(folder, out, recipients)
            else:
                _write_tar(folder, out)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(final)
    finally:
        draft.unlink(missing_ok=True)


def _write_tar(folder: Path, out: BinaryIO) -> None:
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        tar.add(folder, arcname=".")


def _encrypt(folder: Path, out: BinaryIO, recipients: Sequence[Any]) -> None:
    """age reads what it encrypts, tar writes what it packs: a pipe with a child between them, so that the whole never
    lies in memory."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read_end)
            with open(write_end, "wb") as pipe:
                _write_tar(folder, pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        pyrage.encrypt_io(pipe, out, list(recipients))
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise OSError("the files could not be packed")


def identities_of(path: Path) -> list[Any]:
    """Read a file with private keys, as `age-keygen` or `ssh-keygen` writes it. Raises CannotStartError."""
    try:
        content = path.read_bytes()
        if b"OPENSSH PRIVATE KEY" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CannotStartError(f"{path} holds no private key of age or SSH that can be read.") from error
    if not found:
        raise CannotStartError(f"{path} holds no line that begins with AGE-SECRET-KEY-.")
    return found


def unpack(source: Path, target: Path, identities: Sequence[Any]) -> None:
    """Unpack a backup that is one file into an empty folder. Raises CannotStartError when the key does not fit."""
    plain = source
    if source.suffix == ".age":
        if not identities:
            raise CannotStartError(f"{source.name} is encrypted: give the file with the private key by --identity.")
        plain = target / "backup.tar"
        try:
            with source.open("rb") as reader, open(os.open(plain, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as writer:
                pyrage.decrypt_io(reader, writer, list(identities))
        except pyrage.DecryptError as error:
            raise CannotStartError(f"{source.name} does not open with this key, or is damaged.") from error
    try:
        with tarfile.open(plain) as tar:
            tar.extractall(target, filter="data")
    except tarfile.TarError as error:
        raise CannotStartError(f"{source} is no backup, or was cut off.") from error
    if plain != source:
        plain.unlink()
