"""A register goes into the database: all of it or nothing, once, with the sentences of the dry run."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.models import Case, Evidence, Ground, ProbationKind, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.people.models import Child, Consent, Person
from oralu.apps.people.services import PersonData
from oralu.apps.referrals.models import Escalation, Need
from oralu.apps.routing import importing as service
from oralu.apps.routing.enrol_selectors import edition_for
from oralu.apps.routing.importing import BATCH
from oralu.apps.routing.lifecycle import case_close
from oralu.apps.routing.policies import edition_adopt
from oralu.calendarfiles import load_calendar
from oralu.cli import importing
from oralu.cli.cases import command
from oralu.core.identifiers import iin_generate
from oralu.register.messages import _messages
from oralu.register.standing import GROUND_OF, KIND_OF
from register.small_list import HEADER, PERSON, SECOND
from world import EDITION, World, build

ROOT = Path(__file__).resolve().parents[2]
KARAGANDA, KOSTANAI = ROOT / "samples" / "register-karaganda.csv", ROOT / "samples" / "esep-kostanai.xlsx"
AT = datetime(2026, 11, 23, 15, 30, tzinfo=load_calendar().zone)
GO_LIVE = date(2026, 12, 1)

Import = Callable[..., Result]


@pytest.fixture
def world(db: None) -> World:
    return build(AT)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Import:
    """The command at a moment of the tests, on their database; options by name, as `by="bolat"`."""
    moment = SimpleNamespace(at=AT)
    monkeypatch.setattr(importing, "use_database", lambda stack: None)
    monkeypatch.setattr(importing, "now", lambda calendar: moment.at)

    def run(path: Path, *flags: str, at: datetime = AT, **options: object) -> Result:
        moment.at = at
        given = {"unit": world.unit.pk, "by": "bolat", "go_live": GO_LIVE, "lang": "en"} | options
        words = [str(w) for name, value in given.items() if value for w in (f"--{name.replace('_', '-')}", value)]
        return CliRunner().invoke(command, ["import", str(path), *flags, *words])

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: Sequence[object], header: Sequence[str] = HEADER) -> Path:
        path = tmp_path / "list.csv"
        path.write_text("".join(";".join(map(str, row)) + "\r\n" for row in (header, *rows)), encoding="utf-8")
        return path

    return write


def kostanai(world: World) -> Agency:
    """A unit in a second region, with every addressee that the policy asks for."""
    region = Region.objects.get(code="39")
    units = {}
    for kind, agency in world.agencies.items():
        copy = Agency(kind=kind, region=region, name_ru=f"{agency.name_ru} (К)", name_kk=f"{agency.name_kk} (К)")
        copy.responsible_name, copy.duty_contact = "Ответственное лицо", "+7 700 000 00 01"
        units[kind] = agency_save(agency=copy, places=None, refuge_address="", actor=None, at=AT)
    for role, kind in (
        (Role.UNIT_HEAD, "probation_unit"),
        (Role.LEADERSHIP, "leb_leadership"),
        (Role.LEADERSHIP, "police_chief"),
        (Role.LEADERSHIP, "health_authority"),
    ):
        User.objects.create_user(f"{kind}-39", "x", role=role, agency=units[kind], full_name=f"Руководитель {kind}")
    edition_adopt(edition_name=EDITION, region=region, from_date=AT.date(), actor=None, at=AT)
    return units["probation_unit"]


def rows_of(result: Result) -> list[dict]:
    return [row for row in map(json.loads, result.stdout.splitlines()) if "row" in row]


def summary_of(result: Result) -> dict:
    return json.loads(result.stdout.splitlines()[-1])["summary"]


def test_the_codes_of_the_register_are_those_of_a_case():
    assert KIND_OF.keys() == set(Ground.values) == _messages()["ground"].keys()
    assert GROUND_OF.keys() == set(ProbationKind.values) == _messages()["kind"].keys()


@pytest.mark.parametrize(("path", "expected"), [(KARAGANDA, (185, 15, 14)), (KOSTANAI, (187, 13, 9))])
def test_a_sample_becomes_cases(world: World, run: Import, path: Path, expected: tuple[int, int, int]):
    opened, refused, no_iin = expected
    options = {} if path is KARAGANDA else {"unit": kostanai(world).pk, "by": "probation_unit-39"}
    result = run(path, "--json", **options)
    assert result.exit_code == 1, result.output
    rows = rows_of(result)
    assert (Case.objects.count(), Person.objects.filter(iin="").count()) == (opened, no_iin)
    assert sum(row["status"] == "refused" for row in rows) == refused
    numbers = {row["case"] for row in rows if row["case"]}
    assert numbers == set(Case.objects.values_list("pk", flat=True))
    case = Case.objects.exclude(probation_kind="sentence").first()
    assert (case.ground, case.probation_kind, case.go_live_on) == ("released_full_term", "post_penitentiary", GO_LIVE)
    assert Child.objects.exists()
    assert not Consent.objects.exists()
    assert not Case.objects.exclude(officer=None).exists()


def test_the_report_is_that_of_the_dry_run(world: World, run: Import):
    dry = run(KARAGANDA, "--dry-run", unit=None, by=None, go_live=AT.date()).stdout.splitlines()
    real = run(KARAGANDA, go_live=AT.date()).stdout.splitlines()
    without_number = [re.sub(r" · opened as case No \d+", "", line) for line in real]
    assert without_number[1:-1] == dry[1:-1]
    assert sum("opened as case No" in line for line in real) == 185
    assert (dry[-1], real[-1]) == (
        "This is a dry run: nothing was written.",
        f"Written: 185 cases opened ({world.unit.name_ru}).",
    )


def test_the_needs_are_those_of_the_report(run: Import):
    result = run(KARAGANDA, "--json", go_live=AT.date())
    told = {
        (row["case"], need["code"], need["target_due"], need["limit_due"])
        for row in rows_of(result)
        if row["case"]
        for need in row["evaluation"]["needs"]
    }
    zone = load_calendar().zone

    def moment(value: datetime | None) -> str | None:
        return value.astimezone(zone).isoformat() if value else None

    needs = Need.objects.filter(state="open").select_related("clock")
    assert {(n.case_id, n.rule, moment(n.clock.target_at), moment(n.clock.limit_at)) for n in needs} == told
    assert all(need.is_inherited for need in needs)


def test_needs_wait_for_a_go_live_date_to_come(run: Import):
    run(KARAGANDA)
    zone = load_calendar().zone
    assert {need.opened_at.astimezone(zone).date() for need in Need.objects.all()} == {GO_LIVE}
    assert not Need.objects.filter(is_inherited=False).exists()


def test_a_second_run_writes_nothing_and_says_so(run: Import):
    first = run(KARAGANDA, "--json")
    before = (Case.objects.count(), Statement.objects.count(), Entry.objects.count(), Person.objects.count())
    again = run(KARAGANDA, "--json", at=AT + timedelta(hours=1))
    assert (Case.objects.count(), Statement.objects.count(), Entry.objects.count(), Person.objects.count()) == before
    numbers = {row["row"]: row["case"] for row in rows_of(first)}
    assert {row["row"]: row["case"] for row in rows_of(again)} == numbers
    assert (summary_of(again)["already"], summary_of(again)["refused"]) == (185, 15)
    words = run(KARAGANDA).stdout
    assert words.endswith("Nothing was written: there is no new row.\n")
    assert words.count("imported already: case No") == 185


def test_after_mending_only_the_mended_rows_are_imported(world: World, run: Import, tmp_path: Path):
    unit = kostanai(world)
    run(KOSTANAI, unit=unit.pk, by="probation_unit-39")
    before = set(Case.objects.values_list("pk", flat=True))
    book = load_workbook(KOSTANAI)
    sheet = book.worksheets[0]
    mended = {58: ("P", "өз үйі"), 73: ("N", "бар"), 200: ("Q", "жоқ")}
    for row, (column, word) in mended.items():
        sheet[f"{column}{row}"] = word
    path = tmp_path / "mended.xlsx"
    book.save(path)
    again = run(path, "--json", unit=unit.pk, by="probation_unit-39")
    fresh = {row["row"]: row["case"] for row in rows_of(again) if row["status"] not in ("refused", "already")}
    assert fresh.keys() == mended.keys()
    assert set(Case.objects.values_list("pk", flat=True)) - before == set(fresh.values())
    assert summary_of(again)["refused"] == 10


def test_facts_keep_their_dates_and_proofs(run: Import, write: Callable[..., Path]):
    header = [*HEADER, "№ УДЛ", "Прописка", "Дети до 18", "Дата согласия"]
    row = [*PERSON, "045123456", "временная, с 03.03.2026, до 01.06.2027 (копия)", "2", "05.11.2026"]
    run(write(row, header=header), officer="aigul")
    case = Case.objects.get()
    assert (case.officer.username, case.person.full_name) == ("aigul", "Сейтқали Айгүл Маратқызы")
    facts = {s.name: s for s in case.statements.select_related("evidence")}
    document, registration = facts["identity_document"], facts["residence_registration"]
    assert (document.effective_on, document.evidence.reference) == (date(2026, 11, 2), "045123456")
    assert (registration.effective_on, registration.until) == (date(2026, 3, 3), date(2027, 6, 1))
    proof = registration.evidence
    assert (proof.title, proof.reference) == ("according to the register", "list.csv, row 2")
    assert facts["housing"].evidence is None
    assert (Evidence.objects.count(), case.person.children.count()) == (2, 2)
    assert case.person.consents.get().given_on == date(2026, 11, 5)
    assert Entry.objects.filter(kind="register.imported", actor__username="bolat").count() == 1


def test_a_mark_of_consent_without_a_day_is_none(run: Import, write: Callable[..., Path]):
    result = run(write([*PERSON, "да"], header=[*HEADER, "Согласие"]))
    assert "The consent is marked without a date; it is not recorded." in result.stdout
    assert (Case.objects.count(), Consent.objects.count()) == (1, 0)


def test_who_has_an_open_case_gets_no_other(world: World, run: Import, write: Callable[..., Path]):
    standing = world.enrol(person=_recorded(PERSON), enrolled_on=date(2026, 10, 1))
    result = run(write(PERSON, SECOND))
    assert f"This person has an open case already, No {standing.pk}" in result.stdout
    assert (result.exit_code, Case.objects.count()) == (1, 2)


def test_who_was_enrolled_by_hand_on_that_day_is_the_same_case(world: World, run: Import, write: Callable[..., Path]):
    standing = world.enrol(person=_recorded(PERSON), enrolled_on=date(2026, 11, 2))
    result = run(write(PERSON))
    assert f"imported already: case No {standing.pk}" in result.stdout
    assert (result.exit_code, Case.objects.count()) == (0, 1)


def test_another_units_case_is_not_named(world: World, run: Import, write: Callable[..., Path]):
    elsewhere = world.enrol(person=_recorded(PERSON), enrolled_on=date(2026, 10, 1), unit=world.erlan.agency)
    twin = world.enrol(person=_recorded(SECOND, iin=""), enrolled_on=date(2026, 10, 1), unit=world.erlan.agency)
    result = run(write(PERSON, SECOND))
    assert "This person is on another unit's register." in result.stdout
    assert "of this name and date of birth is on another unit's register." in result.stdout
    assert not re.search(rf"No ({elsewhere.pk}|{twin.pk})\b", result.stdout)
    assert Entry.objects.filter(kind="person.found_elsewhere").count() == 2
    assert Case.objects.count() == 3


def test_a_known_person_without_an_open_case_keeps_the_record(world: World, run: Import, write: Callable[..., Path]):
    old = world.enrol(person=_recorded(PERSON), enrolled_on=date(2026, 1, 10))
    case_close(case=old, ground="term_ended", closed_on=AT.date(), note="", actor=world.bolat, at=AT)
    result = run(write([*PERSON, "1"], header=[*HEADER, "Дети до 18"]))
    assert result.exit_code == 0
    fresh = Case.objects.exclude(pk=old.pk).get()
    assert (fresh.person_id, Person.objects.count(), Child.objects.count()) == (old.person_id, 1, 1)


def test_a_namesake_is_taken_and_pointed_out_by_case_number(world: World, run: Import, write: Callable[..., Path]):
    twin = world.enrol(person=_recorded(PERSON, iin=""), enrolled_on=date(2026, 10, 1))
    result = run(write(PERSON))
    assert f"There is a record of this name and date of birth: case No {twin.pk}." in result.stdout
    assert (result.exit_code, Person.objects.count()) == (0, 2)


def test_a_row_that_got_its_iin_later_is_the_same_person(run: Import, write: Callable[..., Path]):
    run(write([PERSON[0], "", *PERSON[2:]]))
    result = run(write(PERSON))
    assert "imported already: case No" in result.stdout
    assert Case.objects.count() == 1


def test_the_same_person_twice_without_an_iin_is_one_case(run: Import, write: Callable[..., Path]):
    row = [PERSON[0], "", *PERSON[2:]]
    result = run(write(row, row))
    number = Case.objects.get().pk
    assert f"opened as case No {number}" in result.stdout
    assert f"imported already: case No {number}" in result.stdout


def test_what_has_not_happened_yet_waits_for_its_day(run: Import, write: Callable[..., Path]):
    path = write([*PERSON[:4], "25.11.2026", *PERSON[5:]], SECOND)
    result = run(path)
    assert "2026-11-25 has not come yet (today is 2026-11-23)" in result.stdout
    assert (result.exit_code, Case.objects.count()) == (1, 1)
    assert (run(path, at=AT + timedelta(days=2)).exit_code, Case.objects.count()) == (0, 2)


def test_a_row_of_another_region_is_refused(run: Import, write: Callable[..., Path]):
    result = run(write([*PERSON, "Костанайская область"], header=[*HEADER, "Область"]))
    assert "The region of the row is not that of the unit" in result.stdout
    assert (result.exit_code, Case.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ({"unit": "Нет такой"}, 2, r"There is no unit “Нет такой”.* \d+ — Служба пробации"),
        ({"unit": ""}, 2, "Give --unit to import"),
        ({"by": ""}, 2, "Give --by to import"),
        ({"by": "nobody"}, 2, "There is no active account “nobody”"),
        ({"by": "erlan"}, 2, "neither a case manager nor the head"),
        ({"by": "kairat"}, 2, "neither a case manager nor the head"),
        ({"by": "admin"}, 2, "neither a case manager nor the head"),
        ({"officer": "dana"}, 2, "no “dana” who could lead cases. It has: aigul, bolat"),
        ({"go_live": "2026-11-22"}, 2, "2026-11-22 has passed"),
        ({"edition": "kz-other"}, 2, "The edition in force in the region is kz-pilot-2026"),
    ],
)
def test_a_wrong_option_writes_nothing(run: Import, options: dict[str, str], status: int, words: str):
    result = run(KARAGANDA, **options)
    assert (result.exit_code, Case.objects.exists()) == (status, False)
    assert re.search(words, " ".join(re.sub(r"[│╭╰╮╯]", " ", result.output).split()))


def test_without_an_edition_in_force_there_is_no_import(world: World, run: Import):
    unit = Agency(kind="probation_unit", region=Region.objects.get(code="10"), name_ru="УСП Семей", name_kk="Семей УСП")
    agency_save(agency=unit, places=None, refuge_address="", actor=None, at=AT)
    User.objects.create_user("semey", "x", role=Role.UNIT_HEAD, agency=unit, full_name="Начальник")
    result = run(KARAGANDA, unit="УСП Семей", by="semey")
    assert (result.exit_code, Case.objects.exists()) == (1, False)
    assert "No edition of the policy is in force" in result.output


def test_the_table_tells_the_numbers_of_the_cases(run: Import, tmp_path: Path):
    out = tmp_path / "report.csv"
    run(KARAGANDA, out=out)
    lines = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert {int(line["case"]) for line in lines if line["kind"] == "opened"} == set(
        Case.objects.values_list("pk", flat=True)
    )


def test_the_leadership_gets_one_digest_of_the_whole_file(world: World, run: Import, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "BATCH", 30)
    place = world.agencies["clinic"]
    place.responsible_name = ""
    place.save()
    run(KARAGANDA)
    told = Escalation.objects.filter(kind="no_agency", agency=world.agencies["health_authority"]).count()
    message = Message.objects.get(user__agency=world.agencies["health_authority"])
    assert (message.template, message.data) == ("inherited_digest", {"count": told})
    assert told > 100


def test_a_failure_in_the_middle_leaves_nothing(run: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    enrol, calls = service.cases_enrol, []

    def failing(**given: object) -> list[Case]:
        calls.append(given)
        if len(calls) == 2:
            raise service.ValidationError("the disk is full")
        return enrol(**given)

    monkeypatch.setattr(service, "cases_enrol", failing)
    monkeypatch.setattr(service, "BATCH", 50)
    result = run(KARAGANDA)
    assert (result.exit_code, result.stdout, Case.objects.count()) == (1, "", 0)
    assert "nothing was written" in result.stderr


def _recorded(row: Sequence[str], **more: object) -> PersonData:
    surname, given, *rest = row[0].split()
    day, month, year = map(int, row[2].split("."))
    values: dict[str, object] = {
        "surname": surname,
        "given_name": given,
        "patronymic": " ".join(rest),
        "iin": row[1],
        "birth_date": date(year, month, day),
        "sex": "female" if row[3] == "ж" else "male",
    }
    return PersonData(**(values | more))  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_leaves_nothing_and_runs_again(database_server, tmp_path: Path):
    now = datetime.now(load_calendar().zone)
    world = build(now)
    path = tmp_path / "long.csv"
    count = 3 * BATCH
    _write_long(path, count, now.date())
    environment = os.environ | {"DATABASE_URL": database_server.worker_url, "ORALU_DATA": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    words = ["-m", "oralu", "cases", "import", str(path), "--unit", str(world.unit.pk), "--by", "bolat"]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *words, "--lang", "en", "--summary-only"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    process = start()
    assert process.stderr.readline().startswith(f"rows done: {BATCH} "), process.communicate()
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.communicate()[0] == ""
    assert (Case.objects.count(), Person.objects.count(), Need.objects.count()) == (0, 0, 0)
    assert not Entry.objects.filter(kind__in=["case.enrolled", "register.imported"]).exists()

    process = start()
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stderr.count("rows done: ")) == (0, 3), stderr
    assert stdout.rstrip().endswith(f"Written: {count} cases opened ({world.unit.name_ru}).")
    assert Case.objects.count() == count
    assert edition_for(region_id="35", at=now).id == EDITION


def _write_long(path: Path, count: int, today: date) -> None:
    enrolled = (today - timedelta(days=40)).strftime("%d.%m.%Y")
    with path.open("w", encoding="utf-8") as stream:
        stream.write(";".join(HEADER) + "\n")
        for n in range(count):
            born = date(1970, 1, 1) + timedelta(days=n)
            iin = iin_generate(born, "male", 9000)
            cells = ["Волков Иван", iin, born.strftime("%d.%m.%Y"), "м", enrolled, "снимает", "нет"]
            stream.write(";".join(cells) + "\n")
