"""The line of days: where everything of a case stands on one picture, computed here so that it needs no script.

The scale is in user units of an SVG. Days 0–180 are linear and take most of the width; the time before day 0 and after
day 180 is compressed into bands of its own, since a release may be prepared for a year and a case may run for several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oralu.web.components import Text, Tone

SPAN_DAYS = 180
DAY = 5
BAND = 145
MARGIN = 34
LETTER = 7.4
LABEL_GAP = 12
LANE = 18
SPAN_LANE = 24
LABEL_LIMIT = 30
MAX_LABEL_LANES = 10


@dataclass(frozen=True)
class DayFact:
    """A dated fact above the line."""

    day: int
    label: Text
    tone: Tone = Tone.CALM


@dataclass(frozen=True)
class DaySpan:
    """A need or a referral below the line, from `start` to `end` (None: still open), with its target and limit."""

    label: Text
    start: int
    end: int | None = None
    target: int | None = None
    limit: int | None = None
    state: Text = ""
    tone: Tone = Tone.CALM


@dataclass(frozen=True)
class RiskPeriod:
    """Days during which the case stood at R3; `end` None means until today."""

    start: int
    end: int | None = None


@dataclass(frozen=True)
class Mark:
    x: int
    day: int
    label: Text
    when: str = ""


@dataclass(frozen=True)
class PlacedFact:
    x: int
    y: int
    text_x: int
    anchor: str
    label: str
    full: str
    tone: Tone


@dataclass(frozen=True)
class PlacedSpan:
    x: int
    width: int
    y: int
    label: str
    full: str
    tone: Tone
    open_end: bool
    text_x: int
    anchor: str
    target_x: int | None
    limit_x: int | None


@dataclass(frozen=True)
class Tick:
    """A limit on the axis of a compact line; `full` says of what and when."""

    x: int
    full: str


@dataclass(frozen=True)
class TableRow:
    day: str
    when: str
    what: str
    order: int = 0


@dataclass(frozen=True)
class LineOfDays:
    """What the component draws; `rows` is the same story as a table, in the order of days. A compact line has its
    limits as `ticks` on the axis, and neither labels nor bars. `risk_label`: the highest level in words."""

    width: int
    height: int
    axis_y: int
    axis_x1: int
    axis_x2: int
    zero_x: int
    end_x: int
    today: Mark
    milestones: tuple[Mark, ...]
    facts: tuple[PlacedFact, ...]
    spans: tuple[PlacedSpan, ...]
    shades: tuple[tuple[int, int], ...]
    has_past: bool
    has_future: bool
    rows: tuple[TableRow, ...]
    ticks: tuple[Tick, ...] = ()
    is_compact: bool = False
    risk_label: str = ""


class Scale:
    """Day → x. Raises nothing: every day has a place, the far ones close together."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = min(first, 0), max(last, SPAN_DAYS)
        self.zero = MARGIN + (BAND if self.first < 0 else 0)
        self.end = self.zero + SPAN_DAYS * DAY
        self.right = self.end + (BAND if self.last > SPAN_DAYS else 0)

    def x(self, day: int) -> int:
        if day < 0:
            return round(self.zero - BAND * min(day / self.first, 1.0))
        if day > SPAN_DAYS:
            return round(self.end + BAND * min((day - SPAN_DAYS) / (self.last - SPAN_DAYS), 1.0))
        return self.zero + day * DAY


def day_label(day: int) -> str:
    """«day 30»; before enrolment «30 days before» would be longer than the place it has, hence the minus sign."""
    return _("day %(n)s") % {"n": str(day).replace("-", "\u2212")}


def line_of_days(
    *,
    start: date,
    today: int,
    facts: Sequence[DayFact] = (),
    spans: Sequence[DaySpan] = (),
    risk_periods: Sequence[RiskPeriod] = (),
    milestones: Sequence[int] = (30, 60, 90, 180),
    plan_due: int | None = None,
    is_compact: bool = False,
    risk_label: str = "",
) -> LineOfDays:
    """Lay out a case. `start` is day 0; `plan_due` the day on which three working days end, as the calendar has it.
    `is_compact`: the axis alone, for a case that has only begun; everything stands in the table all the same."""
    scale = Scale(*_reach(today, facts, spans, risk_periods))
    placed, lanes = ([], 0) if is_compact else _place_facts(scale, facts)
    axis_y = (22 if is_compact else 42) + LANE * lanes
    bars, depth, widest = ([], 0, 0) if is_compact else _place_spans(scale, spans, today, axis_y + 62)
    marks = [Mark(scale.x(day), day, str(day), _when(start, day)) for day in milestones]
    if plan_due is not None:
        marks.insert(0, Mark(scale.x(plan_due), plan_due, _("3 w.d."), _when(start, plan_due)))
    top = axis_y - 10
    return LineOfDays(
        width=max(scale.right + MARGIN, widest),
        height=axis_y + (52 if is_compact else 74) + SPAN_LANE * depth,
        axis_y=axis_y,
        axis_x1=scale.zero - (BAND if scale.first < 0 else 0),
        axis_x2=scale.right,
        zero_x=scale.zero,
        end_x=scale.end,
        today=Mark(scale.x(today), today, _("today: %(day)s") % {"day": day_label(today)}, _when(start, today)),
        milestones=tuple(marks),
        facts=tuple(_drop(fact, top) for fact in placed),
        spans=tuple(bars),
        shades=() if is_compact else tuple(_shade(scale, period, today) for period in risk_periods),
        has_past=scale.first < 0,
        has_future=scale.last > SPAN_DAYS,
        rows=_rows(start, today, facts, spans, risk_periods, risk_label=risk_label),
        ticks=_ticks(scale, start, spans) if is_compact else (),
        is_compact=is_compact,
        risk_label=risk_label,
    )


def _ticks(scale: Scale, start: date, spans: Iterable[DaySpan]) -> tuple[Tick, ...]:
    """One tick for each day on which something open reaches its limit."""
    by_day: dict[int, list[str]] = {}
    for span in spans:
        if span.limit is not None and span.end is None:
            by_day.setdefault(span.limit, []).append(str(span.label))
    return tuple(Tick(scale.x(day), f"{_when(start, day)}: {', '.join(by_day[day])}") for day in sorted(by_day))


def _reach(
    today: int, facts: Iterable[DayFact], spans: Iterable[DaySpan], periods: Iterable[RiskPeriod]
) -> tuple[int, int]:
    days = [0, today, *(fact.day for fact in facts)]
    for span in spans:
        days += [day for day in (span.start, span.end, span.target, span.limit) if day is not None]
    for period in periods:
        days += [day for day in (period.start, period.end) if day is not None]
    return min(days), max(days)


def _when(start: date, day: int) -> str:
    return date_format(start + timedelta(days=day), "DATE_FORMAT")


def shorten(text: str) -> str:
    return text if len(text) <= LABEL_LIMIT else text[: LABEL_LIMIT - 1].rstrip() + "…"


def _place_facts(scale: Scale, facts: Sequence[DayFact]) -> tuple[list[PlacedFact], int]:
    """Labels climb to the lowest lane in which they touch neither a label nor the stem of an earlier one.

    `y` counts lanes upwards from 1 here and becomes a coordinate in `_drop`. Past the last lane the label is left out
    (its dot, title and table row stay), since an unreadable pile tells nothing.
    """
    taken: list[list[tuple[int, int]]] = [[] for _lane in range(MAX_LABEL_LANES)]
    placed: list[PlacedFact] = []
    for fact in sorted(facts, key=lambda item: item.day, reverse=True):
        x, label = scale.x(fact.day), shorten(str(fact.label))
        width = round(len(label) * LETTER) + LABEL_GAP
        ends_out = x + width > scale.right + MARGIN
        left, right = (x - width, x) if ends_out else (x, x + width)
        lane = next((n for n, row in enumerate(taken) if all(right <= a or left >= b for a, b in row)), None)
        if lane is None:
            placed.append(PlacedFact(x, 0, x, "start", "", str(fact.label), fact.tone))
            continue
        for below in range(lane):
            taken[below].append((x - 2, x + 2))
        taken[lane].append((left, right))
        anchor, text_x = ("end", x - 5) if ends_out else ("start", x + 5)
        placed.append(PlacedFact(x, lane + 1, text_x, anchor, label, str(fact.label), fact.tone))
    return placed, max((int(fact.y) for fact in placed), default=0)


def _drop(fact: PlacedFact, top: int) -> PlacedFact:
    y = top - LANE * fact.y
    return PlacedFact(fact.x, y, fact.text_x, fact.anchor, fact.label, fact.full, fact.tone)


def _place_spans(scale: Scale, spans: Sequence[DaySpan], today: int, top: int) -> tuple[list[PlacedSpan], int, int]:
    """The bars with their labels, how many lanes they take, and how far to the right they reach: a label that has room
    on neither side of its bar widens the drawing, since one that is cut off says something else."""
    lanes: list[int] = []
    placed: list[PlacedSpan] = []
    for span in sorted(spans, key=lambda item: item.start):
        x, end = scale.x(span.start), scale.x(max(span.start, span.end if span.end is not None else today))
        ticks = [scale.x(day) for day in (span.target, span.limit) if day is not None]
        label = shorten(str(span.label))
        label_width = round(len(label) * LETTER) + LABEL_GAP
        reach = max([end, x + 4, *ticks]) + 8
        left, right = x, reach + label_width
        anchor, text_x = "start", reach
        if right > scale.right + MARGIN and x - label_width >= 0:
            left, right, anchor, text_x = x - label_width, reach, "end", x - 8
        lane = next((n for n, until in enumerate(lanes) if until <= left), None)
        if lane is None:
            lane = len(lanes)
            lanes.append(0)
        lanes[lane] = right
        full = ", ".join(str(part) for part in (span.label, span.state) if part)
        placed.append(
            PlacedSpan(
                x, max(end - x, 4), top + lane * SPAN_LANE, label, full, span.tone, span.end is None, text_x, anchor,
                scale.x(span.target) if span.target is not None else None,
                scale.x(span.limit) if span.limit is not None else None,
            )
        )  # fmt: skip
    return placed, len(lanes), max(lanes, default=0)


def _shade(scale: Scale, period: RiskPeriod, today: int) -> tuple[int, int]:
    x = scale.x(period.start)
    return x, max(scale.x(today if period.end is None else period.end) - x, 3)


def _rows(
    start: date,
    today: int,
    facts: Sequence[DayFact],
    spans: Sequence[DaySpan],
    periods: Sequence[RiskPeriod],
    *,
    risk_label: str,
) -> tuple[TableRow, ...]:
    rows = [TableRow(day_label(f.day), _when(start, f.day), str(f.label), f.day) for f in facts]
    rows.append(TableRow(day_label(today), _when(start, today), _("today"), today))
    for span in spans:
        parts = [str(span.label), *([str(span.state)] if span.state else [])]
        if span.target is not None:
            parts.append(_("target: %(when)s") % {"when": _when(start, span.target)})
        if span.limit is not None:
            parts.append(_("limit: %(when)s") % {"when": _when(start, span.limit)})
        if span.end is not None:
            parts.append(_("ended: %(when)s") % {"when": _when(start, span.end)})
        rows.append(TableRow(day_label(span.start), _when(start, span.start), "; ".join(parts), span.start))
    for period in periods:
        until = _("until today") if period.end is None else _("until %(when)s") % {"when": _when(start, period.end)}
        at_risk = _("risk: %(level)s, %(until)s") % {"level": risk_label, "until": until}
        rows.append(TableRow(day_label(period.start), _when(start, period.start), at_risk, period.start))
    return tuple(sorted(rows, key=lambda row: row.order))
