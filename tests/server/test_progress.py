"""What a long load says where nobody sits at a terminal."""

from __future__ import annotations

import pytest

from oralu.server.demo import Progress


def told(capsys: pytest.CaptureFixture[str], *, is_live: bool, total: int) -> str:
    progress = Progress(is_live=is_live)
    for done in range(1, total + 1):
        progress(done, total)
    return capsys.readouterr().out


@pytest.mark.parametrize("total", [10, 37, 200])
def test_without_a_terminal_every_tenth_part_is_a_line(capsys: pytest.CaptureFixture[str], total: int) -> None:
    out = told(capsys, is_live=False, total=total)
    assert "\r" not in out
    lines = out.splitlines()
    assert len(lines) == Progress.PARTS
    assert "s left" in lines[0]
    assert lines[-1].startswith("Loading the demo cohort: 100 %, ")


def test_on_a_terminal_one_line_is_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, is_live=True, total=50)
    assert out.count("\n") == 1
    assert out.count("\r") == 50
