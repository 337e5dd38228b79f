"""A second edition, as unlike the first as the grammar allows, loads and runs with no change of code."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from oralu.core.edition import facts_read, rule_facts
from oralu.core.evaluation import ReferralState, Snapshot, evaluate, waiting
from oralu.core.facts import FactState
from oralu.core.proof import prove
from oralu.core.records import RecordError, evaluation_record, read_record
from oralu.policyfiles import load_edition
from policy.plain import Plain, random_snapshot

FOLDER = Path(__file__).parent / "editions" / "village-2030"
VILLAGE = load_edition(FOLDER)
DAYS = [-27, -12, -8, -7, 5, 10, 30, 49, 50, 80, 95, 99, 100]
AGES = [0, 1, 2, 3, 10, 29, 30, 345, 364, 365]


def at(day: int, **facts: str) -> Snapshot:
    return Snapshot(day, "female", {name: FactState(value, day - 1, evidence=True) for name, value in facts.items()})


def test_it_is_read_as_written() -> None:
    assert VILLAGE.anchor == "release"
    assert VILLAGE.domains == ("roof", "council", "field", "herd", "school", "neighbours")
    assert VILLAGE.evaluation_order[-1] == "council"
    assert VILLAGE.look_ahead == 20
    assert VILLAGE.prerequisite("roof_state", "whole") == "patched"
    assert VILLAGE.rule("P1").need == "home"
    behind_the_council = ("roof_state", "wall", "seed", "sheep", "quarrel", "assembly")
    assert rule_facts(VILLAGE, VILLAGE.rule("C1")) == behind_the_council
    assert facts_read(VILLAGE, "school") == ("class",)


def test_random_cases_are_judged_as_the_plain_interpreter_judges_them() -> None:
    rng = random.Random(2030)
    for _ in range(400):
        snapshot = random_snapshot(VILLAGE, rng, DAYS, AGES)
        plain, found = Plain(VILLAGE, snapshot, snapshot.day), evaluate(VILLAGE, snapshot)
        for domain, result in found.domains.items():
            expected = plain.points(domain), plain.risk(domain), plain.failed(domain), plain.provisional(domain)
            assert (result.points, result.risk, result.failed, result.provisional) == expected, (domain, snapshot)
        assert [rule.code for rule in found.actions] == plain.rules(), snapshot
        assert found.next_change == plain.next_change(450), snapshot


def test_a_sixth_domain_counts_to_the_index_and_three_points_are_possible() -> None:
    snapshot = at(1, roof_state="whole", wall="brick", seed="yes", sheep="some", quarrel="settled", assembly="held")
    snapshot.facts["class"] = FactState("day", 0)
    found = evaluate(VILLAGE, snapshot)
    assert {d: r.points for d, r in found.domains.items()} == {
        "roof": 3,
        "council": 0,
        "field": 2,
        "herd": 3,
        "school": 3,
        "neighbours": 3,
    }
    assert found.index == 14


def test_a_threshold_before_day_0_counts() -> None:
    assert not evaluate(VILLAGE, at(-8, roof_state="open")).domains["roof"].failed
    assert evaluate(VILLAGE, at(-7, roof_state="open")).domains["roof"].failed


def test_other_facts_of_a_domain_change_it_through_an_earlier_domain() -> None:
    """Sheep are facts of the herd, yet only through the field do "some" of them give three points."""
    unknown = at(0, seed="yes")
    assert evaluate(VILLAGE, unknown).domains["herd"].points == 0
    assert evaluate(VILLAGE, unknown).domains["herd"].provisional


def test_success_under_ever_forgets_no_failure() -> None:
    good = Snapshot(
        100,
        "male",
        {n: FactState(v, 90, True) for n, v in {"roof_state": "whole", "wall": "brick", "seed": "yes", "sheep": "some",
                                                "class": "day", "quarrel": "settled", "assembly": "held"}.items()},
        (ReferralState("roof", "doubled"),),
    )  # fmt: skip
    assert evaluate(VILLAGE, good).success is True
    record = {"id": "v", "day": 100, "sex": "male", "failed_before": True}
    _, failed = read_record(VILLAGE, record)
    assert failed.failed_before is True
    assert evaluate(VILLAGE, Snapshot(100, "male", good.facts, good.referrals, failed_before=True)).success is False
    with pytest.raises(RecordError, match="failed_before"):
        read_record(load_edition(), record)


def test_a_rule_waits_while_its_condition_says_so() -> None:
    rule = VILLAGE.rule("P1")
    assert waiting(VILLAGE, rule, at(0, quarrel="old"))
    assert not waiting(VILLAGE, rule, at(0, quarrel="settled"))
    assert not waiting(VILLAGE, VILLAGE.rule("N1"), at(0, quarrel="old"))


def test_it_is_proved_too() -> None:
    assert all(proof.unanswered is None for proof in prove(VILLAGE))


def test_its_records_name_it() -> None:
    record = evaluation_record("v", evaluate(VILLAGE, at(0)))
    assert record["edition"] == "village-2030"
    assert list(record["domains"]) == list(VILLAGE.domains)
