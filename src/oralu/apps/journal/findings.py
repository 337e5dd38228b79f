"""What is wrong with a journal, in plain sentences; of one kind the first few are named and the others counted."""

from __future__ import annotations

from dataclasses import dataclass

NAMED = 20


@dataclass(frozen=True, slots=True)
class Found:
    """`code`: for a program; `words`: for a person."""

    code: str
    words: str


class Findings:
    """Gathers what was found, in order; of each code no more than `NAMED` with words."""

    def __init__(self) -> None:
        self.count = 0
        self._named: dict[str, list[Found]] = {}
        self._more: dict[str, int] = {}

    def add(self, code: str, words: str, rows: int = 1) -> None:
        self.count += rows
        named = self._named.setdefault(code, [])
        if len(named) < NAMED:
            named.append(Found(code, words))
        else:
            self._more[code] = self._more.get(code, 0) + rows

    def all(self) -> list[Found]:
        """What was found, kind by kind in the order in which each was first met."""
        found: list[Found] = []
        for code, named in self._named.items():
            found += named
            if more := self._more.get(code):
                found.append(Found(code, f"And {more} more of this kind."))
        return found
