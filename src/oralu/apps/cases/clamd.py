"""ClamAV, asked over its socket: the file is streamed (command INSTREAM), so that the scanner needs no right to any
folder of Oralu and may stand on another machine."""

from __future__ import annotations

import socket
import struct
from typing import IO

CHUNK = 64 * 1024
PATIENCE = 60.0
"""Seconds for one answer: a scanner that is loading its signatures is silent for half a minute."""


class ScannerUnavailableError(Exception):
    """Nobody answers, or the answer says nothing of the file: it has to wait."""


def scan(stream: IO[bytes], address: str) -> str:
    """What ClamAV finds in a stream, by its own name; empty: nothing. `address`: the path of a socket, or host:port.

    Raises ScannerUnavailableError."""
    try:
        with _connected(address) as line:
            line.sendall(b"zINSTREAM\0")
            try:
                while chunk := stream.read(CHUNK):
                    line.sendall(struct.pack(">I", len(chunk)) + chunk)
                line.sendall(struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # a scanner that has seen enough says so and hangs up
            answer = _answer(line)
    except (OSError, UnicodeDecodeError) as error:
        raise ScannerUnavailableError(f"{address}: {error}") from error
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerUnavailableError(f"{address} answers {answer!r}")


def ping(address: str, *, patience: float = PATIENCE) -> str:
    """The version of the scanner that answers within so many seconds. Raises ScannerUnavailableError."""
    try:
        with _connected(address, patience) as line:
            line.sendall(b"zVERSION\0")
            return _answer(line)
    except (OSError, UnicodeDecodeError) as error:
        raise ScannerUnavailableError(f"{address}: {error}") from error


def _connected(address: str, patience: float = PATIENCE) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(patience)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=patience)


def _answer(line: socket.socket) -> str:
    got = b""
    while not got.endswith(b"\0") and len(got) < 4096 and (part := line.recv(4096)):
        got += part
    return got.rstrip(b"\0").decode()
