"""View models of the recurring components: what a page hands to a template, and nothing else.

A page builds these from what selectors returned; a component draws them. They hold finished words in the reader's
language (or lazy translations), never codes to be shown, so that the same sentence reaches screen, print and reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Text = str | Promise


class Tone(StrEnum):
    """How urgent a sign is. Red is kept for what is past its limit or has failed, amber for past its target."""

    QUIET = "quiet"
    CALM = "calm"
    DONE = "done"
    LATE = "late"
    OVER = "over"


POINT_WORDS: Mapping[int, Text] = {
    0: gettext_lazy("not closed"),
    1: gettext_lazy("in progress"),
    2: gettext_lazy("closed with evidence"),
}


@dataclass(frozen=True)
class Cell:
    """One domain of the strip. `label` and `reason` are words of the edition; `points` is 0, 1 or 2."""

    domain: str
    label: Text
    points: int
    reason: Text = ""
    failed: bool = False
    provisional: bool = False
    risk: str = ""
    href: str = ""

    def __post_init__(self) -> None:
        if self.points not in POINT_WORDS:
            raise ValueError(f"cell {self.domain}: points must be 0, 1 or 2, not {self.points!r}")

    @property
    def state(self) -> Text:
        """The state in words; the only carrier of meaning for who cannot see the fill."""
        if self.failed:
            return gettext_lazy("critical failure")
        return POINT_WORDS[self.points]

    @property
    def spoken(self) -> str:
        parts = [f"{self.label}: {self.points}, {self.state}"]
        if self.provisional:
            parts.append(_("provisional"))
        return ", ".join(parts)


@dataclass(frozen=True)
class Strip:
    """The cells in the order of the edition's domains, and the index when the list shows it, of `most`."""

    cells: tuple[Cell, ...]
    index: int | None = None
    most: int = 10

    @property
    def spoken(self) -> str:
        return "; ".join(cell.spoken for cell in self.cells)

    @property
    def failed(self) -> str:
        return ", ".join(str(cell.label).lower() for cell in self.cells if cell.failed)

    @property
    def width(self) -> int:
        """Of the small drawing, in user units: a cell is 24 wide, 3 apart."""
        return 27 * len(self.cells) - 1

    @property
    def placed(self) -> tuple[tuple[int, Cell], ...]:
        return tuple((27 * i + 1, cell) for i, cell in enumerate(self.cells))


@dataclass(frozen=True)
class Countdown:
    """A clock in words, see `countdown.countdown`. `exact` is the deadline to the minute; `note` says whom or why."""

    text: Text
    tone: Tone
    exact: Text = ""
    note: Text = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class FactRead:
    """A fact that a rule read: who recorded it, when, and whether a proof is attached."""

    label: Text
    value: Text
    recorded_by: Text = ""
    recorded_at: datetime | None = None
    evidence: bool = False
    href: str = ""


@dataclass(frozen=True)
class Why:
    """The rule behind a judgement: its words, citation and basis (law, proposal or decision, in words), its facts."""

    rule: Text
    citation: Text
    basis: Text
    basis_note: Text = ""
    facts: tuple[FactRead, ...] = ()
    edition: Text = ""
    href: str = ""


@dataclass(frozen=True)
class Act:
    """The one primary act of a row. `href` is a page that works by itself and, asked by htmx, answers with a panel;
    with `in_place` false it is only a page, too large for a panel."""

    label: Text
    href: str
    records: tuple[Text, ...] = ()
    tone: str = "primary"
    in_place: bool = True


@dataclass(frozen=True)
class WorkRow:
    """A row of work: who, strip, what, until when, the act. `key` is unique on the page: letters, digits, dashes."""

    key: str
    title: Text
    href: str
    what: Text
    meta: tuple[Text, ...] = ()
    strip: Strip | None = None
    countdown: Countdown | None = None
    act: Act | None = None
    why: Why | None = None
    risk: str = ""
    rest: Fold | None = None


@dataclass(frozen=True)
class Fold:
    """Rows that are fetched into their place when they are opened; `href` is a page with them that works by itself."""

    label: Text
    href: str


@dataclass(frozen=True)
class Stat:
    """A number that links to the rows behind it. `value` is None while it is not known, and then says so."""

    value: int | float | str | None
    label: Text
    href: str = ""
    tone: Tone = Tone.CALM
    note: Text = ""


@dataclass(frozen=True)
class Tab:
    label: Text
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Filter:
    """A field of the filter bar: a search box without options, else a list of (value, label)."""

    name: str
    label: Text
    value: str = ""
    options: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True)
class Pager:
    """Keyset paging: `next_href` carries the key of the last row; `shown` rows stand on this page. `label` names
    the list where a page has several."""

    next_href: str = ""
    first_href: str = ""
    shown: int | None = None
    label: Text = ""


@dataclass(frozen=True)
class FileItem:
    name: Text
    href: str
    kind: Text = ""
    size: int | None = None
    added_by: Text = ""
    added_at: datetime | None = None
    state: Text = ""


@dataclass(frozen=True)
class Term:
    """A line of a definition list. An absent value is said in words: `value=""` is shown as not recorded."""

    label: Text
    value: Text = ""
    href: str = ""
    note: Text = ""


@dataclass(frozen=True)
class Empty:
    """What an empty place means and what comes next; never only "no data"."""

    title: Text
    text: Text = ""
    icon: str = "check"
    action: Act | None = None


@dataclass(frozen=True)
class Crumb:
    label: Text
    href: str = ""


@dataclass(frozen=True)
class Confirm:
    """A question before a serious act: what it will do, in words, and the fields that must travel with it."""

    title: Text
    text: Text
    action: str
    confirm_label: Text
    cancel_href: str
    records: tuple[Text, ...] = ()
    hidden: Mapping[str, Any] = field(default_factory=dict)
    danger: bool = False


@dataclass(frozen=True)
class FormError:
    """One line of the summary above a form; links to the field."""

    field_id: str
    label: Text
    message: Text


def form_errors(form: Any) -> tuple[FormError, ...]:
    """Errors of a form, one line each, in the order of its fields; those of the whole form come first."""
    lines = [FormError("", "", message) for message in form.non_field_errors()]
    for bound in form:
        first = f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label
        lines += [FormError(first, bound.label, message) for message in bound.errors]
    return tuple(lines)


def days_between(start: date, at: date) -> int:
    """Day N of a case: 0 on the day of enrolment, negative before it (policy, days and clocks)."""
    return (at - start).days
