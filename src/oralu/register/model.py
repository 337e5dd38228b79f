"""What the reading of a register yields: rows, their facts, and problems that name the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one cell, row or file. `code` finds the sentence in `messages.yaml`; `params` fill it in.

    `row` is the row as a spreadsheet counts it, from 1; None for a problem of the whole file. `column` is the column
    letter. An `error` refuses its row (or, without a row, the file); a `warning` does not.
    """

    code: str
    level: Level
    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    header: str | None = None
    value: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


class RegisterError(Exception):
    """The file as a whole cannot be read. `problems` say what is wrong and are worded by `messages.problem_text`."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.file}: {problem.code}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class FactEntry:
    """One statement of the register. `day` None: the register gives no date, so the day of enrolment stands for it.
    `until` is the day from which the statement no longer stands. `number`: of the paper that proves it."""

    value: str
    day: date | None = None
    evidence: bool = False
    until: date | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class IntakeRow:
    """One person and one episode on the register. `iin` None: no IIN yet. `minor_children` None: not stated.

    `sex` is female or male; `region` is the number of ISO 3166-2:KZ; `languages` are kk, ru, …; `facts` follow the
    vocabulary of the edition and may hold `asked_unknown` and `refused`. `ground` and `probation_type` are codes, empty
    only for a reading without them; `consent_given_on`: the written consent, if a column dates it.
    """

    surname: str
    given_name: str
    patronymic: str
    iin: str | None
    birth_date: date
    sex: str
    enrolled_on: date
    released_on: date | None = None
    consent_given_on: date | None = None
    phone: str = ""
    address: str = ""
    languages: tuple[str, ...] = ()
    children: int | None = None
    minor_children: bool | None = None
    ground: str = ""
    probation_type: str = ""
    unit: str = ""
    region: str = ""
    facts: Mapping[str, FactEntry] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """Surname and initials: enough to find the line in the unit's own list, and no more."""
        initials = " ".join(f"{part[0]}." for part in (self.given_name, self.patronymic) if part)
        return f"{self.surname} {initials}".strip()


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row of the file: the intake, or None where an error refuses it; problems in either case."""

    sheet: str | None
    row: int
    intake: IntakeRow | None
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        return self.intake is None
