"""Checks of the identifiers of Kazakhstan: IIN (persons) and BIN (organisations), 12 digits with a check digit.

Source: MVD order 521 of 29.06.2023 and the rule of the check digit as collected in the project's legal facts. An
identifier may be typed from a worn paper, so a fault is an answer (what is wrong and where), not an exception. The rule
has blind spots (the eleventh digit weighs 11, which is 0 modulo 11), so compare with the birth date and the sex too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Sex = Literal["female", "male"]
ProblemCode = Literal[
    "not_twelve_digits",
    "control_digit",
    "not_issuable",
    "birth_date",
    "century_and_sex",
    "birth_date_differs",
    "sex_differs",
]

GENERATED_FROM = 9000
"""Order numbers of generated persons start here, so that they are told from real ones at a glance."""

_ROWS = (tuple(range(1, 12)), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
_CENTURIES: dict[str, int] = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True)
class Problem:
    """One fault. `positions`: which of the characters it concerns, counted from 1."""

    code: ProblemCode
    positions: tuple[int, ...]


def control_digit(eleven: str) -> int | None:
    """The check digit of the first eleven digits: the sum of digit times weight modulo 11, by the first row of
    weights, or by the second if that gives 10. None if both do: such a number is not issued. Raises `ValueError` for
    other input."""
    if len(eleven) != 11 or not _DIGITS.issuperset(eleven):
        raise ValueError("the check digit needs exactly eleven digits")
    for weights in _ROWS:
        digit = sum(int(a) * b for a, b in zip(eleven, weights, strict=True)) % 11
        if digit != 10:
            return digit
    return None


def iin_problems(iin: str, *, birth_date: date | None = None, sex: Sex | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with an IIN, and where it disagrees with a birth date and a sex if they are known. An
    empty answer means that the number is well formed, not that it was issued."""
    found = list(_form_problems(iin))
    if any(p.code == "not_twelve_digits" for p in found):
        return tuple(found)
    century = _CENTURIES.get(iin[6])
    if century is None:
        found.append(Problem("century_and_sex", (7,)))
    born = _date(century, iin) if century is not None else _any_date(iin)
    if born is None:
        found.append(Problem("birth_date", (1, 2, 3, 4, 5, 6)))
    if birth_date is not None:
        expected = f"{birth_date:%y%m%d}"
        differ = tuple(i + 1 for i in range(6) if iin[i] != expected[i])
        if century is not None and birth_date.year // 100 * 100 != century:
            differ += (7,)
        if differ:
            found.append(Problem("birth_date_differs", differ))
    if sex is not None and century is not None and sex != _sex(iin):
        found.append(Problem("sex_differs", (7,)))
    return tuple(found)


def bin_problems(bin_: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a BIN: its form and its check digit, which follows the rule of the IIN."""
    return tuple(_form_problems(bin_))


def iin_generate(birth_date: date, sex: Sex, order: int) -> str:
    """The IIN of a generated person. `order` counts from 9000 the numbers that can be issued, so that two orders of
    one day and sex never share a number and none is invalid. Raises `ValueError` for an order that the day and sex do
    not have, and for a birth outside 1800–2099."""
    century = birth_date.year // 100 * 100
    if century not in _CENTURIES.values():
        raise ValueError(f"an IIN knows births of 1800 to 2099, not {birth_date.year}")
    if order < GENERATED_FROM:
        raise ValueError(f"order {order}: generated persons start from {GENERATED_FROM}")
    for place, iin in enumerate(_issuable(birth_date, sex, century), start=GENERATED_FROM):
        if place == order:
            return iin
    raise ValueError(f"order {order}: there are no more numbers for this birth date and sex")


def _issuable(birth_date: date, sex: Sex, century: int) -> Iterator[str]:
    seventh = (century - 1800) // 100 * 2 + (1 if sex == "male" else 2)
    for number in range(GENERATED_FROM, 10_000):
        eleven = f"{birth_date:%y%m%d}{seventh}{number}"
        digit = control_digit(eleven)
        if digit is not None:
            yield f"{eleven}{digit}"


def _form_problems(text: str) -> Iterator[Problem]:
    if len(text) != 12 or not _DIGITS.issuperset(text):
        wrong = tuple(i for i, c in enumerate(text, start=1) if c not in _DIGITS or i > 12)
        yield Problem("not_twelve_digits", wrong or tuple(range(len(text) + 1, 13)))
        return
    digit = control_digit(text[:11])
    if digit is None:
        yield Problem("not_issuable", tuple(range(1, 12)))
    elif digit != int(text[11]):
        yield Problem("control_digit", (12,))


def _date(century: int, iin: str) -> date | None:
    try:
        return date(century + int(iin[:2]), int(iin[2:4]), int(iin[4:6]))
    except ValueError:
        return None


def _any_date(iin: str) -> date | None:
    return next((d for c in (1800, 1900, 2000) if (d := _date(c, iin)) is not None), None)


def _sex(iin: str) -> Sex:
    return "male" if int(iin[6]) % 2 else "female"
