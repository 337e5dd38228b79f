"""Questions to the machine and its settings: room, backups, the addresses under which people reach it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from oralu.apps.cases.clamd import ScannerUnavailableError, ping
from oralu.config.doctor.findings import Finding, Level, duration, graded

GB = 1024**3
TAKEN = "backups.jsonl"
"""Written by `oralu backup` into the data folder, one line for each."""
DAY = 86400
LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver", "*"}


def disk() -> Iterator[Finding]:
    """Room where the register is written: an alarm below 1 GB or one per cent, a warning below 5 GB or 5 per cent."""
    places = {"data folder": Path(settings.DATA_DIR)}
    if archive := os.environ.get("ORALU_ARCHIVE"):
        places["archive of the log"] = Path(archive)
    for name, folder in places.items():
        if not folder.is_dir():
            yield Finding("disk", Level.ALARM, f"The {name} is not there: {folder}.")
            continue
        usage = shutil.disk_usage(folder)
        level = Level.OK
        if usage.free < max(5 * GB, min(usage.total // 20, 50 * GB)):
            level = Level.WARNING
        if usage.free < max(GB, min(usage.total // 100, 10 * GB)):
            level = Level.ALARM
        words = f"{usage.free / GB:.0f} GB are free for the {name}" + ("." if level is Level.OK else ": make room.")
        yield Finding("disk", level, words, round(usage.free / GB, 2), "GB")


def scanner() -> Iterator[Finding]:
    """Attached files are closed until the scanner has let them through: does it answer?"""
    if not settings.CLAMD:
        yield Finding("scanner", Level.OK, "No scanner is connected: attached files wait until a person releases them.")
        return
    try:
        version = ping(settings.CLAMD, patience=2)
    except ScannerUnavailableError as error:
        words = f"The scanner does not answer, and attached files stay closed ({error}): start it, or mend ORALU_CLAMD."
        yield Finding("scanner", Level.WARNING, words)
    else:
        yield Finding("scanner", Level.OK, f"The scanner answers: {version.split('/')[0]}.")


def backup() -> Finding:
    """The age of the last backup that this data folder knows of."""
    try:
        lines = (Path(settings.DATA_DIR) / TAKEN).read_text(encoding="utf-8").splitlines()
        last = datetime.fromisoformat(json.loads(lines[-1])["at"])
    except (OSError, IndexError, ValueError, KeyError):
        words = "No backup has been taken: `oralu backup FOLDER`, every night, onto another disk."
        return Finding("backup_old", Level.WARNING, words)
    age = (datetime.now(UTC) - last).total_seconds()
    words = f"The last backup is {duration(age)} old: `oralu backup FOLDER`, and see why the last ones failed."
    return graded(
        "backup_old", round(age), "s", warning=1.1 * DAY, alarm=2.1 * DAY, fine="The last backup is fresh.", words=words
    )


def addresses() -> Iterator[Finding]:
    """What must not be under an address that others reach."""
    public = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    if not settings.HTTPS:
        level = Level.ALARM if public and not settings.DEMO else Level.WARNING
        words = "HTTPS is off, so that passwords and records can be read on the way: see docs/guides/deploy.md, step 5."
        yield Finding("https_off", level, words)
    if settings.DEMO and public:
        words = f"A demo, whose passwords everybody knows, answers under {', '.join(public)}: is that meant?"
        yield Finding("demo_public", Level.ALARM, words)
    if settings.DEBUG:
        words = "ORALU_DEBUG is on: a page of an error shows what it worked on. Never with real people."
        yield Finding("debug", Level.ALARM if public else Level.WARNING, words)
