"""Set-up on a machine where something is missing: one clear sentence, and no trace."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oralu.config.environment import PROJECT_FOLDER

SCRIPTS = ("setup.sh", "common.sh")
USED = ("bash", "cat", "sha256sum", "cut", "dirname", "env", "head", "rm", "uname")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose Python parts are in place, so that only the browser's are missing."""
    root = tmp_path / "project"
    (root / "scripts").mkdir(parents=True)
    for name in SCRIPTS:
        shutil.copy(PROJECT_FOLDER / "scripts" / name, root / "scripts")
    parts = ("requirements.lock", "pyproject.toml", "package.json", "package-lock.json")
    for name in parts:
        shutil.copy(PROJECT_FOLDER / name, root)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    wanted = hashlib.sha256((root / parts[0]).read_bytes() + (root / parts[1]).read_bytes()).hexdigest()
    (root / ".venv" / "oralu.stamp").write_text(f"{wanted} {root}\n", encoding="ascii")
    return root


def test_without_node_set_up_says_so_in_one_sentence(project: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in USED:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    done = subprocess.run(
        [programs / "bash", "scripts/setup.sh"],
        cwd=project,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Node.js 18 or newer with npm is needed")
    assert not (project / "node_modules").exists()
