"""What the guides point at exists: files, pictures, commands, targets of make, settings, tests. A recipe that names a
file that was moved is worse than none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oralu.cli.main import LazyGroup

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src" / "oralu").rglob("README.md")]
    if "policy" not in path.relative_to(ROOT).parts[1:2]
)
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:src|tests|docs|scripts|samples)/[\w./-]+?\.(?:py|md|yaml|html|po|png|csv|xlsx|sh))`")
TO_BE_MADE = {"tests/web/test_colleagues.py", "src/oralu/web/templates/colleagues/colleagues.html"}
"""The files of the recipe for a screen, which its reader makes."""
MOST_BYTES = 300_000


def missing(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    yield from (link for link in LINK.findall(text) if not (page.parent / link).exists())
    yield from (name for name in FILE.findall(text) if name not in TO_BE_MADE and not (ROOT / name).exists())


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert list(missing(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in re.findall(r"`make [a-z][^`]*`", text) for word in re.findall(r"make ([a-z]+)", line)}
    assert named <= targets
    for group, command in re.findall(r"`oralu (policy|clock|cases) ([a-z]+)", text):
        found = LazyGroup().get_command(None, group)  # type: ignore[arg-type]
        assert command in found.commands, f"oralu {group} {command}"  # type: ignore[union-attr]


def test_every_setting_in_the_guide_for_operators_is_read_somewhere() -> None:
    guide = (ROOT / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "oralu").rglob("*.py"))
    read = set(re.findall(r"ORALU_[A-Z_]*[A-Z]", sources))
    assert set(re.findall(r"\bORALU_[A-Z_]*[A-Z]", guide)) <= read
    assert read - set(re.findall(r"\bORALU_[A-Z_]*[A-Z]", guide)) <= {f"ORALU_SMTP_{x}" for x in SMTP}


SMTP = ("PORT", "USER", "PASSWORD", "TLS", "FROM")
"""The guide names these by their endings, behind `ORALU_SMTP_HOST`."""


def test_every_test_that_a_recipe_promises_is_there() -> None:
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = {name for name in re.findall(r"`(test_[a-z_]+)", recipes) if not name.endswith("_py")}
    assert {name for name in names if f"def {name}(" not in tests} == set()


def test_the_statements_of_the_guide_are_those_of_the_program() -> None:
    guide = (ROOT / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")
    source = (ROOT / "src" / "oralu" / "server" / "roles.py").read_text(encoding="utf-8")
    plain = re.search(r'_PLAIN: LiteralString = "(.+)"', source)
    assert plain is not None
    assert guide.count(plain[1]) == 3
    for privileges in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
        assert privileges in source
        assert f"GRANT {privileges} TO oralu_app;" in guide


def test_pictures_are_small_and_shown() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert pictures
    assert [p.name for p in pictures if p.stat().st_size > MOST_BYTES or p.name not in shown] == []
