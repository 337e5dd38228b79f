"""Copies of messages leave by SMTP, to a real server of its own process; what cannot be sent is tried again."""

from __future__ import annotations

import mailbox
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oralu.apps.messages.models import Delivery
from oralu.apps.messages.services import Outgoing, deliveries_send, messages_write
from ports import free_port
from world import World


@pytest.fixture
def smtp(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A mail server and the folder in which it keeps what it was given."""
    port, folder = free_port(), tmp_path / "mail"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, "-c", "aiosmtpd.handlers.Mailbox", str(folder)])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    end = time.monotonic() + 90
    while not answers(port):
        assert server.poll() is None, "the mail server did not start"
        assert time.monotonic() < end, "the mail server does not answer"
        time.sleep(0.1)
    yield folder
    server.terminate()
    server.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def write(world: World, key: str = "breach-1") -> None:
    world.kairat.email = "kairat@example.org"
    world.kairat.save()
    data = {"service": "safe_place", "edition": "kz-pilot-2026", "case": 7}
    messages_write(outgoing=[Outgoing(key, world.kairat.pk, "escalation", data=data, email=True)], at=world.at)


def test_a_message_arrives_once_in_the_language_of_its_reader(world: World, smtp: Path) -> None:
    write(world)
    write(world)
    assert deliveries_send(at=world.at) == 1
    assert deliveries_send(at=world.at + timedelta(days=1)) == 0
    (mail,) = mailbox.Maildir(smtp)
    assert mail["To"] == "kairat@example.org"
    assert mail["Message-ID"].startswith("<breach-1@")
    assert "7" in mail.get_payload(decode=True).decode()


def test_a_server_that_is_down_is_tried_again_later(world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, so that nobody else answers there, and silent
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        settings.EMAIL_USE_TLS = False
        write(world)
        assert deliveries_send(at=world.at) == 0
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.next_attempt_at) == (1, world.at + timedelta(minutes=1))
    assert delivery.error == "ConnectionRefusedError"


def test_without_a_server_the_message_still_stands_in_the_app(world: World, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    write(world)
    assert deliveries_send(at=world.at) == 0
    assert world.kairat.messages.count() == 1
