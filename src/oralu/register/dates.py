"""Dates as people write them in Kazakhstan, and as Excel leaves them. Day before month, always, unless a mapping file
says that the exporter writes the month first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from oralu.register.text import key

Order = Literal["dmy", "mdy"]

# Excel counts days from here; its imaginary 29 February 1900 is why this is not 1 January.
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_YEARS = range(1900, 2101)
_SERIAL = range(3654, 73051)  # 1910 … 2100: below, a number is a year or an age

_MONTHS = {
    1: "январь января янв қаңтар қаңтары қаңтарда қаң january jan",
    2: "февраль февраля фев февр ақпан ақпаны ақп february feb",
    3: "март марта мар наурыз наурызы нау march mar",
    4: "апрель апреля апр сәуір сәуірі сәу april apr",
    5: "май мая мамыр мамыры мам may",
    6: "июнь июня июн маусым маусымы мау june jun",
    7: "июль июля июл шілде шілдесі шіл july jul",
    8: "август августа авг тамыз тамызы там august aug",
    9: "сентябрь сентября сен сент қыркүйек қыркүйегі қыр september sep sept",
    10: "октябрь октября окт қазан қазаны қаз october oct",
    11: "ноябрь ноября ноя нояб қараша қарашасы қар november nov",
    12: "декабрь декабря дек желтоқсан желтоқсаны жел december dec",
}
_MONTH_OF = {key(word): month for month, words in _MONTHS.items() for word in words.split()}
_MONTH = "|".join(sorted((re.escape(word) for word in _MONTH_OF), key=len, reverse=True))
_YEAR_WORD = r"(?:года|году|год|г|жылгы|жылы|жыл|ж)"
_TIME = r"(?:[ tт]+\d{1,2} \d{2}(?: \d{2}(?: \d+)?)?)?"
_TAIL = rf"(?: ?{_YEAR_WORD}(?![^\W\d]))?{_TIME}"
_CASE_ENDING = r"(?:д[ае]н?|т[ае]н?|н[ае]н|[гк][ае])?"

_NUMERIC = re.compile(rf"(?<!\d)(\d{{1,2}}) (\d{{1,2}}) (\d{{4}}|\d{{2}})(?!\d){_TAIL}")
_ISO = re.compile(rf"(?<!\d)((?:19|20)\d\d) (\d{{1,2}}) (\d{{1,2}})(?!\d){_TAIL}")
_DAY_NAMED = re.compile(rf"(?<!\d)(\d{{1,2}}) ?({_MONTH}) (\d{{4}}){_TAIL}(?![^\W\d])")
_YEAR_FIRST = re.compile(rf"(?<!\d)((?:19|20)\d\d) ?{_YEAR_WORD}? ?(\d{{1,2}}) ?({_MONTH}){_CASE_ENDING}(?![^\W\d])")
_PATTERNS = (_ISO, _NUMERIC, _DAY_NAMED, _YEAR_FIRST)


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date and what was left of the text around it, as compared words."""

    day: date
    before: str
    after: str


class NotADateError(ValueError):
    """`reason` is the code of the problem: date_unreadable, date_impossible, date_month_first, date_only_year."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_date(value: object, *, latest: date, order: Order = "dmy") -> date:
    """The day that a cell states. A year of two digits is the last such year that is not after `latest`'s year.

    Raises NotADateError."""
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        raise NotADateError("date_unreadable")
    if isinstance(value, int | float) or str(value).strip().isdigit():
        return _from_serial(float(str(value)))
    found = find_date(str(value), latest=latest, order=order)
    if found is None or found.before or found.after:
        raise NotADateError("date_unreadable")
    return found.day


def find_date(text: str, *, latest: date, order: Order = "dmy") -> DateFound | None:
    """The one date inside a text, or None. Raises NotADateError for a date that the calendar does not have."""
    plain = key(text)
    matches = [(match.start(), pattern, match) for pattern in _PATTERNS if (match := pattern.search(plain))]
    if matches:
        _, pattern, match = min(matches, key=lambda found: found[0])
        day = _from_match(pattern, match, latest, order)
        return DateFound(day, plain[: match.start()].strip(), plain[match.end() :].strip())
    return None


def _from_match(pattern: re.Pattern[str], match: re.Match[str], latest: date, order: Order) -> date:
    one, two, three = match.groups()
    if pattern is _ISO:
        return _calendar(int(one), int(two), int(three))
    if pattern is _DAY_NAMED:
        return _calendar(int(three), _MONTH_OF[two], int(one))
    if pattern is _YEAR_FIRST:
        return _calendar(int(one), _MONTH_OF[three], int(two))
    day, month = (int(one), int(two)) if order == "dmy" else (int(two), int(one))
    if month > 12 >= day:
        raise NotADateError("date_month_first")
    return _calendar(_full_year(three, latest), month, day)


def _full_year(digits: str, latest: date) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return latest.year - (latest.year - year) % 100


def _calendar(year: int, month: int, day: int) -> date:
    try:
        if year not in _YEARS:
            raise ValueError(year)
        return date(year, month, day)
    except ValueError as error:
        raise NotADateError("date_impossible") from error


def _from_serial(number: float) -> date:
    if 1900 <= number <= 2100:
        raise NotADateError("date_only_year")
    if int(number) not in _SERIAL:
        raise NotADateError("date_unreadable")
    return _EXCEL_DAY_ZERO + timedelta(days=int(number))
