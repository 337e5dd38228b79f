"""One case by the tables: the answers of the interpreter."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from oralu.core.edition import Edition
from oralu.core.evaluation import Snapshot, evaluate
from oralu.core.lattice.single import Judge
from oralu.core.records import read_record
from oralu.policyfiles import load_edition
from oralu.tables.cache import load_lattice
from policy.plain import random_snapshot
from policy.random_cases import random_records

KZ = load_edition()
VILLAGE = load_edition(Path(__file__).parent.parent / "policy" / "editions" / "village-2030")
DAYS, AGES = [-27, -8, -7, 10, 49, 80, 95, 99, 100], [0, 2, 3, 10, 29, 30, 345, 365]


def snapshots(edition: Edition) -> list[Snapshot]:
    if edition is KZ:
        return [read_record(edition, record)[1] for record in random_records(41, 1_500)]
    rng = Random(42)
    return [random_snapshot(edition, rng, DAYS, AGES) for _ in range(1_500)]


@pytest.mark.parametrize("edition", [KZ, VILLAGE], ids=lambda edition: edition.id)
def test_the_answers_are_those_of_the_interpreter(edition: Edition) -> None:
    judge = Judge(load_lattice(edition))
    for snapshot in snapshots(edition):
        ours, theirs = judge.judge(snapshot), evaluate(edition, snapshot)
        for domain, result in theirs.domains.items():
            level = edition.risk_levels[ours.risk[domain]]
            assert (ours.points[domain], level) == (result.points, result.risk), snapshot
        found = (ours.index, ours.failures, [edition.rules[place].code for place in ours.rules], ours.next_change)
        wanted = (theirs.index, theirs.failures, [rule.code for rule in theirs.actions], theirs.next_change)
        assert found == wanted, snapshot
        assert judge.judge(snapshot, next_change=False).next_change is None
