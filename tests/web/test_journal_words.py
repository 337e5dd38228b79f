"""Every kind of entry that the source writes into the journal has words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import oralu
from oralu.apps.referrals.models import Need, Referral
from oralu.core.lifecycle import REFERRAL
from oralu.web.case.journal_words import SENTENCES

SOURCE = Path(oralu.__file__).parent
NEED_ENDS = [state for state in Need.State.values if state != Need.State.OPEN]
EXPANDED = {
    "need.{}": [f"need.{state}" for state in NEED_ENDS],
    "referral.{}": [f"referral.{event}" for event in (*REFERRAL.events, *Referral.State.values[:3])],
    "referral.person_{}": [f"referral.person_{answer}" for answer in ("confirmed", "disputed")],
}
"""What stands for a kind that is put together: the ends of a need, the events of a referral and the states in which one
is written, the two answers of a person. A new pattern has to be added here, and its kinds get words."""


def written_kinds(text: str) -> Iterator[str]:
    """The kinds in a module: of every `entry_record(kind=…)` and `Record(…)`, through names and conditions. Fails for
    one that cannot be followed, so that none slips by."""
    tree = ast.parse(text)
    if not any(isinstance(n, ast.ImportFrom) and n.module == "oralu.apps.journal.services" for n in ast.walk(tree)):
        return
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "entry_record":
                    yield from kinds_of(next(k.value for k in node.keywords if k.arg == "kind"), names)
                elif node.func.id == "Record":
                    yield from kinds_of(node.args[0], names)


def kinds_of(node: ast.expr, names: dict[str, ast.expr]) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return kinds_of(node.body, names) + kinds_of(node.orelse, names)
    if isinstance(node, ast.Name):
        return kinds_of(names[node.id], names)
    if isinstance(node, ast.JoinedStr):
        pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return EXPANDED[pattern]
    raise AssertionError(f"a kind of the journal that cannot be followed: {ast.unparse(node)}")


def kinds_of_source() -> set[str]:
    written: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.name != "services.py" or path.parent.name != "journal":
            written.update(written_kinds(path.read_text(encoding="utf-8")))
    return written


def test_every_kind_has_words() -> None:
    written = kinds_of_source()
    assert len(written) > 60
    assert sorted(written - set(SENTENCES)) == []


def test_the_walk_follows_names_conditions_and_patterns() -> None:
    text = (
        "from oralu.apps.journal.services import Record, entry_record\n"
        "def act(a, event):\n"
        "    kind = 'x.one' if a else 'x.two'\n"
        "    entry_record(kind=kind, at=1)\n"
        "    Record(f'referral.person_{event}', 1)\n"
    )
    assert set(written_kinds(text)) == {"x.one", "x.two", "referral.person_confirmed", "referral.person_disputed"}


def test_no_words_are_kept_for_what_nobody_writes() -> None:
    assert sorted(set(SENTENCES) - kinds_of_source()) == []
