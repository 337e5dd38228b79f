"""Reads a working calendar from `policy/calendars/`, strictly: every key is known, every date stands once, nothing is
left over. The one place that touches the disk for working time; `core.worktime` gets plain values and a zone
object."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

import yaml

from oralu.core.worktime import Calendar, CalendarError, Holiday, Status, Transfer

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STATUSES = ("decreed", "by_rule", "expected")
LANGUAGES = ("kk", "ru", "en")
_ENTRY = {"id": str, "labels": dict, "moves": bool, "citation": str}
_DATED = {"status": str, "citation": str, "verified": date}


@dataclass(frozen=True)
class CalendarFile:
    """A calendar with what a screen or a lawyer wants to see next to it: labels by holiday and language, citations by
    date (holidays and transfers), and the days that are only expected."""

    calendar: Calendar
    labels: Mapping[str, Mapping[str, str]]
    citations: Mapping[date, str]
    verified: date

    def expected(self) -> tuple[date, ...]:
        return tuple(sorted(d for d, s in self.calendar.special.items() if s.status == "expected"))


class _StrictLoader(yaml.SafeLoader):
    """A repeated key is an error, where plain YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {k for k in keys if keys.count(k) > 1}
        if repeated:
            raise CalendarError(f"calendar file, line {node.start_mark.line + 1}: {sorted(repeated)[0]!r} is repeated")
        return super().construct_mapping(node, deep=deep)


def load_zone(key: str) -> zoneinfo.ZoneInfo:
    """The zone from the package `tzdata`. A system table may be older than 1 March 2024, when Kazakhstan moved to
    UTC+5, and would shift every deadline by an hour. The object replaces the cached one, so that every later
    `ZoneInfo(key)` of this process is the same (and it can be copied and pickled, which one read with `from_file`
    cannot)."""
    path = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    try:
        zoneinfo.ZoneInfo.clear_cache(only_keys=[key])
        return zoneinfo.ZoneInfo(key)
    finally:
        zoneinfo.reset_tzpath(to=path)


@lru_cache(maxsize=4)
def load_calendar_file(code: str = "kz") -> CalendarFile:
    """The calendar `policy/calendars/<code>.yaml`, read once. Raises `CalendarError` naming the place and the fault."""
    source = files("oralu") / "policy" / "calendars" / f"{code}.yaml"
    if not code.isidentifier() or not source.is_file():
        raise CalendarError(f"there is no working calendar {code!r} in policy/calendars")
    return parse_calendar(source.read_text(encoding="utf-8"))


def load_calendar(code: str = "kz") -> Calendar:
    """The working calendar alone; see `load_calendar_file`."""
    return load_calendar_file(code).calendar


def parse_calendar(text: str) -> CalendarFile:
    """Parse the text of a calendar file. Raises `CalendarError`."""
    try:
        raw = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise CalendarError(f"calendar file: not YAML: {' '.join(str(error).split())}") from error
    _keys(
        raw,
        "the file",
        {"calendar": str, "zone": str, "covers": dict, "verified": date, "weekend": dict, "shift": dict}
        | {"holidays": list, "movable": list, "transfers": list},
    )
    _keys(raw["covers"], "covers", {"from": date, "to": date})
    _keys(raw["weekend"], "weekend", {"days": list} | _DATED)
    _keys(raw["shift"], "shift", {"citation": str, "verified": date})
    unknown = [d for d in raw["weekend"]["days"] if d not in WEEKDAYS]
    if unknown:
        raise CalendarError(f"weekend: {unknown[0]!r} is not a day of the week; write one of {', '.join(WEEKDAYS)}")
    first, last = raw["covers"]["from"], raw["covers"]["to"]
    citations: dict[date, str] = {}
    labels: dict[str, dict[str, str]] = {}
    holidays = _fixed(raw["holidays"], first, last, labels, citations) + _movable(raw["movable"], labels, citations)
    calendar = Calendar.build(
        first=first,
        last=last,
        zone=load_zone(raw["zone"]),
        weekend=[WEEKDAYS.index(d) for d in raw["weekend"]["days"]],
        holidays=holidays,
        transfers=_transfers(raw["transfers"], citations),
    )
    return CalendarFile(calendar, labels, citations, raw["verified"])


def _fixed(
    rows: list[Any], first: date, last: date, labels: dict[str, dict[str, str]], citations: dict[date, str]
) -> list[Holiday]:
    found = []
    for row in rows:
        where = _entry(row, labels, {"days": list} | _DATED, {"from": date, "until": date, "note": str})
        since, until = row.get("from", first), row.get("until", last)
        for year in range(first.year, last.year + 1):
            for text in row["days"]:
                try:
                    day = datetime.strptime(f"{year}-{text}", "%Y-%m-%d").date()  # noqa: DTZ007 - a date alone
                except ValueError:
                    raise CalendarError(f"{where}: {text!r} is not a day, write month and day as in 03-21") from None
                if max(first, since) <= day <= min(last, until):
                    _once(day, where, citations, row["citation"])
                    found.append(Holiday(day, row["id"], row["moves"], row["status"]))
    return found


def _movable(rows: list[Any], labels: dict[str, dict[str, str]], citations: dict[date, str]) -> list[Holiday]:
    found = []
    for row in rows:
        where = _entry(row, labels, {"dates": list}, {})
        for dated in row["dates"]:
            _keys(dated, where, {"date": date} | _DATED, {"note": str})
            _once(dated["date"], where, citations, dated["citation"])
            found.append(Holiday(dated["date"], row["id"], row["moves"], dated["status"]))
    return found


def _transfers(rows: list[Any], citations: dict[date, str]) -> list[Transfer]:
    found = []
    for row in rows:
        _keys(row, "transfers", {"free": date, "worked": date} | _DATED, {"note": str})
        for day in (row["free"], row["worked"]):
            _once(day, "transfers", citations, row["citation"])
        found.append(Transfer(row["free"], row["worked"], cast(Status, row["status"])))
    return found


def _entry(row: Any, labels: dict[str, dict[str, str]], required: dict[str, type], optional: dict[str, type]) -> str:
    where = f"holiday {row.get('id') if isinstance(row, dict) else row!r}"
    _keys(row, where, _ENTRY | required, optional)
    _keys(row["labels"], f"{where}, labels", dict.fromkeys(LANGUAGES, str))
    if row["id"] in labels:
        raise CalendarError(f"{where}: the id stands twice")
    labels[row["id"]] = row["labels"]
    return where


def _once(day: date, where: str, citations: dict[date, str], citation: str) -> None:
    if day in citations:
        raise CalendarError(f"{where}: {day} is recorded twice")
    citations[day] = citation


def _keys(node: Any, where: str, required: Mapping[str, type], optional: Mapping[str, type] | None = None) -> None:
    known = {**required, **(optional or {})}
    if not isinstance(node, dict):
        raise CalendarError(f"{where}: expected the keys {', '.join(known)}")
    for key in node:
        if key not in known:
            raise CalendarError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
    for key, kind in known.items():
        if key not in node:
            if key in required:
                raise CalendarError(f"{where}: {key!r} is missing")
        elif not isinstance(node[key], kind) or (kind is date and isinstance(node[key], datetime)):
            raise CalendarError(f"{where}: {key!r} must be a {kind.__name__}, not {node[key]!r}")
    if "status" in known and node["status"] not in STATUSES:
        raise CalendarError(f"{where}: status {node['status']!r} is not one of {', '.join(STATUSES)}")
