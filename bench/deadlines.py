"""Deadlines: three working days from a start, for a million starts in the years that decrees cover."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from oralu.core.worktime import Allowance, Calendar, due_many

N = 3
ALLOWANCE = Allowance.parse(f"{N}WD")
YEARS = (2024, 2025)
"""Years whose holidays and transfers are all decreed: each peer's own calendar can know them."""


def starts(size: int, calendar: Calendar) -> Any:
    rng = np.random.default_rng(7)
    first = int(calendar.end_of(date(YEARS[0] - 1, 12, 31)).timestamp())
    last = int(calendar.end_of(date(YEARS[-1], 12, 1)).timestamp())
    return rng.integers(first, last, size)


class Deadlines(ABC):
    name = ""
    most = 1 << 40
    note = ""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar

    @abstractmethod
    def prepare(self, moments: Any) -> Callable[[], Any]:
        """The callable gives due times as UTC seconds."""

    def days(self, moments: Any) -> Any:
        """Local dates; a help that the peers get for nothing in the time of `prepare`."""
        zone = self.calendar.zone
        return [datetime.fromtimestamp(int(moment), UTC).astimezone(zone).date() for moment in moments]

    def midnights_after(self, days: Any) -> Any:
        return np.array([int(self.calendar.end_of(day).timestamp()) for day in days])

    def free(self) -> list[date]:
        """Every weekday that is free, transfers included: peers are given our calendar as far as they can hold it."""
        days = [self.calendar.first + timedelta(days=n) for n in range(len(self.calendar.working))]
        return [day for day in days if day.weekday() < 5 and not self.calendar.is_working(day)]


class OurDeadlines(Deadlines):
    name = "Oralu, due_many"
    note = "from seconds to seconds, zone included"

    def prepare(self, moments: Any) -> Callable[[], Any]:
        return lambda: due_many(moments, ALLOWANCE, self.calendar)


class NumpyDeadlines(Deadlines):
    name = "numpy.busday_offset"
    note = "given our free days; knows no worked weekend; dates only, the change of zone of 2024-03-01 not looked at"

    def prepare(self, moments: Any) -> Callable[[], Any]:
        calendar = np.busdaycalendar(holidays=np.array(self.free(), dtype="datetime64[D]"))
        hours = 5 * 3600

        def run() -> Any:
            days = ((moments + hours) // 86_400).astype("datetime64[D]")
            due = np.busday_offset(days, N, roll="backward", busdaycal=calendar)
            return (due.astype(np.int64) + 1) * 86_400 - hours

        return run


class PandasDeadlines(Deadlines):
    name = "pandas CustomBusinessDay"
    note = "given our free days; knows no worked weekend; dates given, not taken from seconds"
    most = 20_000

    def prepare(self, moments: Any) -> Callable[[], Any]:
        import warnings

        import pandas as pd

        step = pd.offsets.CustomBusinessDay(n=N, holidays=self.free())
        days = pd.DatetimeIndex([pd.Timestamp(day) for day in self.days(moments)])

        def run() -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return days + step

        return run

    def seconds(self, done: Any) -> Any:
        return self.midnights_after([stamp.date() for stamp in done])


class WorkalendarDeadlines(Deadlines):
    name = "workalendar"
    note = "its own calendar of Kazakhstan; dates given"
    most = 2_000

    def prepare(self, moments: Any) -> Callable[[], Any]:
        from workalendar.asia import Kazakhstan

        calendar, days = Kazakhstan(), self.days(moments)
        return lambda: [calendar.add_working_days(day, N) for day in days]

    def seconds(self, done: Any) -> Any:
        return self.midnights_after(done)


class HolidaysDeadlines(Deadlines):
    name = "holidays"
    note = "its own calendar of Kazakhstan, worked weekends among them; dates given"
    most = 5_000

    def prepare(self, moments: Any) -> Callable[[], Any]:
        import holidays

        known = holidays.country_holidays("KZ", years=[*YEARS, YEARS[-1] + 1])
        days = self.days(moments)
        return lambda: [known.get_nth_working_day(day, N) for day in days]

    def seconds(self, done: Any) -> Any:
        return self.midnights_after(done)


PEERS = (NumpyDeadlines, PandasDeadlines, WorkalendarDeadlines, HolidaysDeadlines)
