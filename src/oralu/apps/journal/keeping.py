"""The worker's care for the journal: what cannot be sealed or written outside is said once, and tried again; deadlines
do not wait for it."""

from __future__ import annotations

import logging
from datetime import datetime

from oralu.apps.journal.keys import KeyUnusableError
from oralu.apps.journal.sealing import HeadsAheadError, heads_write, seals_make

log = logging.getLogger(__name__)


class Keeper:
    """One worker's turns. The first writes the heads that a killed process has left unwritten."""

    def __init__(self) -> None:
        self._begun = False
        self._said = ""

    def turn(self, at: datetime) -> int:
        """Seal what it is time to seal; returns how many rows. A lost database is for the caller (OperationalError)."""
        try:
            if not self._begun:
                heads_write()
                self._begun = True
            done = seals_make(at=at)
        except (HeadsAheadError, KeyUnusableError, OSError) as error:
            self._say(f"the journal: {error}")
            return 0
        if done:
            self._said = ""
        return done

    def _say(self, words: str) -> None:
        if words != self._said:
            log.error("%s", words)
        self._said = words
