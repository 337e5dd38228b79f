"""One answer of the doctor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An alarm wakes somebody up; a warning waits for the morning."""

    OK = "ok"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable, for a monitor; `words` say what is and what to do; `value` is what was measured, in `unit`."""

    code: str
    level: Level
    words: str
    value: float | None = None
    unit: str = ""


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the whole."""
    levels = {finding.level for finding in findings}
    return Level.ALARM if Level.ALARM in levels else Level.WARNING if Level.WARNING in levels else Level.OK


def graded(
    code: str, value: float, unit: str, *, warning: float | None, alarm: float, fine: str, words: str
) -> Finding:
    """A finding that is worse the higher the value: from `warning` on a warning, from `alarm` on an alarm."""
    if value >= alarm:
        return Finding(code, Level.ALARM, words, value, unit)
    if warning is not None and value >= warning:
        return Finding(code, Level.WARNING, words, value, unit)
    return Finding(code, Level.OK, fine, value, unit)


def duration(seconds: float) -> str:
    """A length of time as one says it."""
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
