"""The page of the benchmark, made from what was measured."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from statistics import median

MEANING = """## What the figures mean

- The formula that the peers are given is hand-written for the first edition, with every intermediate result shared, and
  two facts alone have an end. Our tables are made from any edition by themselves and take an end for every fact. A new
  policy is a new table for us and a new formula for a peer.
- The compiled loop (the extra `fast`, numba) and numpy go through the same tables. numpy makes some 170 passes over a
  piece of the columns, each of which reads and writes the cache; the loop makes one for each column, adds in bytes, and
  looks up the number of a word instead of the word, so that all tables stay in the second cache of a core. It is
  compiled once for an installation, for any edition: the first register that a machine judges by it takes some ten
  seconds longer. It gives no next change, so `policy evaluate --table` goes by numpy; there, words and next change
  cost many times as much as the judging.
- What keeps the loop from the bandwidth bound are the look-ups: each case asks eight tables at places of its own.
- OpenFisca is given the same boolean steps; its variables keep every result and cast every input to 32 bits.
- DuckDB plans the query anew in each run; with few rows that is most of its time.
- zen-engine and plain Python take one case after the other.
- Due times: every midnight of Kazakhstan falls on a whole hour of UTC, so the hour of a start is its place in a table
  of due times. A peer for deadlines that is given our free days still cannot work on a weekend; `holidays` can, and is
  right, so nothing but time tells it from ours.
"""


@dataclass
class Measured:
    """By round, for one row: `seconds` on the wall, `worked` on all cores together; `ratios`: how many times longer than
    ours beside it."""

    seconds: list[float]
    worked: list[float]
    ratios: list[float]

    def rate(self) -> str:
        rows = 1 / median(self.seconds)
        return f"{rows / 1e6:,.1f} M/s" if rows >= 1e5 else f"{rows / 1e3:,.1f} k/s"

    def work(self) -> str:
        return f"{_number(median(self.worked) * 1e9)} ns"

    def ratio(self) -> str:
        low, high = _quartiles(self.ratios)
        return f"{_number(median(self.ratios))} × ({_number(low)}–{_number(high)})"


def _quartiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[(3 * len(ordered) - 1) // 4]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


@dataclass
class Report:
    machine: str
    versions: dict[str, str]
    rounds: int
    parts: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    verdicts: list[tuple[str, str, str, str]] = field(default_factory=list)

    @staticmethod
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def routing(
        self, rows: int, measured: dict[str, Measured], equal: dict[str, bool], notes: dict[str, str], width: float
    ) -> None:
        lines = [f"## Routing of {rows:,} cases", ""]
        lines += [
            f"From coded columns ({width:.0f} bytes a case) to points, risk and failure of five domains, index, "
            "highest risk and 17 rules; the check of the codes is in our time, and so is whether the case has succeeded, "
            "which the peers are not asked. A ratio above 1: so many times longer than the compiled loop beside it.",
            "",
            "| | cases | beside ours: median (quartiles) | work of all cores, a case | same answers | |",
            "|---|---|---|---|---|---|",
        ]
        for name, found in measured.items():
            same = {True: "yes", False: "NO", None: ""}[equal.get(name)]
            lines.append(
                f"| {name} | {found.rate()} | {found.ratio()} | {found.work()} | {same} | {notes.get(name, '')} |"
            )
        self.parts.append("\n".join(lines))
        self.last = measured
        if rows >= 1_000_000:
            self._routing_targets(measured)

    def _routing_targets(self, measured: dict[str, Measured]) -> None:
        loop, tables = measured["Oralu, compiled loop"], measured["Oralu, tables by numpy"]
        for name, must, dream in (
            ("OpenFisca-core", 5, 25),
            ("DuckDB CASE", 5, 15),
            ("polars expressions", 1, 3),
            ("numpy booleans", 1, 3),
            ("zen-engine", 1_000, 5_000),
        ):
            peer = measured[name]
            wanted = f"≥ {must:,} × (dream {dream:,} ×)"
            for who, ours in (("the compiled loop", loop), ("numpy alone", tables)):
                found = median(a / b for a, b in zip(peer.ratios, ours.ratios, strict=True))
                work = median(peer.worked) / median(ours.worked)
                text = f"{_number(found)} ×, {_number(work)} × by the work of all cores"
                lower = min(found, work)
                self._verdict(f"routing by {who}, {name}", wanted, text, found=lower, must=must, dream=dream)
        bound = next(m for name, m in measured.items() if name.startswith("memory"))
        share, work = median(bound.ratios), median(bound.worked) / median(loop.worked)
        text = f"{share:.0%}, {work:.0%} by the work of all cores"
        self._verdict(
            "routing by the compiled loop, share of the bandwidth bound", "dream 25 %", text, found=share, must=0.25
        )

    def _verdict(
        self, what: str, wanted: str, text: str, *, found: float, must: float, dream: float | None = None
    ) -> None:
        grade = "**missed**" if found < must else "reached, the dream too" if dream and found >= dream else "reached"
        self.verdicts.append((what, wanted, text, grade))

    def strings(self, found: tuple[int, float, float]) -> None:
        rows, coded, judged = found
        self.parts.append(
            f"**Strings apart.** Reading {rows:,} rows of strings, checking every value and turning them into codes "
            f"takes {coded * 1e9:,.0f} ns a case ({1 / coded / 1e6:.2f} M/s), {coded / judged:.0f} times as long as "
            "judging the codes. A register kept as codes or dictionaries pays this once."
        )

    def memory(self, found: list[tuple[int, int, float]]) -> None:
        lines = ["## A register in a file: `oralu policy evaluate --table`", ""]
        lines += [
            "From a Parquet file of words to one of answers, the next change with them, in a process of its own.",
            "",
        ]
        lines += ["| rows | peak of resident memory | rows a second, start included |", "|---|---|---|"]
        lines += [f"| {rows:,} | {peak / 2**20:,.0f} MiB | {rows / seconds:,.0f} |" for rows, peak, seconds in found]
        self.parts.append("\n".join(lines))
        (few, low, _), (many, high, _) = found[0], found[-1]
        grown = high / low
        text = f"{grown:.2f} × for {many // few} × the rows"
        self._verdict("memory of a table in a file", "constant: ≤ 1.25 ×", text, found=1 / grown, must=1 / 1.25)

    def single(self, measured: dict[str, Measured]) -> None:
        lines = [
            "## One case",
            "",
            "Time that was worked, one thread.",
            "",
            "| | a case | beside by table |",
            "|---|---|---|",
        ]
        by_name = {name: median(found.worked) * 1e6 for name, found in measured.items()}
        for name, found in measured.items():
            lines.append(f"| {name} | {by_name[name]:,.0f} µs | {found.ratio()} |")
        self.parts.append("\n".join(lines))
        whole = next(value for name, value in by_name.items() if name.startswith("interpreter"))
        table, change = by_name["by table"], by_name["by table, with the next change"]
        for what, found, most, dream in (
            ("one case by table", table, 100, 20),
            ("the same with the next change", change, 100, None),
            ("one evaluation with reasons", whole, 1_000, 200),
        ):
            wanted = f"≤ {most:,} µs" + (f" (dream {dream} µs)" if dream else "")
            self._verdict(what, wanted, f"{found:,.0f} µs", found=1 / found, must=1 / most, dream=dream and 1 / dream)

    def deadlines(
        self, size: int, measured: dict[str, Measured], wrong: dict[str, tuple[int, int]], notes: dict[str, str]
    ) -> None:
        lines = [
            f"## Deadlines: three working days from {size:,} starts in 2024 and 2025",
            "",
            "| | starts | beside ours: median (quartiles) | wrong due dates | |",
            "|---|---|---|---|---|",
        ]
        for name, found in measured.items():
            bad, of = wrong.get(name, (0, size))
            lines.append(f"| {name} | {found.rate()} | {found.ratio()} | {bad:,} of {of:,} | {notes.get(name, '')} |")
        self.parts.append("\n".join(lines))
        if size < 1_000_000:
            return
        for name, must in (("numpy.busday_offset", 8), ("workalendar", 2_000)):
            found = median(measured[name].ratios)
            ours = next(m for who, m in measured.items() if who.startswith("Oralu"))
            work = median(measured[name].worked) / median(ours.worked)
            text = f"{_number(found)} ×, {_number(work)} × by the work of all cores"
            self._verdict(f"deadlines, {name}", f"≥ {must:,} ×", text, found=min(found, work), must=must)

    def text(self) -> str:
        head = [
            "# Performance",
            "",
            "Made by `make bench`; do not edit. Each peer runs beside ours in the same process, in turns, ours before "
            "and after it; a ratio is that of neighbours in time, so that a busy machine weighs on both. Medians of "
            f"{self.rounds} rounds, with quartiles. The work of all cores is time that was worked, without waiting for "
            "a core: on a busy machine it is the steadier figure, since one that runs longer waits more often; the lower "
            "of the two decides what is reached. Peers that are much slower run on fewer rows; their "
            "time grows with the rows.",
            "",
            f"Machine: {self.machine}; load at the end {os.getloadavg()[0]:.1f}. Versions: {', '.join(f'{k} {v}' for k, v in self.versions.items())}.",
        ]
        if self.verdicts:
            rows = ["## Against the figures wanted", "", "| work | wanted | found | |", "|---|---|---|---|"]
            rows += [f"| {what} | {wanted} | {found} | {grade} |" for what, wanted, found, grade in self.verdicts]
            head += ["", *rows]
        return "\n".join(head) + "\n\n" + "\n\n".join([*self.parts, MEANING])
