"""Registers in files: the same answers as JSON lines, refusals that name row and column, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lattice.random_register import Record, answer_row, table_of
from oralu.core.evaluation import evaluate
from oralu.core.lattice.answers import evaluate_codes
from oralu.core.lattice.codes import Codes, pack
from oralu.core.lattice.digits import LatticeError
from oralu.core.records import evaluation_record, read_record
from oralu.policyfiles import load_edition
from oralu.tables import parquet
from oralu.tables.cache import load_lattice
from oralu.tables.columns import TableError
from oralu.tables.parquet import evaluate_file
from policy.plain import random_snapshot
from policy.random_cases import random_records

EDITION = load_edition()
VILLAGE = load_edition(Path(__file__).parent.parent / "policy" / "editions" / "village-2030")
COMMAND = Path(sys.executable).parent / "oralu"
GOOD: Record = {
    "id": "a",
    "day": 30,
    "sex": "female",
    "facts": {"housing": {"value": "shelter", "day": 2, "until": 40}, "plan": {"value": "agreed", "day": 0}},
}


def expected(records: list[Record]) -> list[Record]:
    rows = []
    for record in records:
        identity, snapshot = read_record(EDITION, record)
        rows.append(answer_row(evaluation_record(identity, evaluate(EDITION, snapshot))))
    return rows


def written(folder: Path, records: list[Record]) -> Path:
    path = folder / "register.parquet"
    pq.write_table(table_of(EDITION, records), path, row_group_size=700)
    return path


def oralu(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, "policy", *arguments], capture_output=True, check=False, env=os.environ)


@pytest.mark.slow
def test_twenty_thousand_random_cases_are_judged_as_json_lines_are(tmp_path: Path) -> None:
    records = list(random_records(77, 20_000))
    out = tmp_path / "answers.parquet"
    done = oralu("evaluate", "--table", written(tmp_path, records), "--out", out)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert b"20,000 rows evaluated" in done.stderr
    assert pq.read_table(out).to_pylist() == expected(records)


def test_pieces_smaller_than_the_file_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = list(random_records(78, 1_500))
    source, out = written(tmp_path, records), tmp_path / "answers.parquet"
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(parquet, "ROWS", 400)
    assert evaluate_file(load_lattice(EDITION), source, out, progress=lambda *p: told.append(p)) == 1_500
    assert pq.read_table(out).to_pylist() == expected(records)
    assert told[-1] == (1_500, 1_500)
    assert len(told) >= 4
    assert pq.ParquetFile(out).metadata.num_row_groups == len(told)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a piece of the file is held at a time; the identifiers cannot be packed, so the file is their size."""
    rows, rng = 40_000, Random(5)
    ids = [rng.randbytes(50).hex() for _ in range(rows)]
    source, out = tmp_path / "register.parquet", tmp_path / "answers.parquet"
    table = pa.table({"id": ids, "day": pa.array(range(rows), pa.int32()), "sex": ["male"] * rows})
    pq.write_table(table, source, row_group_size=1_000, compression="zstd")
    del table
    monkeypatch.setattr(parquet, "ROWS", 1_000)
    before, held = pa.total_allocated_bytes(), []
    evaluate_file(
        load_lattice(EDITION), source, out, progress=lambda *_: held.append(pa.total_allocated_bytes() - before)
    )
    assert source.stat().st_size > 2_000_000
    assert max(held) < 1_000_000


def test_the_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    out = tmp_path / "answers.parquet"
    evaluate_file(load_lattice(EDITION), written(tmp_path, [GOOD]), out)
    names = ["id", "index", "risk", "success", "failures"]
    names += [f"{d}_{what}" for d in EDITION.domains for what in ("points", "risk")]
    assert pq.read_schema(out).names == [*names, "actions", "next_change"]


def test_a_register_without_rows_and_one_of_three_columns(tmp_path: Path) -> None:
    out = tmp_path / "answers.parquet"
    assert evaluate_file(load_lattice(EDITION), written(tmp_path, []), out) == 0
    assert pq.read_table(out).num_rows == 0
    bare = tmp_path / "bare.parquet"
    pq.write_table(pa.table({"id": ["x"], "day": pa.array([-3], pa.int8()), "sex": ["male"]}), bare)
    evaluate_file(load_lattice(EDITION), bare, out)
    assert pq.read_table(out).to_pylist() == expected([{"id": "x", "day": -3, "sex": "male"}])


def test_dictionaries_large_strings_and_far_days(tmp_path: Path) -> None:
    records = [
        {**GOOD, "day": 10**15, "facts": {"plan": {"value": "agreed", "day": -(10**15), "until": 10**15 + 5}}},
        {**GOOD, "id": "b", "sex": "male"},
    ]
    table = table_of(EDITION, records)
    for name, kind in (("plan", pa.dictionary(pa.int32(), pa.string())), ("housing", pa.large_string())):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    source, out = tmp_path / "register.parquet", tmp_path / "answers.parquet"
    pq.write_table(table, source)
    evaluate_file(load_lattice(EDITION), source, out)
    assert pq.read_table(out).to_pylist() == expected(records)


def changed(name: str, values: list[Any], kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, pa.array(values, kind))

    return change


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (changed("housing", ["shelter", "castle"], pa.string()), "housing, row 2: 'castle' is not known"),
        (changed("sex", ["female", None], pa.string()), "sex, row 2: is missing"),
        (changed("day", [30, None], pa.int64()), "day, row 2: is missing"),
        (changed("day", [30.0, 31.0], pa.float64()), "'day' is of the type double"),
        (changed("housing_day", [2, None], pa.int64()), "housing_day, row 2: is missing"),
        (changed("housing_day", [2, 31], pa.int64()), "housing_day, row 2: 31 is after the day 30"),
        (changed("housing_until", [40, 2], pa.int64()), "housing_until, row 2: 2 is not after"),
        (changed("legal_referral", ["sent", "accepted"], pa.string()), "legal_referral, row 2: 'accepted'"),
        (changed("plan_evidence", ["yes", "no"], pa.string()), "'plan_evidence' is of the type string"),
        (changed("day", [30, 1 << 62], pa.int64()), "too far away"),
        (lambda t: t.append_column("colour", pa.array(["red", "red"])), "'colour' is not known"),
        (lambda t: t.append_column("housng", pa.array(["red", "red"])), "is 'housing' meant?"),
        (lambda t: t.drop_columns(["sex"]), "'sex' is missing"),
        (lambda t: t.drop_columns(["plan_day"]), "'plan_day' is missing"),
        (lambda t: t.drop_columns(["plan"]), "without the column 'plan'"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_written(
    change: Callable[[pa.Table], pa.Table], word: str, tmp_path: Path
) -> None:
    source, out = tmp_path / "register.parquet", tmp_path / "answers.parquet"
    out.write_bytes(b"as it was")
    pq.write_table(change(table_of(EDITION, [GOOD, {**GOOD, "id": "b"}])), source)
    with pytest.raises(TableError) as caught:
        evaluate_file(load_lattice(EDITION), source, out)
    assert word in str(caught.value)
    assert out.read_bytes() == b"as it was"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answers.parquet", "register.parquet"]


def test_the_command_refuses_half_an_order_and_a_file_that_is_no_table(tmp_path: Path) -> None:
    lines = tmp_path / "cases.jsonl"
    lines.write_bytes(b'{"id": "x", "day": 0, "sex": "male"}\n')
    assert oralu("evaluate", "--table", lines).returncode == 2
    done = oralu("evaluate", "--table", lines, "--out", tmp_path / "answers.parquet")
    assert done.returncode == 1
    assert b"is not a Parquet file" in done.stderr
    assert not (tmp_path / "answers.parquet").exists()


def test_another_edition_is_judged_as_the_interpreter_judges_it() -> None:
    rng = Random(31)
    snapshots = [
        random_snapshot(VILLAGE, rng, [-27, -8, -7, 10, 49, 80, 95, 99, 100], [0, 2, 3, 10, 29, 30, 345, 365])
        for _ in range(1_500)
    ]
    answers = evaluate_codes(load_lattice(VILLAGE), pack(VILLAGE, snapshots), next_change=True)
    assert answers.next_change is not None
    assert answers.changes is not None
    for row, snapshot in enumerate(snapshots):
        found = evaluate(VILLAGE, snapshot)
        ours = {
            "index": answers.index[row],
            "risk": VILLAGE.risk_levels[answers.highest[row]],
            "success": (None, False, True)[answers.success[row] + 1],
            "failures": tuple(d for d, failed in zip(VILLAGE.domains, answers.failed[:, row], strict=True) if failed),
            "next_change": answers.next_change[row] if answers.changes[row] else None,
        }
        assert ours == {key: getattr(found, key) for key in ours}, snapshot
        rules = [rule.code for place, rule in enumerate(VILLAGE.rules) if answers.rules[row] >> np.uint32(place) & 1]
        assert rules == [rule.code for rule in found.actions]


def test_codes_that_no_edition_knows_are_refused() -> None:
    day, sex = np.zeros(2, np.int16), np.zeros(2, np.uint8)
    lattice = load_lattice(EDITION)
    for codes, word in (
        (Codes(day, sex, {"housing": np.array([0, 7], np.uint8)}), "housing: the code 7"),
        (Codes(day, sex, {"castle": sex}), "'castle' is not a fact"),
        (Codes(day, sex[:1]), "sex: uint8 of the shape (1,)"),
        (Codes(day, sex, referrals={"legal": np.array([0, 3], np.uint8)}), "legal_referral: the code 3"),
        (Codes(day.astype(np.float64), sex), "expected 2 signed integers"),
        (Codes(np.array([0, 20_000], np.int16), sex), "too far away to reckon with in int16"),
        (Codes(day, sex, {"housing": sex + 1}, fact_days={"housing": day + 1}), "after its day"),
    ):
        with pytest.raises(LatticeError) as caught:
            evaluate_codes(lattice, codes)
        assert word in str(caught.value)
