"""`oralu policy` as a process: streaming, languages, exit statuses, and a proof that fails when a rule is taken out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from oralu.core.proof import prove
from oralu.policyfiles import POLICY_DIR, load_edition

COMMAND = Path(sys.executable).parent / "oralu"
VILLAGE = Path(__file__).parent / "editions" / "village-2030"
CASE = b'{"id": "\xd3\x98\xd0\xbb\xd0\xb8\xd1\x8f", "day": 30, "sex": "female"}\n'


def oralu(*arguments: str, data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, "policy", *arguments], input=data, capture_output=True, check=False, env=os.environ | environment
    )


def without_rules(tmp_path: Path, *codes: str) -> Path:
    """The first edition with some rules narrowed until they never hold before day 9000."""
    folder = Path(shutil.copytree(POLICY_DIR / "kz-pilot-2026", tmp_path / "narrowed"))
    routing = yaml.safe_load((folder / "routing.yaml").read_text(encoding="utf-8"))
    for rule in routing["rules"]:
        if rule["id"] in codes:
            rule["when"] = {"from_day": 9000}
    (folder / "routing.yaml").write_text(yaml.safe_dump(routing, allow_unicode=True), encoding="utf-8")
    return folder


class TestEvaluate:
    def test_utf8_in_and_out_whatever_the_locale(self) -> None:
        result = oralu("evaluate", data=CASE, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        assert result.returncode == 0
        assert json.loads(result.stdout.decode("utf-8"))["id"] == "Әлия"

    def test_an_id_that_no_utf8_can_hold_comes_back_escaped(self) -> None:
        result = oralu("evaluate", data=b'{"id": "\\ud800", "day": 0, "sex": "male"}')
        assert result.returncode == 0
        assert json.loads(result.stdout)["id"] == "\ud800"

    def test_a_line_is_answered_before_the_next_is_sent(self) -> None:
        with subprocess.Popen(
            [COMMAND, "policy", "evaluate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for day in (1, 2):
                process.stdin.write(f'{{"id": "a", "day": {day}, "sex": "male"}}\n'.encode())
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["day"] == day
            process.stdin.close()
            assert process.wait() == 0

    def test_nothing_in_nothing_out(self) -> None:
        result = oralu("evaluate")
        assert (result.returncode, result.stdout) == (0, b"")

    def test_a_file_another_edition_and_a_blank_last_line(self, tmp_path: Path) -> None:
        file = tmp_path / "cases.jsonl"
        file.write_bytes(CASE + b"\n" + CASE.rstrip())
        result = oralu("evaluate", "--edition", str(VILLAGE), str(file))
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 1
        assert [line.get("edition") for line in lines] == ["village-2030", None, "village-2030"]
        assert lines[1]["line"] == 2
        assert "blank" in lines[1]["error"]

    def test_an_edition_that_cannot_be_used_stops_before_the_first_line(self) -> None:
        result = oralu("evaluate", "--edition", "nowhere", data=CASE)
        assert (result.returncode, result.stdout) == (2, b"")
        assert b"kz-pilot-2026" in result.stderr


class TestExplain:
    @pytest.mark.parametrize(
        ("lang", "words"),
        [
            ("kk", "Жеке басты куәландыратын құжат"),
            ("ru", "Удостоверения личности нет или о нём неизвестно."),
            ("en", "There is no identity document, or it is not known whether there is one."),
        ],
    )
    def test_reasons_citations_and_deadlines_in_three_languages(self, lang: str, words: str) -> None:
        result = oralu("explain", "--lang", lang, data=CASE)
        text = result.stdout.decode("utf-8")
        assert result.returncode == 0
        assert words in text
        assert "002 §3" in text
        assert {"kk": "24 сағат", "ru": "24 часа", "en": "24 hours"}[lang] in text

    def test_a_record_that_cannot_be_taken_says_why(self) -> None:
        result = oralu("explain", data=b'{"id": "x", "day": "30", "sex": "male"}')
        assert (result.returncode, result.stdout) == (1, b"")
        assert b"day" in result.stderr


class TestCheck:
    def test_the_first_edition_is_proved(self) -> None:
        result = oralu("check")
        assert result.returncode == 0, result.stderr
        assert load_edition().digest in result.stdout.decode()
        assert "17 rules" in result.stdout.decode()

    @pytest.mark.parametrize(
        ("codes", "domain", "cell"),
        [
            (("L3",), "legal", "Identity document = applied for"),
            (("H1",), "housing", "Housing = homeless"),
            (("E1",), "economic", "day 60 or later"),
            (("M2",), "medical", "Need of medical help = high"),
            (("I2",), "institutional", "day 30 or later"),
        ],
    )
    def test_without_a_rule_the_cell_that_it_answered_is_found(
        self, codes: tuple[str, ...], domain: str, cell: str, tmp_path: Path
    ) -> None:
        edition = load_edition(without_rules(tmp_path, *codes))
        proofs = {proof.domain: proof for proof in prove(edition)}
        assert [d for d, proof in proofs.items() if proof.unanswered is not None] == [domain]
        result = oralu("check", "--edition", str(tmp_path / "narrowed"))
        assert result.returncode == 1
        assert cell in result.stdout.decode()
        assert domain in result.stderr.decode()

    def test_a_broken_edition_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "edition.yaml").write_text("edition: x\nedition: y\n", encoding="utf-8")
        result = oralu("check", "--edition", str(tmp_path))
        assert (result.returncode, result.stdout) == (1, b"")
        assert b"edition.yaml, line 2" in result.stderr
