"""`oralu policy`: evaluate cases by an edition, explain one, check an edition. Starts without Django or a database."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

import click

from oralu.core.edition import Edition
from oralu.core.evaluation import SnapshotError, evaluate
from oralu.core.explain import explain
from oralu.core.lattice.digits import LatticeError
from oralu.core.proof import DomainProof, prove
from oralu.core.reading import LANGUAGES
from oralu.core.records import RecordError, evaluation_record, parse_line, read_record
from oralu.policyfiles import DEFAULT_EDITION, EditionError, load_edition

INVALID_EDITION = 2
edition_option = click.option(
    "--edition",
    "name",
    default=DEFAULT_EDITION,
    show_default=True,
    metavar="NAME|PATH",
    help="An edition that Oralu brings, or the folder of one.",
)
PARQUET = click.Path(exists=True, dir_okay=False, path_type=Path)
input_argument = click.argument("file", type=click.File("rb"), default="-")


@click.group()
def command() -> None:
    """Evaluate, explain and check an edition of the policy."""


@command.command("evaluate")
@edition_option
@click.option("--table", type=PARQUET, help="A register as a Parquet file, instead of JSON lines; needs --out.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The Parquet file for the answers.")
@input_argument
def evaluate_command(name: str, table: Path | None, out: Path | None, file: BinaryIO) -> None:
    """Read JSON lines from FILE (or standard input), write one JSON line for each, in order.

    A line that cannot be taken gives {"error": ..., "line": n}; the others are evaluated all the same, and the exit
    status is then 1. With --table and --out, a Parquet file is read and one is written, however large; columns: id,
    day, sex, minor_children; for each fact NAME, NAME_day, NAME_until, NAME_evidence; for each domain DOMAIN_referral
    (sent or served) and DOMAIN_breached. A row that cannot be taken stops the work, and nothing is written."""
    if (table is None) != (out is None):
        raise click.UsageError("--table and --out go together")
    edition = _edition(name, INVALID_EDITION)
    if table is not None and out is not None:
        _evaluate_table(edition, table, out)
        return
    output = sys.stdout.buffer
    failed = False
    for number, line in enumerate(file, 1):
        try:
            answer = _evaluated(edition, line)
        except (RecordError, SnapshotError) as error:
            answer, failed = _encoded({"error": str(error), "line": number}), True
        except (RecursionError, ValueError, MemoryError):
            answer, failed = _encoded({"error": "the line holds more than can be computed with", "line": number}), True
        output.write(answer + b"\n")
        output.flush()
    sys.exit(1 if failed else 0)


def _evaluate_table(edition: Edition, table: Path, out: Path) -> None:
    from oralu.tables.cache import load_lattice
    from oralu.tables.columns import TableError
    from oralu.tables.parquet import evaluate_file

    progress = _Progress()
    try:
        rows = evaluate_file(load_lattice(edition), table, out, progress=progress.told)
    except (TableError, LatticeError, OSError) as error:
        _complain(str(error))
        sys.exit(1)
    progress.said(f"{rows:,} rows evaluated in {perf_counter() - progress.started:.1f} s, {out} is written")


class _Progress:
    """Says once a second how far a table has come."""

    def __init__(self) -> None:
        self.started = self.last = perf_counter()

    def told(self, done: int, total: int) -> None:
        now = perf_counter()
        if now - self.last >= 1:
            self.last = now
            self.said(f"{done:,} of {total:,} rows, {done / (now - self.started):,.0f} a second")

    @staticmethod
    def said(text: str) -> None:
        print(text, file=sys.stderr, flush=True)


@command.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--register", type=PARQUET, help="A register as a Parquet file: says how many of its open cases change.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words.")
def diff_command(old: str, new: str, register: Path | None, lang: str) -> None:
    """Say in words in which cells two editions judge differently: OLD and NEW are names or folders of editions.

    The exit status is 0 if they agree in every cell, 1 if they do not."""
    from oralu.cli.differing import difference_lines
    from oralu.core.lattice.difference import differences, different_vocabulary
    from oralu.tables.cache import load_lattice
    from oralu.tables.columns import TableError
    from oralu.tables.touched import cases_touched

    editions = _edition(old, INVALID_EDITION), _edition(new, INVALID_EDITION)
    unlike = different_vocabulary(*editions)
    if unlike:
        _complain(f"{editions[0].id} and {editions[1].id} have no cells in common to compare: {unlike}")
        sys.exit(INVALID_EDITION)
    try:
        found = differences(*editions)
        touched = None
        if register is not None:
            touched = cases_touched(load_lattice(editions[0]), load_lattice(editions[1]), register)
    except (TableError, LatticeError, OSError) as error:
        _complain(str(error))
        sys.exit(INVALID_EDITION)
    _print(difference_lines(*editions, found, touched, lang))
    sys.exit(1 if found else 0)


def _evaluated(edition: Edition, line: bytes) -> bytes:
    identity, snapshot = read_record(edition, parse_line(line))
    return _encoded(evaluation_record(identity, evaluate(edition, snapshot)))


def _encoded(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(answer).encode("ascii")


@command.command("explain")
@edition_option
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words.")
@input_argument
def explain_command(name: str, lang: str, file: BinaryIO) -> None:
    """Explain one case: FILE (or standard input) holds one JSON object of the kind that `evaluate` takes."""
    edition = _edition(name, INVALID_EDITION)
    try:
        identity, snapshot = read_record(edition, parse_line(file.read()))
        lines = list(explain(edition, identity, snapshot, evaluate(edition, snapshot), lang))
    except (RecordError, SnapshotError) as error:
        _complain(str(error))
        sys.exit(1)
    _print(lines)


@command.command("check")
@edition_option
def check_command(name: str) -> None:
    """Validate an edition, and prove that in every cell a domain at the highest risk has a need open in it."""
    edition = _edition(name, 1)
    started = perf_counter()
    proofs = prove(edition)
    _print(_summary(edition))
    _print([_proof_line(edition, proof) for proof in proofs])
    broken = [proof for proof in proofs if proof.unanswered is not None]
    top = edition.risk_levels[-1]
    if broken:
        _complain(f"{edition.id} is not sound: {top} without a need in {', '.join(p.domain for p in broken)}")
        sys.exit(1)
    _print([f"Every cell at {top} has a need open in its domain; proved in {perf_counter() - started:.1f} s."])


def _summary(edition: Edition) -> list[str]:
    policies = edition.policies.values()
    lines = [line for p in policies for line in (*p.points, *p.failures, *p.risks)] + list(edition.rules)
    bases = Counter(line.basis for line in {line.id: line for line in lines}.values())
    return [
        f"{edition.id}: {edition.title('en')}",
        f"digest {edition.digest}",
        f"{len(edition.domains)} domains, {len(edition.facts)} facts, {len(edition.rules)} rules, "
        f"last verified {edition.last_verified}",
        "bases of lines: " + ", ".join(f"{kind} {bases[kind]}" for kind in ("law", "proposal", "decision")),
    ]


def _proof_line(edition: Edition, proof: DomainProof) -> str:
    head = f"{proof.domain}: {proof.cells:,} cells in {proof.boxes:,} steps"
    if proof.unanswered is None:
        return f"{head}, each answered"
    cell = "; ".join(_axis_words(edition, key, value) for key, value in proof.unanswered)
    return f"{head}, NOT ANSWERED in this cell (the rest may be anything): {cell or 'any'}"


def _axis_words(edition: Edition, key: tuple[str | int, ...], value: str) -> str:
    kind, name = str(key[0]), str(key[1]) if len(key) > 1 else ""
    yes = value == "yes"
    if kind == "fact":
        return f"{edition.label('fact', name, 'en')} = {edition.value_label(name, value, 'en')}"
    if kind == "day":
        return f"day {name} or later" if yes else f"before day {name}"
    if kind == "age":
        return f"{edition.label('fact', name, 'en')} is {'' if yes else 'not '}{key[2]} days old yet"
    if kind in ("points", "risk", "failed", "breached", "sent", "served", "ahead"):
        domain = "any domain" if name == "any" else edition.label("domain", name, "en")
        return f"{kind} of {domain} = {value}"
    label = edition.label("fact", name, "en") if kind == "evidence" else kind.replace("_", " ")
    return f"evidence of {label}: {value}" if kind == "evidence" else f"{label}: {value}"


def _edition(name: str, status: int) -> Edition:
    try:
        return load_edition(name)
    except EditionError as error:
        _complain(str(error))
        sys.exit(status)


def _print(lines: list[str]) -> None:
    """UTF-8 whatever the locale."""
    sys.stdout.buffer.write("".join(line + "\n" for line in lines).encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _complain(text: str) -> None:
    sys.stderr.buffer.write(f"Error: {text}\n".encode("utf-8", "backslashreplace"))
    sys.stderr.buffer.flush()
