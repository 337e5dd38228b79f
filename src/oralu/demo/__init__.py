"""The demo cohort: invented people in three regions and 200 days of their history, replayed through the services that
the screens use, so that every figure on every screen is computed and none is written down."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)
SEED = 2026


def load(*, size: int, progress: Callable[[int, int], None]) -> None:
    """Fill an empty database with `size` generated cases; their history ends now. `progress` gets the days replayed and
    the days in all. One line of the log says how much happened and which acts came too late to be possible.

    Raises RuntimeError when there are accounts already: a demo never mixes with anything else."""
    from django.utils import timezone

    from oralu.demo.history import replay

    outcome = replay(size=size, at=timezone.now(), seed=SEED, progress=progress)
    log.info("demo: %s", outcome)
