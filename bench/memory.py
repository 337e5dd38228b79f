"""What `oralu policy evaluate --table` takes of memory and time: a file ten times as long must not take more memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import pyarrow.parquet as pq

from bench.register import register, table_of
from oralu.core.edition import Edition

PIECE = 100_000


def memory_of_files(edition: Edition, sizes: list[int]) -> list[tuple[int, int, float]]:
    """By size of the register: rows, peak of the resident memory of the command in bytes, seconds."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            source = Path(folder, f"{rows}.parquet")
            _write(edition, rows, source)
            started = perf_counter()
            peak = _peak(["policy", "evaluate", "--table", str(source), "--out", f"{source}.out"])
            found.append((rows, peak, perf_counter() - started))
    return found


def _write(edition: Edition, rows: int, target: Path) -> None:
    """In row groups, so that the writing too takes one piece of memory."""
    writer: pq.ParquetWriter | None = None
    for at in range(0, rows, PIECE):
        table = table_of(edition, register(edition, min(PIECE, rows - at), seed=at))
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _peak(arguments: list[str]) -> int:
    """The system's count for a child begins with what its parent took, so the process reads its own at its end."""
    done = subprocess.run([sys.executable, "-c", _SELF, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"oralu {' '.join(arguments)} ended with the status {done.returncode}: {done.stderr}")
    return int(done.stdout) * 1024


_SELF = """
import sys
from pathlib import Path
from oralu.cli.main import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""
