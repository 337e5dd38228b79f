"""`oralu clock`: one line out, or one line of error and a failing exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from oralu.cli.main import main


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["clock", *args])


@pytest.mark.parametrize(
    ("start", "allow", "expected"),
    [
        ("2026-03-20T17:30:00+05:00", "3WD", "2026-03-31T00:00:00+05:00"),
        ("2026-03-20T12:30:00Z", "3WD", "2026-03-31T00:00:00+05:00"),
        ("2026-03-20T17:30:00+05:00", "PT24H", "2026-03-21T17:30:00+05:00"),
        ("2024-02-28T17:30:00+06:00", "PT24H", "2024-02-29T17:30:00+06:00"),
        ("2026-03-20T17:30:00+05:00", "P7D", "2026-03-28T00:00:00+05:00"),
    ],
)
def test_due_is_printed_in_the_time_of_almaty(start: str, allow: str, expected: str) -> None:
    result = run("due", "--start", start, "--allow", allow)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{expected}\n", "")


@pytest.mark.parametrize(
    ("start", "allow", "says"),
    [
        ("2026-03-20T17:30:00", "3WD", "no UTC offset"),
        ("2026-03-20", "3WD", "no UTC offset"),
        ("tomorrow", "3WD", "is not a time"),
        ("2026-02-30T10:00:00+05:00", "3WD", "is not a time"),
        ("2026-03-20T17:30:00+05:00", "3", "not an allowance"),
        ("2026-03-20T17:30:00+05:00", "0WD", "not an allowance"),
        ("2026-03-20T17:30:00+05:00", "PT4000H", "between 1 and 3660"),
        ("2023-12-31T17:59:59+00:00", "PT1H", "2024-01-01 to 2027-12-31"),
        ("2031-01-01T00:00:00+05:00", "P1D", "2024-01-01 to 2027-12-31"),
        ("2027-12-30T00:00:00+05:00", "3WD", "2024-01-01 to 2027-12-31"),
        ("0001-01-01T00:00:00+05:00", "3WD", "out of range"),
    ],
)  # fmt: skip
def test_a_fault_is_one_clear_line_and_a_failing_status(start: str, allow: str, says: str) -> None:
    result = run("due", "--start", start, "--allow", allow)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_days_off_of_a_year_are_listed_with_their_origin() -> None:
    result = run("calendar", "--year", "2024", "--lang", "ru")
    assert "2024-05-08  transferred    (2024-05-04)" in result.stdout
    assert "2024-05-04  made_working   (2024-05-08)" in result.stdout
    assert "2024-07-08  shifted        (2024-07-06)  День столицы" in result.stdout
    assert run("calendar", "--year", "2030").exit_code == 1


def test_it_starts_without_django() -> None:
    code = (
        "import sys; from oralu.cli.main import main\n"
        "try: main(['clock', 'due', '--start', '2026-03-20T17:30:00+05:00', '--allow', 'P1D'])\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in {'django', 'holidays', 'psycopg'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["2026-03-22T00:00:00+05:00", "[]"]
