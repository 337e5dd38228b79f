"""The engine and the plain reading of the policy page give the same answer, in the library and through the command."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from oralu.core.evaluation import evaluate
from oralu.core.records import evaluation_record, read_record
from oralu.policyfiles import load_edition
from policy.invalid_lines import GOOD, InvalidLine, invalid_lines, line_of
from policy.oracle import oracle
from policy.random_cases import random_records, smallest
from policy.tables_of_the_page import DOMAINS, RULES

Record = dict[str, Any]

EDITION = load_edition("kz-pilot-2026")
COMMAND = Path(sys.executable).parent / "oralu"
INVALID = invalid_lines()
SEPARATORS_INSIDE_A_STRING = "one\u2028two\u0085three\u2029 Әлия"


def without_reasons(output: Record) -> Record:
    """The output as JSON would carry it, its reasons checked for presence and taken out."""
    output = json.loads(json.dumps(output))
    for domain, result in output["domains"].items():
        reasons = result.pop("reasons")
        assert reasons, f"{domain} has no reason"
        assert all(isinstance(reason, str) and reason for reason in reasons), f"{domain}: {reasons}"
    return output


def engine(record: Record) -> Record:
    identifier, snapshot = read_record(EDITION, record)
    return without_reasons(evaluation_record(identifier, evaluate(EDITION, snapshot)))


def differing_parts(record: Record) -> dict[str, tuple[Any, Any]]:
    ours, theirs = oracle(record), engine(record)
    return {
        key: (theirs.get(key), ours.get(key)) for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)
    }


def assert_same_answers(seed: int, count: int) -> None:
    differing = [record for record in random_records(seed, count) if differing_parts(record)]
    if not differing:
        return
    record = min(
        (smallest(found, lambda candidate: bool(differing_parts(candidate))) for found in differing[:50]),
        key=lambda candidate: len(json.dumps(candidate)),
    )
    pytest.fail(
        f"{len(differing)} of {count} records differ; the smallest:\n{json.dumps(record, indent=1)}\n"
        + "\n".join(
            f"{key}:\n  engine {theirs}\n  oracle {ours}" for key, (theirs, ours) in differing_parts(record).items()
        )
    )


def run_evaluate(lines: list[bytes]) -> tuple[list[Record], int]:
    done = subprocess.run(
        [COMMAND, "policy", "evaluate"],
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    text = done.stdout.decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")], done.returncode


def test_three_thousand_random_cases_agree() -> None:
    assert_same_answers(seed=1, count=3_000)


@pytest.mark.slow
def test_thirty_thousand_random_cases_agree() -> None:
    assert_same_answers(seed=2, count=30_000)


def test_the_random_cases_reach_every_answer_of_the_page() -> None:
    """A comparison proves nothing about an answer that no case of it has."""
    seen: set[tuple[Any, ...]] = set()
    for record in random_records(seed=1, count=3_000):
        answer = oracle(record)
        seen |= {("success", answer["success"]), ("changes", answer["next_change"] is not None)}
        seen |= {("rule", action["rule"]) for action in answer["actions"]}
        seen |= {("index", answer["index"])}
        for domain, result in answer["domains"].items():
            seen |= {(domain, "provisional", result["provisional"]), (domain, result["points"], result["risk"])}
    wanted = {("success", known) for known in (None, True, False)} | {("changes", True), ("changes", False)}
    wanted |= {("rule", rule) for rule, *_ in RULES} | {("index", index) for index in range(11)}
    wanted |= {(domain, "provisional", known) for domain in DOMAINS for known in (True, False)}
    results = ((0, "R3"), (0, "R2"), (1, "R2"), (1, "R1"), (2, "R2"), (2, "R0"))
    wanted |= {(domain, points, risk) for domain in DOMAINS for points, risk in results}
    wanted |= {("housing", 1, "R3"), ("housing", 2, "R3")}
    assert wanted - seen == set()


def test_the_command_answers_in_order_and_numbers_the_lines_it_refuses() -> None:
    rng = Random(3)
    lines: list[tuple[bytes, Record | None]] = [
        (line_of(record), oracle(record)) for record in random_records(seed=3, count=500)
    ]
    for _, line, _ in rng.sample(INVALID, 40):
        lines.insert(rng.randrange(len(lines) + 1), (line, None))
    answers, status = run_evaluate([line for line, _ in lines])
    assert status == 1
    assert len(answers) == len(lines)
    for number, (answer, (_, expected)) in enumerate(zip(answers, lines, strict=True), start=1):
        if expected is None:
            assert set(answer) == {"error", "line"}, answer
            assert answer["line"] == number
        else:
            assert without_reasons(answer) == expected


def test_the_command_ends_well_when_every_line_is_good() -> None:
    records = [
        {**GOOD, "id": SEPARATORS_INSIDE_A_STRING},
        {"id": "", "day": 0, "sex": "male"},
        {"id": "far away", "day": 10**12, "sex": "male"},
        {"id": "far back", "day": -(10**12), "sex": "female", "facts": {}, "referrals": [], "breached": []},
        {**GOOD, "facts": {"plan": {"value": "agreed", "day": 0, "until": 10**12}}},
        {"id": "\ud800", "day": 10**30, "sex": "male"},
        {**GOOD, "facts": {"family_contact": {"value": "refused", "day": 30, "until": 31}}},
    ]
    lines = [json.dumps(record).encode() if record["id"] == "\ud800" else line_of(record) for record in records]
    lines[1] = b"  " + lines[1] + b" \r"
    answers, status = run_evaluate(lines)
    assert [without_reasons(answer) for answer in answers] == [oracle(record) for record in records]
    assert status == 0


def test_a_last_line_without_an_end_of_line_is_read() -> None:
    text = line_of(GOOD) + b"\n" + line_of({**GOOD, "id": "last"})
    done = subprocess.run([COMMAND, "policy", "evaluate"], input=text, capture_output=True, check=True)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["x", "last"]


@pytest.fixture(scope="module")
def refusals() -> dict[str, tuple[int, Record]]:
    """Every invalid line through one run of the command: name → (its number, the answer)."""
    answers, status = run_evaluate([line for _, line, _ in INVALID])
    assert status == 1
    assert len(answers) == len(INVALID)
    return {
        name: (number, answer) for number, ((name, _, _), answer) in enumerate(zip(INVALID, answers, strict=True), 1)
    }


@pytest.mark.parametrize("invalid", INVALID, ids=[name for name, _, _ in INVALID])
def test_the_command_refuses(invalid: InvalidLine, refusals: dict[str, tuple[int, Record]]) -> None:
    name, _, word = invalid
    number, answer = refusals[name]
    assert set(answer) == {"error", "line"}, answer
    assert answer["line"] == number
    assert isinstance(answer["error"], str)
    assert answer["error"].strip()
    assert word in answer["error"]


def test_each_refusal_has_its_own_name() -> None:
    assert len({name for name, _, _ in INVALID}) == len(INVALID)
