"""The tables say what the interpreter says, in every cell.

A domain whose facts are its own is gone through in every combination of all that it reads: values, evidence, ages and
ends as far as a condition or a look-ahead can tell them apart, the classes of days, referrals and breaches. A domain
that reads the results of others (the judging one) is gone through in every combination of what the others can say on
the same day, each said by a real case; that this is enough is itself checked: cases of which the interpreter says the
same give the later tables the same signals."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lattice.cells import Reference, Source, Told, codes_of, day_source, flag_source, grid, sources_for
from oralu.core.edition import Edition
from oralu.core.lattice.answers import Answers, evaluate_codes
from oralu.core.lattice.asking import words_of
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.codes import Codes
from oralu.policyfiles import load_edition
from oralu.tables.cache import load_lattice

VILLAGE = Path(__file__).parent.parent / "policy" / "editions" / "village-2030"
# Domains that read each other's facts or results stand in one block; the judging domain reads the blocks.
BLOCKS = {
    "kz-pilot-2026": (("legal",), ("housing",), ("economic",), ("medical",)),
    "village-2030": (("roof", "field", "herd"), ("school",), ("neighbours",)),
}
LARGE = ("medical", "roof")


@lru_cache
def edition_of(name: str) -> Edition:
    return load_edition(VILLAGE if name == "village-2030" else name)


@lru_cache
def lattice_of(name: str) -> Lattice:
    return load_lattice(edition_of(name))


@lru_cache
def reference_of(name: str) -> Reference:
    return Reference(edition_of(name))


def results_read(reference: Reference, axes: list[Any]) -> set[str]:
    return {str(a.key[1]) for a in axes if a.key[0] in ("points", "failed", "risk", "ahead")}


def axes_of(reference: Reference, domains: tuple[str, ...]) -> list[Any]:
    programs = [reference.program.domains[code] for code in domains]
    mask = 0
    for program in programs:
        mask |= program.core_mask | program.risk_mask
    return reference.program.axes.within(mask)


def rules_within(reference: Reference, domains: tuple[str, ...]) -> list[int]:
    """The rules that read results of these domains alone, and facts of theirs."""
    found = []
    for place, rule in enumerate(reference.edition.rules):
        axes = reference.axes_of_rule(place)
        read = results_read(reference, axes)
        if rule.domain in domains and read and read <= set(domains):
            found.append(place)
    return found


def wrong(reference: Reference, answers: Answers, told: dict[str, Told]) -> str | None:
    domains = reference.edition.domains
    for code, tells in told.items():
        place = domains.index(code)
        for kind, ours, theirs in (
            ("points", answers.points[place], tells.points[0]),
            ("failed", answers.failed[place], tells.failed[0]),
            ("risk", answers.risk[place], tells.risk),
        ):
            if not np.array_equal(ours, theirs):
                row = int(np.flatnonzero(ours != theirs)[0])
                return f"{kind} of {code} in row {row}: table {ours[row]}, interpreter {theirs[row]}"
    return None


def tell(reference: Reference, domains: tuple[str, ...], codes: Codes, before: dict[str, Told]) -> dict[str, Told]:
    told = dict(before)
    for code in reference.edition.evaluation_order:
        if code in domains:
            told[code] = reference.domain(code, codes, told)
    return {code: told[code] for code in domains}


def bit(answers: Answers, place: int) -> Any:
    return (answers.rules >> answers.rules.dtype.type(place)) & answers.rules.dtype.type(1) > 0


def go_through(name: str, domains: tuple[str, ...]) -> int:
    """Every cell of a block; the number of cells."""
    reference, lattice = reference_of(name), lattice_of(name)
    rules = rules_within(reference, domains)
    axes = axes_of(reference, domains) + [a for place in rules for a in reference.axes_of_rule(place)]
    assert results_read(reference, axes) <= set(domains)
    sources = [day_source(reference.edition), *sources_for(reference.edition, axes)]
    cells = 0
    for ways in grid(sources):
        codes = codes_of(sources, ways)
        answers = evaluate_codes(lattice, codes, checked=cells == 0)
        told = tell(reference, domains, codes, {})
        assert wrong(reference, answers, told) is None
        for place in rules:
            assert np.array_equal(bit(answers, place), reference.rule(place, codes, told)), place
        cells += len(codes)
    return cells


SMALL = [(n, b) for n, blocks in BLOCKS.items() for b in blocks if not set(b) & set(LARGE)]


@pytest.mark.parametrize(("name", "domains"), SMALL, ids=lambda v: v if isinstance(v, str) else "-".join(v))
def test_every_cell_of_a_domain(name: str, domains: tuple[str, ...]) -> None:
    assert go_through(name, domains) > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "domains", "least"),
    [("kz-pilot-2026", ("medical",), 80_000_000), ("village-2030", ("roof", "field", "herd"), 1_000_000)],
    ids=["medical", "roof-field-herd"],
)
def test_every_cell_of_a_large_domain(name: str, domains: tuple[str, ...], least: int) -> None:
    assert go_through(name, domains) >= least


@pytest.mark.parametrize("name", BLOCKS)
def test_every_rule_that_reads_facts_in_every_cell_that_it_reads(name: str) -> None:
    reference, lattice = reference_of(name), lattice_of(name)
    tested = 0
    for place in range(len(reference.edition.rules)):
        axes = reference.axes_of_rule(place)
        if results_read(reference, axes):
            continue
        sources = [day_source(reference.edition), *sources_for(reference.edition, axes)]
        seen = set()
        for ways in grid(sources):
            codes = codes_of(sources, ways)
            expected = reference.rule(place, codes, {})
            assert np.array_equal(bit(evaluate_codes(lattice, codes), place), expected), reference.edition.rules[
                place
            ].code
            seen |= set(np.unique(expected).tolist())
        assert seen == {False, True}
        tested += 1
    assert tested >= 1


def signals(name: str, codes: Codes) -> Any:
    """What the tables of a block tell the judging one: the bytes of its lane."""
    lattice = lattice_of(name)
    lane = lattice.tables[-1].lane
    return words_of(lattice, codes).view("<u2")[:, lane // 16]


def heard_of(reference: Reference, code: str, told: Told) -> list[Any]:
    """Of what is told of a domain, that which the judging domain or a rule that reads several domains can read."""
    judge = axes_of(reference, (reference.edition.judging_domain,))
    rules = [axis for place in range(len(reference.edition.rules)) for axis in reference.axes_of_rule(place)]
    of_judge, of_rules = ({axis.key[0] for axis in axes if axis.key[1:2] == (code,)} for axes in (judge, rules))
    columns = list(told.points) if "points" in of_judge else []
    columns += told.points[:1] if "points" in of_rules - of_judge else []
    columns += list(told.failed) if "failed" in of_judge else told.failed[:1] if "failed" in of_rules else []
    return columns + ([told.risk] if "risk" in of_judge | of_rules else [])


@lru_cache
def representatives(name: str, domains: tuple[str, ...], day: int) -> tuple[list[Source], list[Any]]:
    """For everything that the interpreter can say of a block on a day (with its referrals), a case of which it is said;
    and a check that all cases of which the same is said give the same signals."""
    reference = reference_of(name)
    edition = reference.edition
    axes = axes_of(reference, domains)
    sources = [day_source(edition, within=(day,)), *sources_for(edition, axes)]
    have = {source.name for source in sources}
    sources += [s for d in domains if (s := flag_source("referral", d, 3)).name not in have]
    said: dict[int, tuple[int, int]] = {}
    rows: list[Any] = []
    for ways in grid(sources):
        codes = codes_of(sources, ways)
        told = tell(reference, domains, codes, {})
        number = np.zeros(len(codes), np.int64)
        for code in domains:
            for column in heard_of(reference, code, told[code]):
                number = number * (edition.highest_points + len(edition.risk_levels)) + column
            number = number * 3 + codes.referrals[code]
        heard = signals(name, codes)
        kinds, first, inverse = np.unique(number, return_index=True, return_inverse=True)
        assert np.array_equal(heard, heard[first][inverse]), f"{domains} on day {day}: one saying, two signals"
        for kind, row in zip(kinds.tolist(), first.tolist(), strict=True):
            if kind not in said:
                said[kind] = (len(rows), int(heard[row]))
                rows.append([way[row] for way in ways])
            assert said[kind][1] == int(heard[row])
    return sources, [np.array(way) for way in zip(*rows, strict=True)]


def judged(name: str, day: int) -> int:
    reference, lattice = reference_of(name), lattice_of(name)
    edition = reference.edition
    judge = edition.judging_domain
    blocks = [representatives(name, domains, day) for domains in BLOCKS[name]]
    own_axes = [
        a
        for a in axes_of(reference, (judge,))
        if len(a.key) < 2 or a.key[1] in (judge, "any") or _own(edition, a, judge)
    ]
    own = [s for s in sources_for(edition, own_axes) if s.name[0] != "referral" or s.name[1] == judge]
    parts = [Source(("block", str(n)), {"row": np.arange(len(ways[0]))}) for n, (_, ways) in enumerate(blocks)]
    rules = [p for p in range(len(edition.rules)) if len(results_read(reference, reference.axes_of_rule(p))) > 0]
    cells = 0
    for ways in grid([*parts, *own]):
        sources: list[Source] = []
        each: list[Any] = []
        for (block, rows), chosen in zip(blocks, ways, strict=False):
            for source, row in zip(block, rows, strict=True):
                if source.name != ("day",) or not sources:
                    sources.append(source)
                    each.append(row[chosen])
        codes = codes_of(sources + own, each + ways[len(parts) :])
        told = tell(reference, tuple(edition.evaluation_order), codes, {})
        answers = evaluate_codes(lattice, codes, checked=False)
        assert wrong(reference, answers, told) is None
        for place in rules:
            assert np.array_equal(bit(answers, place), reference.rule(place, codes, told)), edition.rules[place].code
        cells += len(codes)
    return cells


def _own(edition: Edition, axis: Any, judge: str) -> bool:
    return axis.key[0] in ("fact", "evidence", "age") and edition.fact(str(axis.key[1])).domain == judge


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKS)
def test_every_cell_of_the_judging_domain(name: str) -> None:
    days = day_source(edition_of(name)).columns["day"].tolist()
    counted = [judged(name, day) for day in days]
    assert min(counted) > 0


def test_the_reference_is_the_interpreter() -> None:
    """On random cases it says what `evaluate` says, so that agreement with it means something."""
    from oralu.core.evaluation import evaluate
    from oralu.core.lattice.codes import pack
    from oralu.core.records import read_record
    from policy.random_cases import random_records

    edition, reference = edition_of("kz-pilot-2026"), reference_of("kz-pilot-2026")
    snapshots = [read_record(edition, record)[1] for record in random_records(5, 1_000)]
    codes = pack(edition, snapshots)
    told = tell(reference, edition.evaluation_order, codes, {})
    for row, snapshot in enumerate(snapshots):
        found = evaluate(edition, snapshot)
        for code, result in found.domains.items():
            ours = told[code]
            level = edition.risk_levels[ours.risk[row]]
            assert (ours.points[0][row], bool(ours.failed[0][row]), level) == (
                result.points,
                result.failed,
                result.risk,
            )
        rules = [r.code for p, r in enumerate(edition.rules) if reference.rule(p, codes, told)[row]]
        assert rules == [rule.code for rule in found.actions]
