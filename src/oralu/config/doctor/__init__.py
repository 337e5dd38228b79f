"""Whether this installation is well: what `oralu doctor` tells a person and `/health` a monitor.

One list of questions, answered in the same words everywhere; an answer holds codes and numbers, never personal data."""

from __future__ import annotations

from oralu.config.doctor.examining import examine
from oralu.config.doctor.findings import Finding, Level, worst

__all__ = ["Finding", "Level", "examine", "worst"]
