"""A request that fails says why, in words, and leaves nothing half-written."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from oralu.apps.cases.models import Evidence, Note, Statement
from oralu.apps.journal.models import Entry
from oralu.web.failures import Failure, PlainFailures, failure_of
from papers import pdf
from world import World, build

FULL = "could not extend file: No space left on device"


@pytest.fixture
def world(db: None) -> World:
    return build(timezone.now())


@pytest.fixture
def aigul(client: Client, world: World) -> Client:
    client.force_login(world.aigul)
    client.raise_request_exception = False
    return client


def disk_full() -> OperationalError:
    error = OperationalError(FULL)
    error.__cause__ = psycopg.errors.DiskFull(FULL)
    return error


def test_what_stands_behind_an_exception() -> None:
    assert failure_of(disk_full()) is Failure.DISK_FULL
    assert failure_of(OSError(errno.ENOSPC, "x")) is Failure.DISK_FULL
    assert failure_of(OperationalError("the server closed the connection")) is Failure.NO_DATABASE
    assert failure_of(KeyError("x")) is Failure.DEFECT
    assert failure_of(None) is Failure.DEFECT


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (disk_full(), (507, "Диск сервера переполнен")),
        (OperationalError("gone"), (503, "База данных не отвечает")),
        (KeyError("x"), (500, "В Oralu произошла ошибка")),
    ],
)
def test_a_failed_save_says_why_and_writes_nothing(
    aigul: Client, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, told: tuple[int, str]
) -> None:
    case = world.enrol()
    notes, entries = Note.objects.count(), Entry.objects.count()

    def fails(**_given: Any) -> None:
        raise error

    monkeypatch.setattr("oralu.apps.cases.services.entry_record", fails)
    answer = aigul.post(f"/cases/{case.pk}/notes", {"note": "typed"})
    text = answer.content.decode()
    assert answer.status_code == told[0]
    assert told[1] in text
    assert "Ничего из этого не сохранено" in text
    assert "Traceback" not in text
    assert (Note.objects.count(), Entry.objects.count()) == (notes, entries)


def test_a_disk_that_fills_while_a_file_is_kept_leaves_no_evidence(
    aigul: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.enrol()
    before = Statement.objects.count()

    def full(_path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    file = SimpleUploadedFile("card.pdf", pdf(), "application/pdf")
    data = {"value": "lawful", "effective_on": timezone.localdate().isoformat(), "evidence": file}
    answer = aigul.post(f"/cases/{case.pk}/facts/income", data)
    assert answer.status_code == 507
    assert (Statement.objects.count(), Evidence.objects.count()) == (before, 0)


def test_the_log_keeps_a_sentence_of_a_full_disk_and_the_trace_of_a_defect() -> None:
    def logged(error: Exception) -> logging.LogRecord:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 0, "Internal: %s", ("/x",), (type(error), error, None)
        )
        assert PlainFailures().filter(record)
        return record

    assert logged(disk_full()).exc_info is None
    assert "disk is full" in logged(disk_full()).getMessage()
    assert logged(KeyError("x")).exc_info is not None
    assert logged(KeyError("x")).getMessage() == "Internal: /x"
