"""Failures that a person at the terminal can act on."""

from __future__ import annotations

from pathlib import Path


class CannotStartError(Exception):
    """One clear sentence: what is in the way, where, and what to do. Shown without a traceback."""


class AlreadyRunningError(CannotStartError):
    """Another run of Oralu holds the data folder: for `oralu run` the end, for a short command just a fact."""


def disk_full(folder: Path) -> CannotStartError:
    """The sentence for a disk without room, whoever noticed it."""
    return CannotStartError(
        f"The disk that holds {folder} is full: free some space, or choose another folder by DATA=…."
    )
