"""What people write stays out of the journal, and a file whose proof was never kept does not stay on the disk."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from oralu.apps.agencies.models import Agency
from oralu.apps.cases.evidence import EvidenceData, evidence_add, evidence_files_settle, evidence_path
from oralu.apps.cases.models import Case, Evidence, Note
from oralu.apps.journal.models import Entry
from oralu.apps.routing.lifecycle import case_assign, case_close, case_suspend, case_transfer, release_date_move
from papers import pdf
from world import World, build

REASON = "Ержанова переехала к сестре"


def _assign(case: Case, world: World) -> None:
    case_assign(case=case, officer=world.bolat, reason=REASON, actor=world.bolat, at=world.at)


def _transfer(case: Case, world: World) -> None:
    unit = Agency.objects.exclude(pk=world.unit.pk).get(kind="probation_unit")
    case_transfer(case=case, unit=unit, officer=None, locality="", reason=REASON, actor=world.bolat, at=world.at)


def _suspend(case: Case, world: World) -> None:
    case_suspend(case=case, reason=REASON, actor=world.bolat, at=world.at)


def _release(case: Case, world: World) -> None:
    release_date_move(case=case, released_on=world.at.date(), reason=REASON, actor=world.bolat, at=world.at)


def _close(case: Case, world: World) -> None:
    day = world.at.date()
    case_close(case=case, ground="term_ended", closed_on=day, note=REASON, actor=world.bolat, at=world.at)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (_assign, "case.assigned"),
        (_transfer, "case.transferred"),
        (_suspend, "case.suspended"),
        (_release, "case.release_moved"),
        (_close, "case.closed"),
    ],
)
def test_a_reason_is_a_note_and_the_journal_keeps_only_its_number(world: World, act: object, kind: str) -> None:
    case = world.enrol(facts={"housing": "stable"})
    act(case, world)  # type: ignore[operator]
    note = Note.objects.get(case=case)
    assert (note.text, note.author, note.about) == (REASON, world.bolat, kind)
    assert Entry.objects.get(case=case, kind=kind).data["note"] == note.pk
    assert all(REASON not in json.dumps(e.data, ensure_ascii=False) for e in Entry.objects.all())


def test_a_closure_without_words_writes_no_empty_note(world: World) -> None:
    case = world.enrol(facts={"housing": "stable"})
    case_close(case=case, ground="death", closed_on=world.at.date(), note=" ", actor=world.bolat, at=world.at)
    assert not Note.objects.exists()
    assert "note" not in Entry.objects.get(case=case, kind="case.died").data


# --- files ------------------------------------------------------------------------------------------------------------


def scan() -> EvidenceData:
    return EvidenceData("Скан", upload=SimpleUploadedFile("scan.pdf", pdf()))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def folder(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_a_file_settles_with_its_commit_and_is_removed_after_a_rollback(folder: Path) -> None:
    world = build()
    case = world.enrol(facts={"housing": "stable"})
    proof = evidence_add(case=case, data=scan(), actor=world.aigul, at=world.at)
    assert evidence_path(proof).parent == folder / proof.file[:2]
    with transaction.atomic():
        lost = evidence_add(case=case, data=scan(), actor=world.aigul, at=world.at)
        assert evidence_path(lost).read_bytes().startswith(b"%PDF")
        transaction.set_rollback(True)
    assert len(files(folder)) == 2
    now = timezone.now()
    assert evidence_files_settle(at=now) == 0
    assert evidence_files_settle(at=now + timedelta(days=1, minutes=1)) == 1
    assert files(folder) == [evidence_path(proof)]


@pytest.mark.django_db
def test_a_file_whose_move_was_cut_off_is_read_where_it_lies_and_moved_later(folder: Path) -> None:
    world = build()
    case = world.enrol(facts={"housing": "stable"})
    # The transaction of a test never commits: the move that follows a commit does not happen, as after a crash.
    proof = evidence_add(case=case, data=scan(), actor=world.aigul, at=world.at)
    assert evidence_path(proof) == folder / "incoming" / proof.file
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(evidence_path(proof), (old, old))
    assert evidence_files_settle(at=timezone.now()) == 0
    assert evidence_path(proof) == folder / proof.file[:2] / proof.file
    assert Evidence.objects.get().file == proof.file


def test_every_enrolment_with_a_consent_says_so_in_the_journal_once(world: World) -> None:
    case = world.enrol(facts={"housing": "stable"})
    assert Entry.objects.filter(case=case, kind="consent.given").count() == 1
    case_close(case=case, ground="term_ended", closed_on=world.at.date(), note="", actor=world.aigul, at=world.at)
    again = world.enrol(person=case.person)
    assert not Entry.objects.filter(case=again, kind="consent.given").exists()
    assert not Entry.objects.filter(case=world.enrol(consent=False), kind="consent.given").exists()
