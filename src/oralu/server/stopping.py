"""The words of a terminal or of a service manager, turned into one exception."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn the words of a terminal or a service manager into StopRequested, wherever the main thread is."""

    def stop(number: int, frame: FrameType | None) -> None:
        ignore_signals()
        raise StopRequested

    words = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {word: signal.getsignal(word) for word in words}
    for word in words:
        if before[word] is not signal.SIG_IGN:
            signal.signal(word, stop)
    try:
        yield
    except StopRequested:
        pass
    finally:
        for word, handler in before.items():
            signal.signal(word, handler)


def ignore_signals() -> None:
    """While stopping, a second Ctrl-C must not interrupt the order of it."""
    for word in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, signal.SIG_IGN)
