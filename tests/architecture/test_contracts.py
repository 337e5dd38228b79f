"""The contracts between packages that an import graph alone does not tell (DESIGN.md, Layout)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "oralu"
APPS = PACKAGE / "apps"
WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
IMPURE = {
    "asyncio", "ftplib", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets",
    "shutil", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow"}
READS_THE_CLOCK = {"routing/worker.py"}
"""The worker's loop is where time enters: it stands beside the doors, and passes `at` down."""


def sources(folder: Path) -> list[Path]:
    """Modules of the running program: no tests, no migrations."""
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not {"migrations", "tests"} & set(path.parts) and not path.name.startswith("test_")
    ]


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each thing imported when the program runs (not for type checking only)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def calls_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and written form of each call."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def found(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(PACKAGE)}:{line} {what}"


def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_the_core_imports_the_standard_library_numpy_scipy_and_itself() -> None:
    allowed = (set(sys.stdlib_module_names) - IMPURE) | {"numpy", "scipy", "oralu.core"}
    strangers = [
        found(path, line, name)
        for path in sources(PACKAGE / "core")
        for line, name in imports_of(path)
        if name.split(".")[0] not in allowed and ".".join(name.split(".")[:2]) not in allowed
    ]
    assert strangers == []


def test_the_core_touches_no_file() -> None:
    touched = [
        found(path, line, call)
        for path in sources(PACKAGE / "core")
        for line, call in calls_of(path)
        if call in {"open", "print", "input", "eval", "exec"}
    ]
    assert touched == []


def test_nothing_below_the_doors_reads_the_clock() -> None:
    readings = [
        found(path, line, call)
        for folder in (APPS, PACKAGE / "core")
        for path in sources(folder)
        if path.relative_to(folder).as_posix() not in READS_THE_CLOCK
        for line, call in calls_of(path)
        if call.rpartition(".")[2] in CLOCKS and "." in call
    ]
    assert readings == [], "pass `at` down instead"


def test_an_application_writes_its_own_tables_only() -> None:
    """Models are read across applications (types, states, joins); a row of another is written by its services, or in
    whole batches by `routing`, the one way by which facts become needs and referrals."""
    written = []
    for path in sources(APPS):
        if path.is_relative_to(APPS / "routing"):
            continue
        own = path.relative_to(APPS).parts[0]
        foreign = {
            name.rpartition(".")[2]
            for _, name in imports_of(path)
            if name.startswith("oralu.apps.") and name.split(".")[2] != own and name.split(".")[3] == "models"
        }
        written += [
            found(path, line, call)
            for line, call in calls_of(path)
            if call.rpartition(".")[2] in WRITES and call.split(".")[0] in foreign and ".objects" in call
        ]
    assert written == []


def test_nothing_happens_behind_a_save() -> None:
    hidden = [
        found(path, line, name)
        for path in sources(APPS)
        for line, name in imports_of(path)
        if name.startswith("django.db.models.signals") or name == "django.dispatch.receiver"
    ]
    overridden = [
        found(path, node.lineno, f"def {node.name}")
        for path in sources(APPS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "full_clean"} and path.name == "models.py"
    ]
    assert hidden + overridden == []
