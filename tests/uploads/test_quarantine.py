"""A file is closed to everybody until a scanner or a named person has let it through."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

import clamd_process
from clamd_process import EICAR
from oralu.apps.cases.clamd import ScannerUnavailableError, ping, scan
from oralu.apps.cases.evidence import EvidenceData, evidence_add, evidence_files_settle, evidence_path
from oralu.apps.cases.models import Case, EvaluationRecord, Evidence, FileToRemove, Milestone, Note, Scan
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.messages.texts import message_text
from oralu.apps.routing import quarantine
from oralu.apps.routing.facts import FactData, facts_record
from oralu.apps.routing.lifecycle import case_close
from oralu.apps.routing.quarantine import evidence_reject, evidence_release, quarantine_scan
from oralu.config import environment
from oralu.config.doctor.asking_machine import scanner
from oralu.config.doctor.findings import Level
from papers import jpeg, pdf
from world import World, build

SCANNER = Path(clamd_process.__file__)


@pytest.fixture
def world(db: None, settings: object, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path / "evidence"  # type: ignore[attr-defined]
    made = build(timezone.localtime())
    for user in (made.aigul, made.bolat):
        user.language = "en"
        user.save()
    return made


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def case(world: World) -> Case:
    return world.enrol(facts={"housing": "stable"})


def attach(world: World, case: Case, content: bytes | None = None, name: str = "card.pdf") -> Evidence:
    data = EvidenceData("Identity card", upload=SimpleUploadedFile(name, content or pdf()))
    return evidence_add(case=case, data=data, actor=world.aigul, at=timezone.now())


def started(where: str, *more: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, str(SCANNER), where, *more], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, where if where.startswith("/") else f"127.0.0.1:{line.rsplit(',', 1)[1].strip(' )' + chr(10))}"


@pytest.fixture(params=["socket", "port"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path, settings: object) -> Iterator[str]:
    process, address = started(str(tmp_path / "clamd.ctl") if request.param == "socket" else "0")
    settings.CLAMD = address  # type: ignore[attr-defined]
    yield address
    process.kill()
    process.wait()


def test_the_scanner_lets_a_clean_file_through(world: World, case: Case, clamd: str) -> None:
    proof = attach(world, case)
    assert ping(clamd).startswith("ClamAV 1.")
    assert proof.is_checking
    assert quarantine_scan(at=timezone.now()) == 1
    proof.refresh_from_db()
    assert (proof.scan, proof.scanned_by, proof.may_be_opened) == (Scan.CLEAN, None, True)
    assert Entry.objects.filter(case=case, kind="evidence.scanned", actor=None).exists()
    assert quarantine_scan(at=timezone.now()) == 0


def test_what_the_scanner_finds_is_removed_and_who_needs_another_proof_is_told(
    world: World, case: Case, clamd: str
) -> None:
    proof = attach(world, case, pdf(text=EICAR.decode().replace("(", "\\(").replace(")", "\\)").replace("\\", "")))
    path = evidence_path(proof)
    path.write_bytes(path.read_bytes() + EICAR)
    assert quarantine_scan(at=timezone.now()) == 1
    proof.refresh_from_db()
    assert (proof.scan, proof.finding, proof.file) == (Scan.REJECTED, "Eicar-Test-Signature", "")
    assert evidence_files_settle(at=timezone.now()) == 1
    assert not path.exists()
    assert Entry.objects.get(case=case, kind="evidence.rejected").data == {"evidence": proof.pk}
    told = Message.objects.get(template="evidence_rejected")
    assert told.user == world.aigul
    assert "lacks its proof" in message_text(told.template, told.data).body


def test_a_scanner_that_is_away_or_cannot_judge_leaves_the_file_closed(
    world: World, case: Case, settings: object, tmp_path: Path
) -> None:
    proof = attach(world, case)
    settings.CLAMD = str(tmp_path / "nobody.ctl")  # type: ignore[attr-defined]
    now = timezone.now()
    assert quarantine_scan(at=now) == 0
    process, address = started(str(tmp_path / "small.ctl"), "10")
    settings.CLAMD = address  # type: ignore[attr-defined]
    try:
        assert quarantine_scan(at=now) == 0, "it was asked a moment ago"
        assert quarantine_scan(at=now + timedelta(minutes=11)) == 0, "larger than the scanner takes"
        with evidence_path(proof).open("rb") as stream, pytest.raises(ScannerUnavailableError, match="size limit"):
            scan(stream, address)
    finally:
        process.kill()
        process.wait()
    proof.refresh_from_db()
    assert proof.is_checking


def test_in_quarantine_nobody_opens_a_file_and_the_case_says_so(world: World, case: Case, client: Client) -> None:
    proof = attach(world, case)
    for user in (world.aigul, world.bolat, world.erlan, world.admin):
        client.force_login(user)
        assert client.get(f"/evidence/{proof.pk}").status_code == 404
    client.force_login(world.aigul)
    page = client.get(f"/cases/{case.pk}").content.decode()
    assert "the file is being checked" in page
    assert f"/evidence/{proof.pk}" not in page
    for address in ("/quarantine", f"/quarantine/{proof.pk}/release", f"/quarantine/{proof.pk}/reject"):
        assert client.get(address).status_code == 404, "the head decides"
    assert client.post(f"/quarantine/{proof.pk}/take").status_code == 404


def test_a_head_releases_a_file_with_a_word_on_how_they_know(world: World, case: Case, client: Client) -> None:
    proof = attach(world, case)
    client.force_login(world.bolat)
    assert "1 attached file waits in quarantine" in client.get("/board").content.decode()
    assert "Identity card" in client.get("/quarantine").content.decode()
    taken = client.post(f"/quarantine/{proof.pk}/take")
    assert taken["Content-Type"] == "application/octet-stream"
    assert taken["Content-Disposition"] == f'attachment; filename="quarantine-{proof.pk}.bin"'
    assert b"".join(taken.streaming_content) == pdf()
    assert Entry.objects.filter(case=case, kind="evidence.taken_to_check", actor=world.bolat).exists()
    assert client.post(f"/quarantine/{proof.pk}/release", {"how": ""}).status_code == 422
    assert client.post(f"/quarantine/{proof.pk}/release", {"how": "scanned"}).status_code == 303
    proof.refresh_from_db()
    assert (proof.scan, proof.scanned_by) == (Scan.RELEASED, world.bolat)
    assert Entry.objects.get(case=case, kind="evidence.released").data == {"evidence": proof.pk, "how": "scanned"}
    again = client.post(f"/quarantine/{proof.pk}/release", {"how": "scanned"})
    assert again.status_code == 409, "decided already"
    assert world.bolat.full_name in again.content.decode()
    client.force_login(world.aigul)
    opened = client.get(f"/evidence/{proof.pk}")
    assert opened.status_code == 200
    assert opened["Content-Disposition"] == f'attachment; filename="evidence-{proof.pk}.pdf"'
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert opened["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in opened["Cache-Control"]


def test_a_rejected_file_is_gone_and_its_record_says_so(world: World, case: Case, client: Client) -> None:
    proof = attach(world, case)
    client.force_login(world.bolat)
    assert client.post(f"/quarantine/{proof.pk}/reject", {"reason": " "}).status_code == 422
    assert client.post(f"/quarantine/{proof.pk}/reject", {"reason": "Another person’s card"}).status_code == 303
    proof.refresh_from_db()
    assert (proof.scan, proof.file, proof.title) == (Scan.REJECTED, "", "Identity card")
    note = Note.objects.get(about="evidence.rejected")
    assert note.text == "Another person’s card"
    assert Entry.objects.get(kind="evidence.rejected").data == {"evidence": proof.pk, "note": note.pk}
    assert "the file was rejected: the proof lacks its file" in client.get(f"/cases/{case.pk}").content.decode()


def prove(world: World, case: Case, *, number: str = "", at: datetime | None = None) -> Evidence:
    """A home told with a file, which makes two points of housing."""
    data = EvidenceData("Contract of lease", number, SimpleUploadedFile("lease.pdf", pdf()))
    facts = [FactData("housing", "stable", evidence=data)]
    facts_record(case=case, facts=facts, actor=world.aigul, at=at or timezone.now())
    assert housing(case) == 2
    return Evidence.objects.get(title="Contract of lease")


def housing(case: Case) -> int:
    case.refresh_from_db()
    return int(case.domains["housing"]["points"])


@pytest.mark.parametrize("number", ["", "12-A"])
def test_what_a_rejected_file_proved_is_not_evidenced_any_more(world: World, case: Case, number: str) -> None:
    proof, index = prove(world, case, number=number), case.index
    evidence_reject(evidence=proof, reason="Not a contract", actor=world.bolat, at=timezone.now())
    assert (housing(case), case.index) == (1, index - 1)
    kept = EvaluationRecord.objects.filter(case=case).first()
    assert kept is not None
    assert [kind for kind, _line in kept.domains["housing"]["lines"] if "evidence" in kind] == ["evidence_lacking"]
    facts_record(
        case=case,
        facts=[FactData("housing", "stable", evidence=EvidenceData("Contract of lease", "12-A"))],
        actor=world.aigul,
        at=timezone.now(),
    )
    assert housing(case) == 2, "a proof given anew counts"


def test_the_page_shows_the_fact_as_not_evidenced(world: World, case: Case, client: Client) -> None:
    proof = prove(world, case)
    client.force_login(world.aigul)
    assert "The home is not evidenced" not in client.get(f"/cases/{case.pk}").content.decode()
    evidence_reject(evidence=proof, reason="Not a contract", actor=world.bolat, at=timezone.now())
    assert "The home is not evidenced" in client.get(f"/cases/{case.pk}").content.decode()


def test_what_the_scanner_rejects_is_not_evidenced_either(world: World, case: Case, clamd: str) -> None:
    proof = prove(world, case)
    path = evidence_path(proof)
    path.write_bytes(path.read_bytes() + EICAR)
    assert quarantine_scan(at=timezone.now()) == 1
    assert housing(case) == 1


def test_a_file_is_not_rejected_where_the_case_cannot_be_evaluated(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = prove(world, case)

    def fails(**_more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(quarantine, "cases_evaluate", fails)
    with pytest.raises(RuntimeError):
        evidence_reject(evidence=proof, reason="Not a contract", actor=world.bolat, at=timezone.now())
    proof.refresh_from_db()
    assert proof.is_checking
    assert not FileToRemove.objects.exists()


def test_a_release_evaluates_the_case_too(world: World, case: Case) -> None:
    proof = prove(world, case)
    stale = case.domains | {"housing": case.domains["housing"] | {"points": 0}}
    Case.objects.filter(pk=case.pk).update(domains=stale)
    evidence_release(evidence=proof, how="own_scan", actor=world.bolat, at=timezone.now())
    assert housing(case) == 2


def test_days_that_passed_before_a_rejection_are_judged_by_what_stood(world: World, case: Case) -> None:
    proof = prove(world, case)
    frozen_on = case.enrolled_on + timedelta(days=30)
    later = timezone.now() + timedelta(days=40)
    evidence_reject(evidence=proof, reason="Not a contract", actor=world.bolat, at=later)
    milestone = Milestone.objects.get(case=case, day=30)
    assert (milestone.on, milestone.evaluation["domains"]["housing"]["points"]) == (frozen_on, 2)
    assert housing(case) == 1


def test_a_closed_case_keeps_its_judgement_and_its_file_is_decided_about(world: World, case: Case) -> None:
    proof = prove(world, case)
    now = timezone.now()
    case_close(case=case, ground="term_ended", closed_on=case.enrolled_on, note="", actor=world.bolat, at=now)
    evidence_reject(evidence=proof, reason="Not a contract", actor=world.bolat, at=timezone.now())
    proof.refresh_from_db()
    assert (proof.scan, housing(case)) == (Scan.REJECTED, 2)


def test_another_unit_sees_no_quarantine_of_this_one(world: World, case: Case, client: Client) -> None:
    proof = attach(world, case)
    world.erlan.role = "unit_head"
    world.erlan.save()
    client.force_login(world.erlan)
    assert "Identity card" not in client.get("/quarantine").content.decode()
    assert client.post(f"/quarantine/{proof.pk}/release", {"how": "scanned"}).status_code == 404


def test_the_hash_of_what_came_and_of_what_is_kept_both_stand(world: World, case: Case) -> None:
    photograph = jpeg(place=True)
    proof = attach(world, case, photograph, "photo.jpg")
    assert proof.original_sha256 == hashlib.sha256(photograph).hexdigest()
    assert proof.sha256 == hashlib.sha256(evidence_path(proof).read_bytes()).hexdigest() != proof.original_sha256


@pytest.mark.parametrize(
    "over",
    [
        ("EVIDENCE_FILE_MB", 0, "larger than 0 MB. Scan it"),
        ("EVIDENCE_REQUEST_MB", 0, "larger than 0 MB together"),
        ("EVIDENCE_CASE_MB", 0, "of this case would be larger"),
        ("EVIDENCE_FILES_AN_HOUR", 1, "attached 1 files within an hour"),
    ],
)
def test_each_limit_is_one_sentence_and_writes_nothing(
    world: World, case: Case, settings: object, over: tuple[str, int, str]
) -> None:
    limit, value, words = over
    attach(world, case)
    setattr(settings, limit, value)
    with pytest.raises(ValidationError) as refused:
        attach(world, case)
    assert words in str(refused.value.message_dict["evidence"])
    assert Evidence.objects.count() == 1


def test_a_request_that_announces_too_much_is_refused_before_it_is_read(world: World, client: Client) -> None:
    client.force_login(world.aigul)
    answer = client.generic("POST", "/quarantine", b"x", CONTENT_LENGTH=str(10**9))
    assert answer.status_code == 413
    assert "files of 40 MB together" in answer.content.decode()


def test_the_doctor_says_whether_the_scanner_answers(settings: object, clamd: str, tmp_path: Path) -> None:
    def told() -> tuple[str, str]:
        found = list(scanner())
        return found[0].level, found[0].words

    assert told() == (Level.OK, "The scanner answers: ClamAV 1.4.2.")
    settings.CLAMD = str(tmp_path / "nobody.ctl")  # type: ignore[attr-defined]
    assert told()[0] == Level.WARNING
    settings.CLAMD = ""  # type: ignore[attr-defined]
    assert "until a person releases them" in told()[1]


@pytest.mark.parametrize("word", ["clamd.ctl", "host", "host:port", ":3310"])
def test_an_address_of_a_scanner_that_is_none_is_refused_at_start(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORALU_CLAMD", word)
    with pytest.raises(ImproperlyConfigured, match="the path of a socket"):
        environment.scanner("ORALU_CLAMD")
