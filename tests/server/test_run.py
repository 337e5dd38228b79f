"""`oralu run` as a whole: it opens, stops, survives the death of any part, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from oralu.config.environment import private_connection
from oralu.server.postgres import Server
from server.conftest import Oralu, processes_of, until


def test_it_opens_stops_and_opens_again(oralu: Oralu) -> None:
    oralu.open()
    assert oralu.healthy()
    assert oralu.stop(signal.SIGINT) == 0
    assert processes_of(oralu.folder) == {}
    assert not oralu.healthy()

    oralu.open()
    assert "Preparing the database" not in oralu.said()
    assert oralu.healthy()
    assert oralu.stop(signal.SIGTERM) == 0
    assert processes_of(oralu.folder) == {}


def test_a_killed_run_leaves_no_orphan_and_the_next_start_finds_every_committed_row(oralu: Oralu) -> None:
    oralu.open()
    with psycopg.connect(private_connection(oralu.folder)["owner"]) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('here')")
    assert len(processes_of(oralu.folder)) >= 5

    assert oralu.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not processes_of(oralu.folder), "no orphan")

    oralu.open()
    with psycopg.connect(private_connection(oralu.folder)["owner"]) as connection:
        assert connection.execute("select word from kept").fetchone() == ("here",)
    oralu.stop()


def test_a_run_killed_while_the_database_is_being_made_leaves_a_folder_that_still_starts(oralu: Oralu) -> None:
    process = oralu.start()
    until(lambda: (oralu.folder / "postgres.new").exists() or process.poll() is not None, "initdb at work")
    oralu.stop(signal.SIGKILL)
    until(lambda: not processes_of(oralu.folder), "no orphan")
    oralu.open()
    oralu.stop()


@pytest.mark.parametrize("part", ["-m oralu.server.web", "-m oralu worker", "bin/postgres -D"])
def test_a_part_that_dies_is_started_again(oralu: Oralu, part: str) -> None:
    oralu.open()

    def running() -> set[int]:
        return {pid for pid, command in processes_of(oralu.folder).items() if part in command}

    first = min(running())
    os.kill(first, signal.SIGKILL)

    until(lambda: "is started again" in oralu.said(), "noticed")
    # A connection that outlives the database's first process may still be answered before the next one stands.
    until(lambda: running() - {first}, "another one")
    until(oralu.healthy, "healthy again")
    assert oralu.process is not None
    assert oralu.process.poll() is None
    assert first not in running()
    assert oralu.stop() == 0
    assert processes_of(oralu.folder) == {}


def test_the_web_server_never_learns_the_owners_address(oralu: Oralu) -> None:
    oralu.open()
    owner = private_connection(oralu.folder)["owner_password"].encode()
    for pid, command in processes_of(oralu.folder).items():
        assert owner not in Path(f"/proc/{pid}/environ").read_bytes(), command
    oralu.stop()


def test_a_second_run_on_the_same_folder_is_refused(oralu: Oralu) -> None:
    with Server(oralu.folder, durable=False):
        sentence = oralu.refused()
    assert "already runs" in sentence
    assert str(os.getpid()) in sentence


def test_a_taken_port_is_refused_before_anything_is_written(oralu: Oralu, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        sentence = oralu.refused()
    assert f"Port {port} is taken" in sentence
    assert not oralu.folder.exists()


def test_a_folder_that_cannot_be_written_is_refused(place: Path, port: int) -> None:
    (place / "file").write_text("a file, not a folder")
    oralu = Oralu(place / "file" / "data", port)
    oralu.output = place / "output.txt"
    sentence = oralu.refused()
    assert f"The data folder {place / 'file' / 'data'} cannot be written" in sentence


def test_database_url_takes_precedence_and_no_private_server_is_started(place: Path, port: int) -> None:
    with Server(place / "elsewhere", durable=False) as server:
        addresses = {
            "DATABASE_URL": server.app_url,
            "ORALU_OWNER_DATABASE_URL": server.owner_url,
            "ORALU_WORKER_DATABASE_URL": server.worker_url,
        }
        oralu = Oralu(place / "data", port, addresses)
        oralu.open()
        assert oralu.healthy()
        assert not (oralu.folder / "postgres").exists()
        with psycopg.connect(server.app_url) as connection:
            row = connection.execute("select count(*) from access_user").fetchone()
        assert row == (0,)
        oralu.stop()


def test_database_url_without_an_owner_says_what_is_missing(place: Path, port: int) -> None:
    with Server(place / "elsewhere", durable=False) as server:
        sentence = Oralu(place / "data", port, {"DATABASE_URL": server.app_url}).refused()
    assert "lacks" in sentence
    assert "ORALU_OWNER_DATABASE_URL" in sentence


def test_a_database_that_does_not_answer_is_one_sentence(place: Path, port: int) -> None:
    address = "postgresql://oralu_app:wrong@127.0.0.1:1/oralu"
    sentence = Oralu(place / "data", port, {"DATABASE_URL": address}).refused()
    assert "cannot be prepared" in sentence
    assert "wrong" not in sentence


def test_a_worker_that_lives_and_does_nothing_is_ended_and_started_again(place: Path, port: int) -> None:
    # Longer than a worker needs for its first sign of life on a busy machine, or each new one is ended in its turn.
    oralu = Oralu(place / "data", port, {"ORALU_WORKER_SILENCE": "15"})
    oralu.open()
    until(lambda: seen(oralu) is not None, "the worker at work")
    worker = min(pid for pid, command in processes_of(oralu.folder).items() if "-m oralu worker" in command)
    os.kill(worker, signal.SIGSTOP)
    stopped = seen(oralu)

    until(lambda: "The worker has been silent for" in oralu.said(), "noticed")
    until(lambda: seen(oralu) != stopped, "at work again")
    assert worker not in processes_of(oralu.folder)
    assert oralu.stop() == 0
    assert processes_of(oralu.folder) == {}


def seen(oralu: Oralu) -> object:
    with psycopg.connect(private_connection(oralu.folder)["app"]) as connection:
        row = connection.execute("select seen_at from routing_heartbeat").fetchone()
    return row[0] if row else None
