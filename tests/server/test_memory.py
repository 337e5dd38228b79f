from __future__ import annotations

from pathlib import Path

import pytest

from oralu.server.memory import MEGABYTE, memory_of_machine, settings
from oralu.server.postgres import Server

GIGABYTE = 1024 * MEGABYTE


@pytest.mark.parametrize(
    ("memory", "own", "counted_on"),
    [
        (256 * MEGABYTE, "64MB", "128MB"),
        (2 * GIGABYTE, "256MB", "1024MB"),
        (16 * GIGABYTE, "2048MB", "8192MB"),
        (512 * GIGABYTE, "4096MB", "262144MB"),
    ],
)
def test_the_database_takes_a_share_of_the_machine(memory: int, own: str, counted_on: str) -> None:
    made = settings(memory)
    assert (made["shared_buffers"], made["effective_cache_size"]) == (own, counted_on)


def test_the_limit_of_a_container_counts_where_there_is_one(tmp_path: Path) -> None:
    whole = memory_of_machine(tmp_path / "missing")
    limit = tmp_path / "memory.max"
    for text, wanted in (("max\n", whole), (f"{128 * MEGABYTE}\n", 128 * MEGABYTE), (f"{whole * 2}\n", whole)):
        limit.write_text(text, encoding="ascii")
        assert memory_of_machine(limit) == wanted


def test_a_durable_server_is_started_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Server(tmp_path / "data") as server, server.connect_admin() as admin:
        row = admin.execute("select setting::bigint * 8192 from pg_settings where name = 'shared_buffers'").fetchone()
    assert row is not None
    assert f"{row[0] // MEGABYTE}MB" == settings(memory_of_machine())["shared_buffers"]
