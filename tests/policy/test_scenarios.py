"""Each scenario is a sentence about the policy that a lawyer can read, and the engine bears it out.

The plain reading of the policy page must bear it out too: a scenario that only one of them satisfies is a finding.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import oralu
from oralu.core.evaluation import evaluate
from oralu.core.records import evaluation_record, read_record
from oralu.policyfiles import load_edition
from policy.oracle import oracle
from policy.tables_of_the_page import DOMAINS, RULES

Record = dict[str, Any]

FOLDER = Path(oralu.__file__).parent / "policy" / "scenarios"
FILES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
SCENARIOS = [scenario for scenarios in FILES.values() for scenario in scenarios]
RULE_LISTS = ("opens", "stays_closed", "opens_only")
ANSWER_KEYS = {"index", "risk", "success", "failures", "domains", "actions", "next_change", *RULE_LISTS}
RULE_NAMES = {rule for rule, *_ in RULES}


def engine(record: Record) -> Record:
    edition = load_edition("kz-pilot-2026")
    identifier, snapshot = read_record(edition, record)
    output: Record = json.loads(json.dumps(evaluation_record(identifier, evaluate(edition, snapshot))))
    return output


def part_of(expected: Any, found: Any) -> bool:
    """Whether `expected` says nothing else than `found`; an object may say less, all else is compared whole."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and part_of(value, found[key]) for key, value in expected.items()
        )
    return type(expected) is type(found) and bool(expected == found)


def contradictions(expect: Record, answer: Record) -> list[str]:
    """What of the expectation the answer does not bear out, each in one line."""
    open_rules = [action["rule"] for action in answer["actions"]]
    wrong = [f"{rule} is not open" for rule in expect.get("opens", []) if rule not in open_rules]
    wrong += [f"{rule} is open" for rule in expect.get("stays_closed", []) if rule in open_rules]
    wrong += [f"no action {action}" for action in expect.get("actions", []) if action not in answer["actions"]]
    if "opens_only" in expect and expect["opens_only"] != open_rules:
        wrong.append(f"open are {open_rules}, expected {expect['opens_only']}")
    for key, value in expect.items():
        if key not in ("actions", *RULE_LISTS) and not part_of(value, answer[key]):
            wrong.append(f"{key} is {answer[key]}, expected {value}")
    return wrong


@pytest.mark.parametrize("answer_of", [engine, oracle], ids=["engine", "plain reading"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_scenario(scenario: Record, answer_of: Callable[[Record], Record]) -> None:
    assert contradictions(scenario["expect"], answer_of(scenario["given"])) == []


def test_each_scenario_has_its_own_sentence_in_two_languages() -> None:
    for scenario in SCENARIOS:
        assert set(scenario) == {"name", "ru", "given", "expect"}, scenario
    for key in ("name", "ru"):
        sentences = [scenario[key] for scenario in SCENARIOS]
        assert all(isinstance(sentence, str) and sentence.strip() for sentence in sentences)
        assert sorted(sentences) == sorted(set(sentences))
    identifiers = [scenario["given"]["id"] for scenario in SCENARIOS]
    assert sorted(identifiers) == sorted(set(identifiers))


def test_each_scenario_expects_something_that_exists() -> None:
    """A misspelt rule in `stays_closed` would never be open, and the scenario could not fail."""
    for scenario in SCENARIOS:
        expect = scenario["expect"]
        assert expect, scenario["name"]
        assert set(expect) <= ANSWER_KEYS, scenario["name"]
        assert set(expect.get("domains", {})) <= set(DOMAINS), scenario["name"]
        for key in RULE_LISTS:
            assert set(expect.get(key, [])) <= RULE_NAMES, scenario["name"]


def test_every_rule_of_the_page_is_seen_open_and_closed() -> None:
    opened = {
        rule for scenario in SCENARIOS for key in ("opens", "opens_only") for rule in scenario["expect"].get(key, [])
    }
    opened |= {action["rule"] for scenario in SCENARIOS for action in scenario["expect"].get("actions", [])}
    closed = {rule for scenario in SCENARIOS for rule in scenario["expect"].get("stays_closed", [])}
    assert opened == RULE_NAMES
    assert closed == RULE_NAMES


def test_every_domain_and_topic_has_its_file() -> None:
    assert set(FILES) == {*DOMAINS, "risk", "routing", "success"}
    assert len(SCENARIOS) >= 120
