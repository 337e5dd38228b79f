"""Who the row is about: names, IIN, birth, sex, and the other columns that are no facts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from oralu.core.identifiers import iin_problems
from oralu.register.dates import NotADateError, find_date, parse_date
from oralu.register.layout import clean_cell
from oralu.register.sources import CellValue
from oralu.register.text import key, nearest
from oralu.register.trouble import RowTrouble
from oralu.register.vocabulary import Vocabulary

YOUNGEST = 14
MAX_NAME = 100
MAX_LENGTHS = {"phone": 32, "address": 300, "unit": 200}
_NOT_IN_NAMES = re.compile(r"[^\w\s.'’ʼ`()-]|\d|_")
_INITIAL = re.compile(r"\w\.?(?:\s*\w\.?)?")
_ROUNDED = re.compile(r"\d[.,]\d+[eе]\+?\d+", re.IGNORECASE)

Get = Callable[[str], CellValue]


@dataclass(frozen=True, slots=True)
class Names:
    surname: str
    given_name: str
    patronymic: str


def read_names(get: Get, trouble: RowTrouble, *, in_one: bool) -> Names | None:
    """Names stand as in the person's papers; only spaces are put right. None where the row is refused for them."""
    if in_one:
        parts = clean_cell(get("full_name")).split()
        if len(parts) == 1 and parts[0]:
            trouble.error("name_incomplete", "full_name")
            return None
        names = Names(*(parts[0], parts[1], " ".join(parts[2:])) if parts else ("", "", ""))
    else:
        names = Names(*(clean_cell(get(field)) for field in ("surname", "given_name", "patronymic")))
    missing = [field for field in ("surname", "given_name") if not getattr(names, field)]
    for field in missing:
        trouble.error("value_missing", "full_name" if in_one else field, field=field)
        if in_one:
            break
    if missing:
        return None
    for field in ("surname", "given_name", "patronymic"):
        text = getattr(names, field)
        if _NOT_IN_NAMES.search(text):
            trouble.error("name_characters", field)
        if len(text) > MAX_NAME:
            trouble.error("too_long", field, length=len(text), most=MAX_NAME)
    if _INITIAL.fullmatch(names.given_name):
        trouble.warn("name_initials", "given_name")
    return names


def read_iin(cell: CellValue, trouble: RowTrouble) -> str | None:
    """The IIN as twelve digits. Excel drops the zeros of those born in 2000–2009: they are put back if the check digit
    then agrees. An empty cell is allowed and marked."""
    text = clean_cell(cell)
    digits = re.sub(r"[\s'’.-]|\bИИН\b|\bЖСН\b", "", text, flags=re.IGNORECASE)
    if not digits or not key(text):
        trouble.warn("no_iin", "iin")
        return None
    if _ROUNDED.fullmatch(text):
        trouble.error("iin_rounded", "iin")
        return None
    if not (digits.isascii() and digits.isdigit()):
        trouble.error("iin_characters", "iin")
        return None
    padded = digits.zfill(12)
    if len(digits) in (9, 10, 11) and _valid(padded):
        trouble.warn("iin_zeros_restored", "iin", iin=padded)
        return padded
    if len(digits) != 12:
        trouble.error("iin_length", "iin", length=len(digits))
        return None
    return digits


def _valid(iin: str) -> bool:
    return not iin_problems(iin)


def read_date(field: str, cell: CellValue, trouble: RowTrouble, *, latest: date, vocabulary: Vocabulary) -> date | None:
    """The day in a cell, or None for an empty cell and for one that was found wrong."""
    if cell is None or not key(clean_cell(cell)):
        return None
    try:
        return parse_date(cell, latest=latest, order=vocabulary.date_order)
    except NotADateError as error:
        trouble.error(error.reason, field)
        return None


def read_sex(cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary) -> str | None:
    return read_choice("sex", cell, trouble, vocabulary)


def read_choice(field: str, cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary) -> str | None:
    """The code of a word from a closed list, or None for an empty cell and for an unknown word."""
    word = key(clean_cell(cell))
    if not word or vocabulary.answers.get(word) == "unknown":
        return None
    table = vocabulary.choices[field]
    if (code := table.get(word)) is None:
        near = nearest(word, table) or ""
        trouble.error("word_unknown", field, field=field, near=vocabulary.spelled.get(near, near), meaning={})
    return code


def settle_birth_and_sex(
    iin: str | None, birth: date | None, sex: str | None, trouble: RowTrouble, *, stated: Callable[[str], bool]
) -> tuple[date | None, str | None]:
    """What the columns and the IIN say together: a lack is filled from the IIN, a contradiction refuses the row.

    `stated(field)`: the cell of the field holds something, so that a lack is not reported over a wrong value."""
    if iin is not None:
        faults = [fault.code for fault in iin_problems(iin, birth_date=birth, sex=sex)]  # type: ignore[arg-type]
        for code in faults:
            trouble.error(f"iin_{code}", "iin", birth=birth or "", sex=sex or "")
        if not faults:
            iin_birth, iin_sex = birth_and_sex(iin)
            if birth is None and not stated("birth_date"):
                birth = iin_birth
                trouble.warn("birth_from_iin", "birth_date", day=birth)
            if sex is None and not stated("sex"):
                sex = iin_sex
                trouble.warn("sex_from_iin", "sex", sex=sex)
    for field, value in (("birth_date", birth), ("sex", sex)):
        if value is None and not stated(field) and not stated("iin"):
            trouble.error("value_missing", field, field=field)
    return birth, sex


def birth_and_sex(iin: str) -> tuple[date, str]:
    """What a well-formed IIN says by itself (digits 1 to 7)."""
    century = 1800 + (int(iin[6]) - 1) // 2 * 100
    return date(century + int(iin[:2]), int(iin[2:4]), int(iin[4:6])), "male" if int(iin[6]) % 2 else "female"


def read_children(cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary) -> tuple[int | None, bool | None]:
    """How many children under 18, and whether there are any; None for what is not stated."""
    word = key("+" if cell is True else "0" if cell is False else clean_cell(cell))
    if not word or word in vocabulary.answers:
        return None, None
    if word in vocabulary.yes_no:
        return (0, False) if vocabulary.yes_no[word] == "no" else (None, True)
    number = re.match(r"\d{1,2}(?!\d)", word)
    if number is None or int(number[0]) > 20:
        trouble.error("children_unreadable", "children")
        return None, None
    return int(number[0]), int(number[0]) > 0


def read_consent(cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary, *, go_live: date) -> date | None:
    """The day of the written consent. A word without a day is pointed out, and nothing is taken."""
    word = key(clean_cell(cell))
    if not word or word in vocabulary.answers or vocabulary.yes_no.get(word) == "no":
        return None
    try:
        found = cell if isinstance(cell, date) else find_date(clean_cell(cell), latest=go_live)
    except NotADateError as error:
        trouble.error(error.reason, "consent_given_on")
        return None
    if found is None:
        trouble.warn("consent_no_date", "consent_given_on")
        return None
    day = found if isinstance(found, date) else found.day
    if day > go_live:
        trouble.error("consent_in_future", "consent_given_on", day=day, go_live=go_live)
    return day


def read_languages(cell: CellValue, trouble: RowTrouble, vocabulary: Vocabulary) -> tuple[str, ...]:
    codes: dict[str, None] = {}
    for piece in re.split(r"[,;/+]|\s(?:и|және|and)\s", clean_cell(cell)):
        if code := read_choice("languages", piece, trouble, vocabulary):
            codes[code] = None
    return tuple(codes)


def read_line(field: str, text: str, trouble: RowTrouble) -> str:
    if len(text) > MAX_LENGTHS[field]:
        trouble.error("too_long", field, length=len(text), most=MAX_LENGTHS[field])
    return text


def check_days(birth: date, enrolled: date, released: date | None, trouble: RowTrouble, *, go_live: date) -> None:
    """Days that cannot be, and days that are only odd. YOUNGEST: criminal liability begins at 14 (Criminal Code,
    art. 15(2))."""
    if birth >= enrolled:
        trouble.error("birth_after_enrolment", "birth_date", birth=birth, enrolled=enrolled)
        return
    if _age(birth, enrolled) < YOUNGEST:
        trouble.error("too_young", "birth_date", age=_age(birth, enrolled), youngest=YOUNGEST)
    if enrolled > go_live:
        trouble.error("enrolled_in_future", "enrolled_on", enrolled=enrolled, go_live=go_live)
    elif enrolled.year < go_live.year - 10:
        trouble.warn("enrolled_long_ago", "enrolled_on", enrolled=enrolled)
    if released is not None and (released <= birth or _age(birth, released) < YOUNGEST):
        trouble.error("released_before_life", "released_on", released=released, birth=birth)


def _age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
