"""The caseload as a table for a spreadsheet: UTF-8 with a byte order mark and semicolons, as Excel opens it where the
decimal sign is a comma."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.cases.caseload_selectors import cases_in_steps
from oralu.apps.cases.models import Case
from oralu.core.edition import Edition
from oralu.web.components import days_between
from oralu.web.countdown import ALMATY
from oralu.web.presenting import edition_for, edition_of

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file for `csv.writer` that hands each line back."""

    def write(self, line: str) -> str:
        return line


def streamed(user: User, ids: Sequence[int], language: str, today: date) -> Iterator[str]:
    """The lines of the table, read a step at a time. The language is set for each line anew, since the stream runs when
    the request's own has been put away."""
    writer = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")
    edition = edition_for(user, today)
    domains = edition.domains
    with translation.override(language):
        head = _head(edition, domains, language)
    yield MARK + writer.writerow(head)
    for case in cases_in_steps(user, ids):
        with translation.override(language):
            cells = _cells(case, domains, language, today)
        yield writer.writerow([safe(cell) for cell in cells])


def safe(cell: str | int) -> str | int:
    """A text that a spreadsheet would take for a formula is kept a text by an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _head(edition: Edition, domains: Sequence[str], language: str) -> list[str]:
    return [
        _("Case"),
        _("Surname"),
        _("Given name"),
        _("Patronymic"),
        _("Date of enrolment"),
        _("Day of the case"),
        _("State"),
        _("Risk"),
        _("Integral indicator"),
        *(capfirst(edition.label("domain", code, language)) for code in domains),
        _("Critical failures"),
        _("Missed deadlines"),
        _("Nearest deadline"),
        _("What is due"),
        _("Case manager"),
    ]


def _cells(case: Case, domains: Sequence[str], language: str, today: date) -> list[str | int]:
    edition, person = edition_of(case), case.person
    due = case.next_due_at.astimezone(ALMATY).strftime("%Y-%m-%d %H:%M") if case.next_due_at else ""
    return [
        case.pk,
        person.surname,
        person.given_name,
        person.patronymic,
        case.enrolled_on.isoformat(),
        days_between(case.enrolled_on, case.closed_on or today),
        case.get_state_display(),
        edition.label("risk", edition.risk_levels[case.risk], language),
        case.index,
        *(case.domains[code]["points"] if code in case.domains else "" for code in domains),
        _named(edition, case.failures, language),
        _named(edition, case.breached, language),
        due,
        edition.label("service", case.next_need, language) if case.next_need else "",
        case.officer.full_name if case.officer else "",
    ]


def _named(edition: Edition, domains: Sequence[str], language: str) -> str:
    return ", ".join(edition.label("domain", code, language) for code in domains)
