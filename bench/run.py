"""`make bench`: every peer beside ours in one run, round after round; writes docs/performance.md.

The machine may be busy: only ratios of one round are compared, and medians with their spread are reported."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from bench import deadlines as dl
from bench import peers
from bench.memory import memory_of_files
from bench.register import bytes_of, register, table_of
from bench.report import Measured, Report
from oralu.calendarfiles import load_calendar
from oralu.core.evaluation import evaluate
from oralu.core.lattice.single import Judge
from oralu.core.records import read_record
from oralu.policyfiles import load_edition
from oralu.tables.cache import load_lattice
from oralu.tables.columns import codes_of

Run = Callable[[], Any]
PACKAGES = (
    "numpy", "numba", "polars", "duckdb", "openfisca-core", "zen-engine", "pandas", "workalendar", "holidays", "pyarrow",
)  # fmt: skip


def timed(run: Run) -> float:
    return timed_twice(run)[0]


def timed_twice(run: Run) -> tuple[float, float]:
    """Seconds on the wall and seconds of all cores."""
    started, worked = perf_counter(), process_time()
    run()
    return perf_counter() - started, process_time() - worked


def side_by_side(runs: dict[str, tuple[Run, int]], ours: str, rounds: int) -> dict[str, Measured]:
    """Each round runs every peer, and ours right before each; the ratio is that of the two, per row."""
    found: dict[str, Measured] = {name: Measured([], [], []) for name in runs}
    our_run, our_rows = runs[ours]
    for _ in range(rounds):
        for name, (run, rows) in runs.items():
            before = timed(our_run) / our_rows
            taken, worked = (seconds / rows for seconds in timed_twice(run))
            after = timed(our_run) / our_rows
            found[name].seconds.append(taken)
            found[name].worked.append(worked)
            found[name].ratios.append(taken / ((before + after) / 2))
    return found


def routing(report: Report, size: int, rounds: int, growth: list[int]) -> None:
    edition = load_edition()
    lattice = load_lattice(edition)
    kinds = (
        peers.CompiledAlone, peers.Ours, peers.OursAlone, peers.Numpy, peers.NumpyTuned, peers.Polars, peers.DuckDb, peers.OpenFisca,
        peers.Plain, peers.Zen,
    )  # fmt: skip
    ours = peers.Compiled(lattice)
    others = [kind(lattice) if issubclass(kind, peers.Ours) else kind(edition) for kind in kinds]
    for rows in growth:
        codes = register(edition, rows)
        expected = ours.result(ours.prepare(codes)())
        runs: dict[str, tuple[Run, int]] = {ours.name: (ours.prepare(codes), rows)}
        equal = {}
        for peer in others:
            least = min(rows, peer.most)
            run = peer.prepare(codes.rows(slice(0, least)))
            equal[peer.name] = peer.result(run()).same(_first(expected, least))
            runs[peer.name] = (run, least)
        bound = memory_bound(bytes_of(codes), rows * (3 * len(edition.domains) + 4 + 3))
        runs[BOUND] = (bound, rows)
        measured = side_by_side(runs, ours.name, rounds)
        report.routing(rows, measured, equal, {peer.name: peer.note for peer in others}, bytes_of(codes) / rows)
        report.say(f"routing of {rows:,} done")
        if not all(equal.values()):
            report.failed.append(f"unequal answers at {rows:,}: {[n for n, same in equal.items() if not same]}")
    report.strings(strings(lattice, min(size, 200_000), rounds))


def _first(result: peers.Result, rows: int) -> peers.Result:
    names = ("points", "risk", "failed", "rules", "index", "highest")
    return peers.Result(*(np.asarray(getattr(result, name))[..., :rows] for name in names))


BOUND = "memory bandwidth (the columns read once, the answers written once)"


def memory_bound(read: int, write: int) -> Run:
    """Moves as many bytes as the work must: half of them read, half written, on all cores."""
    from concurrent.futures import ThreadPoolExecutor

    workers = os.cpu_count() or 1
    share = (read + write) // 2 // workers
    parts = [(np.ones(share, np.uint8), np.ones(share, np.uint8)) for _ in range(workers)]
    pool = ThreadPoolExecutor(workers)

    def run() -> None:
        for done in [pool.submit(np.copyto, into, source) for source, into in parts]:
            done.result()

    return run


def strings(lattice: Any, size: int, rounds: int) -> tuple[int, float, float]:
    """From strings of a table to codes, beside the evaluation of these codes; seconds a row."""
    edition = lattice.edition
    codes = register(edition, size)
    table = table_of(edition, codes)
    judge = peers.Compiled(lattice).prepare(codes)
    judge()
    coded = [timed(lambda: codes_of(edition, table)) / size for _ in range(rounds)]
    judged = [timed(judge) / size for _ in range(rounds)]
    return size, median(coded), median(judged)


def single(report: Report, rounds: int) -> None:
    from policy.random_cases import random_records

    edition = load_edition()
    snapshots = [read_record(edition, record)[1] for record in random_records(2026, 500)]
    judge = Judge(load_lattice(edition))
    runs: dict[str, tuple[Run, int]] = {
        "by table": (lambda: [judge.judge(s, next_change=False) for s in snapshots], len(snapshots)),
        "by table, with the next change": (lambda: [judge.judge(s) for s in snapshots], len(snapshots)),
        "interpreter: reasons, provisional results, next change": (
            lambda: [evaluate(edition, s) for s in snapshots],
            len(snapshots),
        ),
    }
    report.single(side_by_side(runs, "by table", max(5, rounds)))
    report.say("single cases done")


def deadlines(report: Report, size: int, rounds: int) -> None:
    calendar = load_calendar()
    moments = dl.starts(size, calendar)
    ours = dl.OurDeadlines(calendar)
    expected = ours.prepare(moments)()
    runs: dict[str, tuple[Run, int]] = {ours.name: (ours.prepare(moments), size)}
    wrong: dict[str, tuple[int, int]] = {}
    notes = {}
    for kind in dl.PEERS:
        peer = kind(calendar)
        least = min(size, peer.most)
        run = peer.prepare(moments[:least])
        done = run()
        seconds = peer.seconds(done) if hasattr(peer, "seconds") else done
        wrong[peer.name] = (_wrong(seconds, expected[:least], calendar), least)
        runs[peer.name], notes[peer.name] = (run, least), peer.note
    report.deadlines(size, side_by_side(runs, ours.name, rounds), wrong, notes)
    report.say("deadlines done")


def _wrong(seconds: Any, expected: Any, calendar: Any) -> int:
    """Due dates that are not ours; the hour by which the zone moved in 2024 is not held against a peer."""
    return int((np.abs(np.asarray(seconds) - expected) > 3_600).sum())


def main() -> int:
    reader = argparse.ArgumentParser()
    reader.add_argument("--small", action="store_true", help="for breakage only: few rows, nothing written")
    reader.add_argument("--rounds", type=int, default=9)
    reader.add_argument("--out", type=Path, default=Path("docs/performance.md"))
    given = reader.parse_args()
    size, rounds = (20_000, 2) if given.small else (1_000_000, given.rounds)
    growth = [size] if given.small else [10_000, 100_000, size]
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "absent"
    report = Report(machine(), versions, rounds)
    routing(report, size, rounds, growth)
    report.memory(memory_of_files(load_edition(), [size // 5, size * 2]))
    single(report, rounds)
    deadlines(report, size, rounds)
    text = report.text()
    if given.small:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")
    for line in report.failed:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if report.failed else 0


def machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    load = os.getloadavg()[0]
    cores, python = os.cpu_count(), platform.python_version()
    return f"{model}, {cores} cores, {platform.system()}, Python {python}; load at the start {load:.1f}"


if __name__ == "__main__":
    sys.exit(main())
