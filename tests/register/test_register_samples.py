"""The two sample registers and the command that reads them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oralu.cli.cases import command
from oralu.register.messages import _messages

ROOT = Path(__file__).resolve().parents[2]
KARAGANDA, KOSTANAI = ROOT / "samples" / "register-karaganda.csv", ROOT / "samples" / "esep-kostanai.xlsx"
REFUSED = {
    KARAGANDA: {
        11: ("C", "iin_control_digit"),
        25: ("C", "iin_birth_date_differs"),
        37: ("O", "word_unknown"),
        48: ("M", "word_unknown"),
        62: ("C", "iin_control_digit"),
        80: ("J", "date_impossible"),
        93: ("C", "iin_sex_differs"),
        102: ("J", "enrolled_in_future"),
        116: ("Q", "word_unknown"),
        127: ("B", "name_incomplete"),
        139: ("C", "iin_control_digit"),
        157: ("J", "value_missing"),
        170: ("C", "iin_rounded"),
        178: ("D", "date_month_first"),
        187: ("C", "iin_twice"),
    },
    KOSTANAI: {
        21: ("F", "iin_control_digit"),
        36: ("F", "iin_birth_date_differs"),
        58: ("P", "word_unknown"),
        73: ("N", "word_unknown"),
        84: ("H", "date_impossible"),
        91: ("C", "value_missing"),
        100: ("F", "iin_control_digit"),
        106: ("E", "date_only_year"),
        119: ("F", "iin_twice"),
        151: ("F", "iin_sex_differs"),
        164: ("H", "enrolled_in_future"),
        178: ("B", "name_characters"),
        200: ("Q", "word_unknown"),
    },
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["import", *map(str, arguments)])


@pytest.mark.parametrize(
    ("path", "expected", "left_out", "risk"),
    [
        (
            KARAGANDA,
            {"read": 200, "good": 171, "with_warnings": 14, "refused": 15, "no_iin": 14},
            {"blank": 2, "footer": 1, "header": 1, "total": 1},
            {"R1": 2, "R2": 3, "R3": 180},
        ),
        (
            KOSTANAI,
            {"read": 200, "good": 165, "with_warnings": 22, "refused": 13, "no_iin": 9},
            {"blank": 1, "footer": 1, "header": 1, "numbers": 1, "section": 2, "total": 1},
            {"R2": 10, "R3": 177},
        ),
    ],
)
def test_the_samples_read_as_expected(path, expected, left_out, risk):
    result = run(path, "--dry-run", "--go-live", "2026-12-01", "--json")
    *rows, last = map(json.loads, result.stdout.splitlines())
    summary = last["summary"]
    assert result.exit_code == 1
    assert {name: summary[name] for name in expected} == expected
    assert (summary["left_out"], summary["risk"]) == (left_out, risk)
    refused = {row["row"]: row for row in rows if row["status"] == "refused"}
    assert refused.keys() == REFUSED[path].keys()
    for number, (column, code) in REFUSED[path].items():
        errors = [(p["column"], p["code"]) for p in refused[number]["problems"] if p["level"] == "error"]
        assert errors[0] == (column, code)


def test_the_samples_are_what_the_generator_writes(tmp_path: Path):
    subprocess.run([sys.executable, ROOT / "samples" / "generate.py", tmp_path], check=True)
    assert (tmp_path / KARAGANDA.name).read_bytes() == KARAGANDA.read_bytes()
    both = [
        run(path, "--dry-run", "--go-live", "2026-12-01", "--json").stdout
        for path in (tmp_path / KOSTANAI.name, KOSTANAI)
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "ru",
            [
                "Строка 5: ",
                "строк прочитано 200",
                "безопасное место — кризисный центр",
                "ОШИБКА: ",
                "ничего не записано",
            ],
        ),
        ("kk", ["5-жол: ", "оқылған жол 200", "қауіпсіз орын — дағдарыс орталығы", "ҚАТЕ: ", "ештеңе жазылған жоқ"]),
        ("en", ["Row 5: ", "rows read 200", "ERROR: ", "nothing was written"]),
    ],
)
def test_the_report_speaks_three_languages(lang, words):
    result = run(KARAGANDA, "--dry-run", "--go-live", "2026-12-01", "--lang", lang)
    assert [word for word in words if word not in result.stdout] == []


def test_exit_status_is_zero_only_if_every_row_was_taken(tmp_path: Path):
    lines = KARAGANDA.read_bytes().decode("kz1048").splitlines()
    good = tmp_path / "good.csv"
    good.write_text("\n".join(lines[3:6]), encoding="utf-8")
    assert run(good, "--dry-run", "--go-live", "2026-12-01").exit_code == 0
    assert run(good, "--dry-run", "--go-live", "2026-01-01").exit_code == 1
    assert run(tmp_path / "none.csv", "--dry-run", "--go-live", "2026-12-01").exit_code == 1


def test_the_report_as_a_table(tmp_path: Path):
    out = tmp_path / "report.csv"
    run(KOSTANAI, "--dry-run", "--go-live", "2026-12-01", "--out", out)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter=";"))
    assert {line["kind"] for line in lines} == {"evaluation", "need", "refused", "error", "warning"}
    assert sum(line["kind"] == "evaluation" for line in lines) == 187
    assert all(line["text"] and line["action"] for line in lines if line["kind"] in ("error", "warning"))


def test_the_go_live_date_must_be_a_date_of_the_calendar():
    assert "2026-12-01" in run(KARAGANDA, "--dry-run", "--go-live", "01.12.2026").output
    assert run(KARAGANDA, "--dry-run", "--go-live", "2999-01-01").exit_code == 2


def test_every_sentence_has_three_languages():
    messages = _messages()
    entries = [entry for name in ("fields", "parts", "sex", "phrases") for entry in messages[name].values()]
    entries += [part for problem in messages["problems"].values() for part in problem.values()]
    assert all(entry.keys() == {"kk", "ru", "en"} for entry in entries)
