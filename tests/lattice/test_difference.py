"""What a change of policy changes, in words and in cases of a register: `oralu policy diff`."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import oralu.policyfiles
from lattice.random_register import table_of
from oralu.cli.policy import command
from oralu.core.edition import Edition
from oralu.core.evaluation import evaluate
from oralu.core.lattice.difference import MOST_CELLS, differences
from oralu.core.lattice.digits import LatticeError
from oralu.core.records import read_record
from oralu.policyfiles import load_edition
from oralu.tables.cache import load_lattice
from oralu.tables.touched import cases_of, cases_touched
from policy.random_cases import random_records

KZ = Path(oralu.policyfiles.__file__).parent / "policy" / "kz-pilot-2026"
VILLAGE = Path(__file__).parent.parent / "policy" / "editions" / "village-2030"
CASES = 3_000

LATER = ("domains/legal.yaml", "- {from_day: 30}", "- {from_day: 45}")
"""The lack of a document is a critical failure from day 45 only."""
WIDER = (
    "routing.yaml",
    "{fact: residence_registration, in: [applied]}",
    "{fact: residence_registration, in: [applied, temporary]}",
)
"""Rule L4 holds for a temporary registration too."""
SLOWER = ("routing.yaml", "target: P5D\n    limit: P10D", "target: P6D\n    limit: P10D")

Altered = Callable[..., Path]


@pytest.fixture
def altered(tmp_path: Path) -> Altered:
    """A copy of the first edition with some texts in its files replaced, each of which must stand there."""

    def alter(*changes: tuple[str, str, str]) -> Path:
        folder = tmp_path / "altered"
        shutil.copytree(KZ, folder)
        for name, before, after in changes:
            path = folder / name
            text = path.read_text(encoding="utf-8")
            assert before in text, f"{name} no longer says {before!r}"
            path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return folder

    return alter


def diff(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["diff", *map(str, arguments)])


def lines(result: Result) -> list[str]:
    return result.stdout.splitlines()


def test_an_edition_agrees_with_itself() -> None:
    result = diff("kz-pilot-2026", KZ)
    assert (result.exit_code, lines(result)[1:]) == (0, ["The editions agree in every cell."])


def test_a_threshold_that_moves_is_told_in_days_and_values(altered: Altered) -> None:
    result = diff("kz-pilot-2026", altered(LATER))
    assert result.exit_code == 1
    told = lines(result)
    head = told.index("legal: R3, points 0, critical failure → R2, points 0")
    assert told[head + 1] == (
        "  days 30–44; Identity document: none or unknown; Registration of residence: none or unknown"
    )
    assert {line.split(":")[0] for line in told[1:] if not line.startswith(" ")} == {"legal"}


def test_a_rule_that_opens_more_often_and_a_term_that_changes(altered: Altered) -> None:
    told = lines(diff("kz-pilot-2026", altered(WIDER, SLOWER)))
    assert any(line.startswith("L4 (") and line.endswith("): opens") for line in told)
    assert "  Registration of residence: temporary" in told
    assert any(line.endswith("target P5D → P6D") for line in told)


@pytest.mark.parametrize(("lang", "word"), [("kk", "күндер"), ("ru", "дни 30–44"), ("en", "days 30–44")])
def test_the_words_are_those_of_the_language(altered: Altered, lang: str, word: str) -> None:
    result = diff("kz-pilot-2026", altered(LATER), "--lang", lang)
    assert word in result.stdout


def judged(edition: Edition, record: dict[str, Any]) -> dict[tuple[str, str], Any]:
    found = evaluate(edition, read_record(edition, record)[1])
    levels = edition.risk_levels
    told: dict[tuple[str, str], Any] = {
        ("domain", code): (result.points, levels.index(result.risk), result.failed)
        for code, result in found.domains.items()
    }
    rules = {rule.code for rule in found.actions}
    return told | {("rule", rule.code): rule.code in rules for rule in edition.rules}


def test_the_cases_of_a_register_are_counted_as_the_interpreter_judges_them(altered: Altered, tmp_path: Path) -> None:
    path = altered(LATER, WIDER)
    old, new = load_edition(), load_edition(path)
    records = list(random_records(17, CASES))
    register = tmp_path / "register.parquet"
    pq.write_table(table_of(old, records), register)
    expected: Counter[Any] = Counter()
    touched = 0
    for record in records:
        before, after = judged(old, record), judged(new, record)
        changed = [key for key in before if before[key] != after[key]]
        expected.update((*key, before[key], after[key]) for key in changed)
        touched += bool(changed)
    lattices = load_lattice(old), load_lattice(new)
    found, some, rows = cases_touched(*lattices, register)
    assert (dict(found), some, rows) == (dict(expected), touched, CASES)
    assert 0 < touched < CASES
    # What changes in a case is told of the cells, or follows from what is told: the judging domain reads the others.
    told = differences(*lattices)
    follows = {rule.code for rule in old.rules if rule.domain == old.judging_domain} | {old.judging_domain}
    assert {key[:2] for key in expected if key[1] not in follows} == {(d.kind, d.code) for d in told}
    result = diff("kz-pilot-2026", path, "--register", register)
    assert lines(result)[-1] == f"{touched:,} of {CASES:,} cases are touched."
    for difference in told:
        if difference.code == "L4":
            assert f"): opens · {cases_of(difference, found):,} cases of the register" in result.stdout


def test_a_rule_that_goes_is_told(altered: Altered) -> None:
    text = (KZ / "routing.yaml").read_text(encoding="utf-8")
    rule = text[(start := text.index("  - id: L4\n")) : text.index("  - id: ", start + 1)]
    service = next(line for line in text.splitlines(keepends=True) if "code: residence_registration_decision," in line)
    path = altered(("routing.yaml", rule, ""), ("routing.yaml", service, ""))
    new = load_edition(path)
    assert "L4" not in new.rule_by_code
    forth, back = diff("kz-pilot-2026", path), diff(path, "kz-pilot-2026")
    assert any(line.startswith("L4 (") and line.endswith("is no longer a rule") for line in lines(forth))
    assert any(line.startswith("L4 (") and line.endswith("is a new rule") for line in lines(back))


def test_editions_of_other_vocabularies_and_registers_that_are_none_are_refused(
    altered: Altered, tmp_path: Path
) -> None:
    unlike = diff("kz-pilot-2026", VILLAGE)
    assert unlike.exit_code == 2
    assert "have no cells in common to compare: domains: legal" in unlike.stderr
    nowhere = diff("kz-pilot-2026", tmp_path / "nowhere")
    assert nowhere.exit_code == 2
    assert "is neither an edition nor a folder" in nowhere.stderr
    text = tmp_path / "register.parquet"
    text.write_text("no table", encoding="utf-8")
    wrong = diff("kz-pilot-2026", altered(LATER), "--register", text)
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "is not a Parquet file" in wrong.stderr


def test_cells_that_are_too_many_are_refused_by_number(altered: Altered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oralu.core.lattice.difference.MOST_CELLS", 100)
    assert MOST_CELLS > 100
    with pytest.raises(LatticeError, match=r"domain legal: [0-9,]+ cells are too many"):
        differences(load_edition(), load_edition(altered(LATER)))
