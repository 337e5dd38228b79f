"""The page of the benchmark, made from what was measured."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from statistics import median


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
    verdicts: list[tuple[str, str, str, bool]] = field(default_factory=list)

    @staticmethod
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def routing(
        self, rows: int, measured: dict[str, Measured], equal: dict[str, bool], notes: dict[str, str], width: float
    ) -> None:
        lines = [f"## Routing of {rows:,} cases", ""]
        lines += [
            f"From coded columns ({width:.0f} bytes a case) to points, risk and failure of five domains, index, "
            "highest risk and 17 rules; packing and the check of the codes are in our time, and so is whether the case "
            "has succeeded, which the peers are not asked. A ratio above 1: the peer takes so many times longer than "
            "the tables.",
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
        ours = median(measured["Oralu, tables of cells"].worked)
        for name, must, dream in (
            ("OpenFisca-core", 5, 25),
            ("DuckDB CASE", 5, 15),
            ("polars expressions", 1, 3),
            ("numpy booleans", 1, 3),
            ("zen-engine", 1_000, 5_000),
        ):
            found = median(measured[name].ratios)
            wanted = f"≥ {must:,} × (dream {dream:,} ×)"
            work = median(measured[name].worked) / ours
            text = f"{_number(found)} ×, {_number(work)} × by the work of all cores"
            self.verdicts.append((f"routing, {name}", wanted, text, found >= must))
        bound = next(m for name, m in measured.items() if name.startswith("memory"))
        share = median(bound.ratios)
        self.verdicts.append(("routing, share of the bandwidth bound", "dream 25 %", f"{share:.0%}", share >= 0.25))

    def strings(self, found: tuple[int, float, float]) -> None:
        rows, coded, judged = found
        self.parts.append(
            f"**Strings apart.** Reading {rows:,} rows of strings, checking every value and turning them into codes "
            f"takes {coded * 1e9:,.0f} ns a case ({1 / coded / 1e6:.2f} M/s), {coded / judged:.0f} times as long as "
            "judging the codes. A register kept as codes or dictionaries pays this once."
        )

    def single(self, measured: dict[str, Measured]) -> None:
        lines = ["## One case", "", "| | a case | beside by table |", "|---|---|---|"]
        for name, found in measured.items():
            lines.append(f"| {name} | {median(found.seconds) * 1e6:,.0f} µs | {found.ratio()} |")
        self.parts.append("\n".join(lines))
        by_name = {name: median(found.seconds) * 1e6 for name, found in measured.items()}
        whole = next(value for name, value in by_name.items() if name.startswith("interpreter"))
        table, change = by_name["by table"], by_name["by table, with the next change"]
        self.verdicts.append(("one case by table", "≤ 100 µs (dream 20 µs)", f"{table:,.0f} µs", table <= 100))
        self.verdicts.append(("the same with the next change", "≤ 100 µs", f"{change:,.0f} µs", change <= 100))
        self.verdicts.append(
            ("one evaluation with reasons", "≤ 1 ms (dream 200 µs)", f"{whole:,.0f} µs", whole <= 1_000)
        )

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
            self.verdicts.append((f"deadlines, {name}", f"≥ {must:,} ×", f"{_number(found)} ×", found >= must))

    def text(self) -> str:
        head = [
            "# Performance",
            "",
            "Made by `make bench`; do not edit. Each peer runs beside ours in the same process, in turns, ours before "
            "and after it; a ratio is that of neighbours in time, so that a busy machine weighs on both. Medians of "
            f"{self.rounds} rounds, with quartiles. The work of all cores is time that was worked, without waiting for "
            "a core: on a busy machine it is the steadier figure. Peers that are much slower run on fewer rows; their "
            "time grows with the rows.",
            "",
            f"Machine: {self.machine}. Versions: {', '.join(f'{k} {v}' for k, v in self.versions.items())}.",
        ]
        if self.verdicts:
            rows = ["## Against the figures wanted", "", "| work | wanted | found | |", "|---|---|---|---|"]
            rows += [f"| {w} | {t} | {f} | {'reached' if ok else '**missed**'} |" for w, t, f, ok in self.verdicts]
            head += ["", *rows]
        return "\n".join(head) + "\n\n" + "\n\n".join(self.parts) + "\n"
