"""docs/policy/ says what the policy files say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_pages_of_the_policy_are_made_from_its_files() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "policy_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
