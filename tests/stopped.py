"""A clock that stands still, for what counts by windows of it: no window ends between two requests of a test."""

from __future__ import annotations

import time
from types import SimpleNamespace


def stopped(seconds: float = 1000.0) -> SimpleNamespace:
    """The module `time` as one module of the system sees it, at one moment since 1970; waiting goes on."""
    return SimpleNamespace(**{**vars(time), "time": lambda: seconds})
