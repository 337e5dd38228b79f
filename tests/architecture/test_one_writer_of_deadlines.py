"""What a clock says is computed from its log by `referrals/clocks.py` and set nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "oralu"
WRITER = PACKAGE / "apps" / "referrals" / "clocks.py"
COMPUTED = {"target_at", "limit_at", "due_at", "due_step"}
GIVEN = {"apps/referrals/escalation_services.py: Clock(limit_at=…)"}
"""The clock of a corrective measure has the date that was ordered; the rest of it is computed like any other."""


def writes(path: Path) -> Iterator[str]:
    where = path.relative_to(PACKAGE)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and part.attr in COMPUTED:
                    yield f"{where}: {ast.unparse(part)} ="
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            is_clock = name == "Clock" or name.startswith("Clock.objects") or name.endswith((".update", "setattr"))
            is_clock = is_clock or (name == "row_new" and ast.unparse(node.args[0]) == "Clock")
            for keyword in node.keywords:
                if is_clock and keyword.arg in COMPUTED and "filter" not in name.rpartition(".")[2]:
                    yield f"{where}: {name}({keyword.arg}=…)"
            if name == "setattr" and ast.unparse(node.args[1]).strip("'\"") in COMPUTED:
                yield f"{where}: setattr {ast.unparse(node.args[1])}"


def test_only_the_module_of_clocks_sets_what_a_clock_says() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts and path != WRITER]
    assert {line for path in modules for line in writes(path)} == GIVEN


def test_the_search_finds_what_it_looks_for() -> None:
    assert {line.rpartition(" ")[0].rpartition(".")[2] for line in writes(WRITER)} >= COMPUTED
