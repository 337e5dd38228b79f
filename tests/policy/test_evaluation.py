"""The evaluation as other parts of Oralu use it: refusals, reasons, waiting, the ledger, and its time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import pytest

from oralu.core.edition import facts_read, rule_facts
from oralu.core.evaluation import ReferralState, Snapshot, SnapshotError, evaluate, waiting
from oralu.core.explain import allowance_words, explain
from oralu.core.facts import FactState, Statement, answers_as_of, as_of
from oralu.core.program import compiled
from oralu.policyfiles import load_edition
from policy.plain import Plain, random_snapshot

PILOT = load_edition("kz-pilot-2026")
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(day: int, **facts: str) -> Snapshot:
    return Snapshot(day, "female", {name: FactState(value, day, evidence=True) for name, value in facts.items()})


def said(
    number: int, name: str, value: str, day: int, *, until: int | None = None, hour: int | None = None
) -> Statement:
    return Statement(number, name, value, day, T0 + timedelta(hours=number if hour is None else hour), True, until)


def retraction(number: int, of: int) -> Statement:
    return Statement(number, "", "", 0, T0 + timedelta(hours=number), False, None, of)


def test_random_cases_are_judged_as_the_plain_interpreter_judges_them() -> None:
    rng = random.Random(26)
    for _ in range(60):
        snapshot = random_snapshot(PILOT, rng, [0, 19, 20, 29, 30, 50, 60, 170, 180], [0, 3, 4, 13, 14, 40])
        plain, found = Plain(PILOT, snapshot, snapshot.day), evaluate(PILOT, snapshot)
        assert [(r.points, r.risk, r.failed) for r in found.domains.values()] == plain.signature()[0]
        assert [rule.code for rule in found.actions] == plain.rules()
        assert found.next_change == plain.next_change(260)


class TestRefusals:
    @pytest.mark.parametrize(
        ("snapshot", "word"),
        [
            (Snapshot(0, "other"), "other"),
            (at(0, colour="red"), "colour"),
            (at(0, plan="red"), "red"),
            (Snapshot(0, "male", {"plan": FactState("draft", 1)}), "after"),
            (Snapshot(0, "male", {"plan": FactState("draft", -3, until=-3)}), "ends"),
            (Snapshot(0, "male", referrals=(ReferralState("legal", "lost"),)), "lost"),
            (Snapshot(0, "male", referrals=(ReferralState("moral", "sent"),)), "moral"),
            (Snapshot(0, "male", breached=frozenset({"moral"})), "moral"),
        ],
    )
    def test_a_snapshot_that_the_edition_does_not_know(self, snapshot: Snapshot, word: str) -> None:
        with pytest.raises(SnapshotError, match=word):
            evaluate(PILOT, snapshot)


class TestReasons:
    def test_every_result_has_a_points_and_a_risk_reason_in_three_languages(self) -> None:
        rng = random.Random(7)
        for _ in range(200):
            snapshot = random_snapshot(PILOT, rng, [0, 30, 60, 180], [0, 14, 40])
            for result in evaluate(PILOT, snapshot).domains.values():
                kinds = {reason.kind for reason in result.reasons}
                assert {"points", "risk"} <= kinds
                assert ("failure" in kinds) == result.failed
                for reason in result.reasons:
                    assert len({reason.text(lang) for lang in ("kk", "ru", "en")}) == 3
                    assert reason.citation
                    assert reason.cited("ru")

    def test_two_points_without_proof_say_that_evidence_lacks(self) -> None:
        snapshot = Snapshot(0, "male", {"housing": FactState("stable", 0)})
        result = evaluate(PILOT, snapshot).domains["housing"]
        assert result.points == 1
        assert [r.kind for r in result.reasons] == ["points", "evidence_lacking", "risk"]

    def test_a_failure_ahead_is_named(self) -> None:
        result = evaluate(PILOT, at(20, identity_document="held")).domains["legal"]
        assert result.risk == "R2"
        assert ("ahead", "legal_day_30") in {(r.kind, r.line) for r in result.reasons}

    def test_facts_of_a_reason_are_those_that_its_line_reads(self) -> None:
        result = evaluate(PILOT, at(0, violence_threat="yes")).domains["housing"]
        facts = {reason.line: reason.facts for reason in result.reasons}
        assert facts["threat"] == ("violence_threat", "exploitation_risk")
        assert facts["housing_0"] == ("housing",)


class TestRules:
    def test_the_registration_waits_for_the_document(self) -> None:
        rule = PILOT.rule("L2")
        assert waiting(PILOT, rule, at(0))
        assert waiting(PILOT, rule, at(0, identity_document="none"))
        assert waiting(PILOT, rule, Snapshot(9, "male", {"identity_document": FactState("held", 0, until=9)}))
        assert not waiting(PILOT, rule, at(0, identity_document="applied"))
        assert rule.waits_why("ru")

    def test_no_other_rule_waits(self) -> None:
        assert [rule.code for rule in PILOT.rules if rule.waits_on is not None] == ["L2"]

    def test_the_two_rules_of_a_safe_place_are_one_need(self) -> None:
        assert PILOT.rule("H1").need == PILOT.rule("H2").need == "safe_place"
        assert len({rule.need for rule in PILOT.rules}) == len(PILOT.rules) - 1

    def test_only_the_enhanced_response_and_the_family_are_met_when_served(self) -> None:
        assert {rule.code for rule in PILOT.rules if rule.served_meets} == {"I2", "M4"}

    def test_the_facts_of_a_rule_include_those_behind_a_failure(self) -> None:
        assert rule_facts(PILOT, PILOT.rule("M3")) == (
            "housing",
            "violence_threat",
            "exploitation_risk",
            "psychological_need",
            "psychological_help",
        )
        behind = rule_facts(PILOT, PILOT.rule("I2"))
        assert {"identity_document", "housing", "income", "medical_help", "plan"} <= set(behind)
        assert "family_contact" not in behind

    def test_all_facts_are_read_by_something(self) -> None:
        assert facts_read(PILOT) == tuple(fact.name for fact in PILOT.facts)
        assert "family_contact" not in facts_read(PILOT, "medical")


class TestLedger:
    def test_the_latest_effective_statement_counts_not_the_latest_recorded(self) -> None:
        ledger = [said(1, "plan", "agreed", 5), said(2, "plan", "draft", 3)]
        assert as_of(ledger, day=5)["plan"].value == "agreed"
        assert as_of(ledger, day=4)["plan"].value == "draft"
        assert as_of(ledger, day=2) == {}

    def test_on_a_tie_the_latest_recorded_counts_then_the_later_id(self) -> None:
        assert as_of([said(1, "plan", "agreed", 5), said(2, "plan", "draft", 5)], day=5)["plan"].id == 2
        same = [said(2, "plan", "draft", 5, hour=0), said(1, "plan", "agreed", 5, hour=0)]
        assert as_of(same, day=5)["plan"].id == 2

    def test_the_day_of_until_makes_it_unknown_without_falling_back(self) -> None:
        ledger = [said(1, "housing", "stable", 0), said(2, "housing", "shelter", 3, until=10)]
        assert as_of(ledger, day=9)["housing"].value == "shelter"
        assert as_of(ledger, day=10) == {}

    def test_an_answer_without_value_displaces_nothing_and_is_kept_for_the_screen(self) -> None:
        ledger = [said(1, "income", "lawful", 0), said(2, "income", "refused", 4), said(3, "plan", "asked_unknown", 4)]
        assert {n: s.value for n, s in as_of(ledger, day=4).items()} == {"income": "lawful"}
        assert {n: s.value for n, s in answers_as_of(ledger, day=4).items()} == {
            "income": "lawful",
            "plan": "asked_unknown",
        }

    def test_a_retraction_counts_from_its_recording_and_can_itself_be_retracted(self) -> None:
        ledger = [said(1, "plan", "draft", 0), said(2, "plan", "agreed", 1), retraction(3, 2), retraction(4, 3)]
        assert as_of(ledger[:2], day=9)["plan"].value == "agreed"
        assert as_of(ledger[:3], day=9)["plan"].value == "draft"
        assert as_of(ledger, day=9)["plan"].value == "agreed"
        assert as_of(ledger, day=9, recorded_by=T0 + timedelta(hours=3))["plan"].value == "draft"
        assert as_of(ledger, day=9, recorded_by=T0 + timedelta(hours=2))["plan"].value == "agreed"

    def test_two_retractions_of_each_other_cannot_both_fall(self) -> None:
        first = replace(retraction(3, 4), recorded_at=T0 + timedelta(hours=3))
        ledger = [said(1, "plan", "draft", 0), first, retraction(4, 1)]
        assert as_of(ledger, day=0) == {}


@pytest.mark.parametrize(
    ("allowance", "ru", "kk", "en"),
    [
        ("PT24H", "24 часа", "24 сағат", "24 hours"),
        ("PT12H", "12 часов", "12 сағат", "12 hours"),
        ("1WD", "1 рабочий день", "1 жұмыс күні", "1 working day"),
        ("3WD", "3 рабочих дня", "3 жұмыс күні", "3 working days"),
        ("P21D", "21 календарный день", "21 күнтізбелік күн", "21 calendar days"),
        ("P111D", "111 календарных дней", "111 күнтізбелік күн", "111 calendar days"),
    ],
)
def test_an_allowance_in_words(allowance: str, ru: str, kk: str, en: str) -> None:
    assert [allowance_words(allowance, lang) for lang in ("ru", "kk", "en")] == [ru, kk, en]


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_an_explanation_shows_no_code_of_the_vocabulary(lang: str) -> None:
    snapshot = at(35, identity_document="held", housing="with_aggressor", plan="draft", family_contact="wanted")
    text = "\n".join(explain(PILOT, "x", snapshot, evaluate(PILOT, snapshot), lang))
    codes = [*(f.name for f in PILOT.facts), *PILOT.services, *PILOT.agencies, *PILOT.addressees, "with_aggressor"]
    assert [code for code in codes if "_" in code and code in text] == []
    assert PILOT.value_label("housing", "with_aggressor", lang) in text


def test_an_evaluation_takes_less_than_a_millisecond() -> None:
    rng = random.Random(1)
    cases = [random_snapshot(PILOT, rng, [0, 20, 30, 60, 180], [0, 3, 14, 40]) for _ in range(300)]
    times = []
    for snapshot in [*cases, *cases]:
        started = perf_counter()
        evaluate(PILOT, snapshot)
        times.append(perf_counter() - started)
    assert median(times) < 0.001


def test_what_is_kept_between_evaluations_is_bounded() -> None:
    for domain in compiled(PILOT).order:
        assert domain._core.cache_info().maxsize is not None
        assert domain._verdict.cache_info().maxsize is not None
