"""A whole register in a file, evaluated piece by piece: memory does not grow with the file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from oralu.core.edition import Edition
from oralu.core.lattice.answers import Answers, evaluate_codes
from oralu.core.lattice.cells import Lattice
from oralu.tables.columns import TableError, check_schema, codes_of, columns_of, listed, lists

ROWS = 1 << 17
"""Rows of a piece: some tens of megabytes with all their columns."""

Progress = Callable[[int, int], None]


def evaluate_file(lattice: Lattice, source: Path, target: Path, *, progress: Progress | None = None) -> int:
    """Evaluates the rows of a Parquet file into another, in their order; the number of rows. `progress` is told the
    rows done and the rows in all.

    Raises `TableError` if a column or a value cannot be taken: then there is no target, and one that stood there before
    is as it was. Raises `OSError`."""
    edition = lattice.edition
    register = open_register(edition, source)
    total = register.metadata.num_rows
    done = 0
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as part:
        try:
            with pq.ParquetWriter(part, answer_schema(edition), compression="zstd") as writer:
                for batch in register.iter_batches(batch_size=ROWS):
                    table = pa.Table.from_batches([batch])
                    codes = codes_of(edition, table, done + 1)
                    answers = evaluate_codes(
                        lattice, codes, next_change=True, threads=os.cpu_count() or 1, checked=False
                    )
                    writer.write_table(answer_table(table.column("id"), answers))
                    done += len(batch)
                    if progress is not None:
                        progress(done, total)
            part.flush()
            os.fsync(part.fileno())
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    Path(part.name).chmod(0o666 & ~_umask())
    os.replace(part.name, target)
    return done


def open_register(edition: Edition, source: Path) -> pq.ParquetFile:
    """Raises `TableError` if it is no Parquet file, or its columns are not those of a register."""
    try:
        schema = pq.read_schema(source)
    except pa.ArrowInvalid:
        raise TableError(f"{source} is not a Parquet file") from None
    check_schema(edition, schema)
    kinds = columns_of(edition)
    words = [name for name in schema.names if kinds[name] == "text" and name != "id"]
    # Buffered ahead, the whole file would be held until its last row is read.
    return pq.ParquetFile(source, read_dictionary=words, pre_buffer=False)


def answer_schema(edition: Edition) -> pa.Schema:
    code = pa.dictionary(pa.int8(), pa.string())
    fields = [pa.field("id", pa.string()), pa.field("index", pa.int16()), pa.field("risk", code)]
    fields += [pa.field("success", pa.bool_()), pa.field("failures", pa.list_(code))]
    for domain in edition.domains:
        fields += [pa.field(f"{domain}_points", pa.int8()), pa.field(f"{domain}_risk", code)]
    return pa.schema([*fields, pa.field("actions", pa.list_(code)), pa.field("next_change", pa.int64())])


def answer_table(ids: Any, answers: Answers) -> pa.Table:
    """The answers as the columns of the contract; risks, domains and rules by their codes."""
    edition = answers.edition
    levels = listed(edition.risk_levels)

    def level(column: Any) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(column.astype(np.int8)), levels)

    assert answers.next_change is not None
    assert answers.changes is not None
    rules = answers.rules.view(np.uint8).reshape(len(answers), -1)
    columns: dict[str, Any] = {
        "id": ids.cast(pa.string()),
        "index": pa.array(answers.index.astype(np.int16)),
        "risk": level(answers.highest),
        "success": pa.array(answers.success == 1, mask=answers.success < 0),
        "failures": lists(answers.failed.T, edition.domains),
    }
    for place, domain in enumerate(edition.domains):
        columns[f"{domain}_points"] = pa.array(answers.points[place].astype(np.int8))
        columns[f"{domain}_risk"] = level(answers.risk[place])
    bits = np.unpackbits(rules, axis=1, bitorder="little")[:, : len(edition.rules)]
    columns["actions"] = lists(bits, tuple(rule.code for rule in edition.rules))
    columns["next_change"] = pa.array(answers.next_change, mask=~answers.changes)
    return pa.table(columns, schema=answer_schema(edition))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
