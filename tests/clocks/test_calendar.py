"""The calendar against what the Ministry of Labour published and against the package `holidays`."""

from __future__ import annotations

import copy
import pickle
import shutil
import zoneinfo
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import holidays
import pytest

from oralu.calendarfiles import CalendarFile, load_calendar, load_zone, parse_calendar
from oralu.core.worktime import Calendar, CalendarError

# Days on which `holidays` and our calendar differ, each with its reason.
DISAGREEMENTS = {
    date(2026, 8, 30): "Constitution Day of 1995: in the published list of 2026, dropped by the package",
    date(2026, 8, 31): "the day off that follows from it",
}

# Working days by month of a five-day week, from the published balances of working time.
BALANCE_2024 = (21, 21, 17, 22, 20, 19, 22, 21, 21, 22, 21, 21)
WORKING_DAYS_2026_AS_PUBLISHED = 246

DAYS_OFF_ON_WEEKDAYS = {
    2024: "01-01 01-02 03-08 03-21 03-22 03-25 05-01 05-07 05-08 05-09 07-08 08-30 10-25 12-16",
    2025: "01-01 01-02 01-03 01-07 03-10 03-21 03-24 03-25 05-01 05-07 05-09 06-06 07-07 09-01 10-27 12-16",
    2026: "01-01 01-02 01-07 03-09 03-23 03-24 03-25 05-01 05-07 05-11 05-27 07-06 08-31 10-26 12-16",
    2027: "01-01 01-04 01-07 03-08 03-15 03-22 03-23 03-24 05-03 05-07 05-10 07-06 10-25 12-16",
}
WORKED_WEEKENDS = {2024: "05-04", 2025: "01-05", 2026: "", 2027: ""}


def days_of(calendar: Calendar, year: int) -> list[date]:
    return [d for i in range(len(calendar.working)) if (d := calendar.first + timedelta(days=i)).year == year]


@pytest.mark.parametrize("year", sorted(DAYS_OFF_ON_WEEKDAYS))
def test_days_off_and_worked_weekends_are_the_published_ones(kz: Calendar, year: int) -> None:
    off = [f"{d:%m-%d}" for d in days_of(kz, year) if d.weekday() < 5 and not kz.is_working(d)]
    worked = [f"{d:%m-%d}" for d in days_of(kz, year) if d.weekday() >= 5 and kz.is_working(d)]
    assert off == DAYS_OFF_ON_WEEKDAYS[year].split()
    assert worked == WORKED_WEEKENDS[year].split()


def test_2024_has_the_working_days_of_the_published_balance_but_for_the_ait_announced_later(kz: Calendar) -> None:
    months = [sum(kz.is_working(d) for d in days_of(kz, 2024) if d.month == m) for m in range(1, 13)]
    # Published for Monday 17 June, then announced for Sunday 16 June: one working day more.
    assert months == [n + (month == 6) for month, n in enumerate(BALANCE_2024, start=1)]


def test_2026_has_the_working_days_of_the_published_list(kz: Calendar) -> None:
    assert sum(kz.is_working(d) for d in days_of(kz, 2026)) == WORKING_DAYS_2026_AS_PUBLISHED


def test_constitution_day_is_15_march_from_2027(kz: Calendar) -> None:
    assert not kz.is_working(date(2027, 3, 15))
    assert kz.is_working(date(2027, 8, 30))


def test_agrees_with_the_package_holidays_except_for_the_listed_days(kz: Calendar) -> None:
    theirs = holidays.country_holidays("KZ", years=range(2024, 2028))
    every = [kz.first + timedelta(days=i) for i in range(len(kz.working))]
    differ = {d for d in every if theirs.is_working_day(d) != kz.is_working(d)}
    assert differ == {d for d in DISAGREEMENTS if d.weekday() < 5}


@pytest.mark.parametrize("day", [date(2024, 1, 8), date(2024, 6, 17), date(2027, 5, 17)])
def test_christmas_and_ait_on_a_sunday_do_not_move(kz: Calendar, day: date) -> None:
    assert kz.is_working(day)


def test_every_special_day_can_be_named_and_cited_and_the_expected_ones_are_marked(kz_file: CalendarFile) -> None:
    for day, special in kz_file.calendar.special.items():
        assert kz_file.citations[special.source if special.why == "shifted" else day]
        assert special.code is None or set(kz_file.labels[special.code]) == {"kk", "ru", "en"}
    assert kz_file.expected() == (date(2026, 5, 27), date(2027, 5, 16))


def test_a_day_outside_says_which_years_are_covered_and_what_to_do(kz: Calendar) -> None:
    with pytest.raises(CalendarError, match=r"2028-01-01 is outside.*2024-01-01 to 2027-12-31.*add the year"):
        kz.is_working(date(2028, 1, 1))


def test_arrays_cannot_be_changed(kz: Calendar) -> None:
    with pytest.raises(ValueError, match="read-only"):
        kz.working[0] = True


def kz_text() -> str:
    return (files("oralu") / "policy" / "calendars" / "kz.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("verified: 2026-11-21\n\nweekend", "checked: 2026-11-21\n\nweekend", "unknown key 'checked'"),
        ("  - free: 2024-05-08", "  - free: 2024-05-11", "2024-05-11 is to be free"),
        ("    worked: 2024-05-04", "    worked: 2024-05-06", "2024-05-06 is to be worked"),
        ('days: ["03-08"]', 'days: ["03-15"]', "2027-03-15 is recorded twice"),
        ('days: ["03-08"]', 'days: ["13-08"]', "'13-08' is not a day"),
        ("days: [saturday, sunday]", "days: [saturday, sonntag]", "'sonntag' is not a day of the week"),
        ("    moves: true\n    from: 2026-07-01", "    from: 2026-07-01", "'moves' is missing"),
        ("        status: expected", "        status: likely", "status 'likely' is not one of"),
        ("  - id: womens_day", "  - id: new_year", "the id stands twice"),
        ("calendar: kz", "calendar: kz\ncalendar: kz", "'calendar' is repeated"),
        ("    free:", "    free: [", "not YAML"),
        ("      - date: 2027-05-16", "      - date: 2029-05-16", "2029-05-16 lies outside"),
        ('en: "New Year"', 'de: "Neujahr"', "unknown key 'de'"),
    ],
)
def test_a_faulty_file_is_refused_with_place_and_reason(old: str, new: str, says: str) -> None:
    text = kz_text().replace("  - free: 2025", "    free: 2025", 1) if old == "    free:" else kz_text()
    assert old in text
    with pytest.raises(CalendarError, match=says.replace("(", r"\(")):
        parse_calendar(text.replace(old, new, 1))


def test_an_unknown_calendar_is_named() -> None:
    with pytest.raises(CalendarError, match="no working calendar 'xx'"):
        load_calendar("xx")


def test_the_zone_does_not_come_from_a_stale_system_table(tmp_path: Path) -> None:
    stale = tmp_path / "Asia" / "Almaty"
    stale.parent.mkdir()
    shutil.copy(str(files("tzdata") / "zoneinfo" / "Asia" / "Dhaka"), stale)  # UTC+6 to this day
    path, summer = zoneinfo.TZPATH, datetime(2026, 7, 1)  # noqa: DTZ001 - the zone is what is tested
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    try:
        zoneinfo.ZoneInfo.clear_cache(only_keys=["Asia/Almaty"])
        assert summer.replace(tzinfo=zoneinfo.ZoneInfo("Asia/Almaty")).utcoffset() == timedelta(hours=6)
        zone = load_zone("Asia/Almaty")
        assert summer.replace(tzinfo=zone).utcoffset() == timedelta(hours=5)
        assert list(zoneinfo.TZPATH) == [str(tmp_path)]
    finally:
        zoneinfo.reset_tzpath(to=path)
        load_zone("Asia/Almaty")


def test_due_times_can_be_copied_and_pickled(kz: Calendar) -> None:
    moment = kz.end_of(date(2026, 3, 30))
    assert pickle.loads(pickle.dumps(moment)) == copy.deepcopy(moment) == moment
