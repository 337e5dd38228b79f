"""A disk that is really full: one clear sentence at start and when it fills during work, and a good start once there is
room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from oralu.config.environment import private_connection
from server.conftest import PATIENCE, Oralu, end_all, until

MEGABYTE = 1024 * 1024


@pytest.fixture
def small(place: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of its own, of as many megabytes as the test asks for."""
    folder = place / "disk"
    folder.mkdir(mode=0o711)
    options = f"size={request.param}m,mode=0711"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("this account may not mount a disk")
    yield folder
    end_all(place)
    until(lambda: subprocess.run(["umount", str(folder)], check=False).returncode == 0, "nobody works on the disk")


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(bytes(MEGABYTE))
        except OSError:
            pass
    return file


def write_log(url: str) -> None:
    """More of the database's log than there is room for."""
    with psycopg.connect(url, autocommit=True) as admin:
        for _segment in range(6):
            admin.execute("select pg_logical_emit_message(false, 'x', repeat('x', 12000000))")


@pytest.mark.parametrize("small", [60], indirect=True)
def test_too_small_a_disk_is_one_sentence_at_start(small: Path, port: int) -> None:
    oralu = Oralu(small / "data", port)
    oralu.output = small.parent / "output.txt"
    process = oralu.start()
    assert process.wait(PATIENCE) == 1
    said = oralu.said()
    assert f"The disk that holds {small / 'data'} is full" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("small", [420], indirect=True)
def test_a_disk_that_fills_during_work_ends_it_with_one_sentence_and_loses_nothing(small: Path, port: int) -> None:
    oralu = Oralu(small / "data", port)
    oralu.output = small.parent / "output.txt"
    oralu.open()
    urls = private_connection(oralu.folder)
    with psycopg.connect(urls["owner"]) as owner:
        owner.execute("create table kept (word text)")
        owner.execute("insert into kept values ('here')")
    filling = fill(small)
    with pytest.raises(psycopg.Error):
        write_log(urls["admin"])
    assert oralu.process is not None
    assert oralu.process.wait(PATIENCE) == 1
    said = oralu.said()
    assert said.count(f"The disk that holds {oralu.folder} is full") == 1
    assert "Traceback" not in said

    filling.unlink()
    oralu.open()
    with psycopg.connect(private_connection(oralu.folder)["owner"]) as owner:
        assert owner.execute("select word from kept").fetchone() == ("here",)
    oralu.stop()
