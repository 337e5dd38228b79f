"""The same register on DuckDB and on Spark, by one expression: the answers of JSON lines."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lattice.random_register import Record, answer_row, table_of
from oralu.core.evaluation import evaluate
from oralu.core.records import evaluation_record, read_record
from oralu.policyfiles import load_edition
from oralu.tables.cache import load_lattice
from policy.random_cases import random_records

ibis = pytest.importorskip("ibis", reason="the extra `duckdb` is not installed")
EDITION = load_edition()
CASES = 3_000
NEXT = 300


def expected(records: list[Record]) -> list[Record]:
    rows = []
    for record in records:
        identity, snapshot = read_record(EDITION, record)
        rows.append(answer_row(evaluation_record(identity, evaluate(EDITION, snapshot))))
    return sorted(rows, key=lambda row: row["id"])


def no_spark() -> str | None:
    if find_spec("pyspark") is None:
        return "the extra `spark` is not installed (pip install oralu[spark])"
    return None if shutil.which("java") else "Spark needs Java, and there is none on the path"


@pytest.fixture(params=["duckdb", "spark"])
def backend(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "duckdb":
        yield ibis.duckdb.connect()
        return
    why = no_spark()
    if why:
        pytest.skip(why)
    from pyspark.sql import SparkSession

    # It says goodbye after the streams of the tests are closed.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


def rows_of(backend: Any, expression: Any) -> list[Record]:
    rows = backend.to_pyarrow(expression).to_pylist()
    return sorted(rows, key=lambda row: row["id"])


def test_the_answers_are_those_of_json_lines(backend: Any, tmp_path: Path) -> None:
    from oralu.tables.expression import evaluated

    records = list(random_records(91, CASES))
    path = tmp_path / "register.parquet"
    pq.write_table(table_of(EDITION, records), path)
    found = rows_of(backend, evaluated(load_lattice(EDITION), backend.read_parquet(path)))
    for row, wanted in zip(found, expected(records), strict=True):
        wanted.pop("next_change")
        assert row == wanted


def test_next_change_too(backend: Any, tmp_path: Path) -> None:
    from oralu.tables.expression import evaluated

    records = list(random_records(92, NEXT))
    path = tmp_path / "register.parquet"
    pq.write_table(table_of(EDITION, records), path)
    found = rows_of(backend, evaluated(load_lattice(EDITION), backend.read_parquet(path), next_change=True))
    assert found == expected(records)


def test_a_word_that_is_not_known_gives_no_answer(tmp_path: Path) -> None:
    from oralu.tables.expression import evaluated

    table = table_of(EDITION, list(random_records(93, 2)))
    place = table.schema.get_field_index("housing")
    table = table.set_column(place, "housing", [["castle", "stable"]])
    path = tmp_path / "register.parquet"
    pq.write_table(table, path)
    duck = ibis.duckdb.connect()
    one, other = rows_of(duck, evaluated(load_lattice(EDITION), duck.read_parquet(path)))
    assert {key for key, value in one.items() if value is not None} == {"id"}
    assert other["actions"] is not None
