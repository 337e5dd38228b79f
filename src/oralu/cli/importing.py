"""`oralu cases import` without --dry-run: the register goes into the database, all of it or nothing."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from oralu.cli.database import use_database
from oralu.cli.reporting import Form, Reporter
from oralu.core.edition import Edition
from oralu.core.worktime import Calendar
from oralu.register import RegisterReading, RowEvaluation, RowResult
from oralu.register.messages import day_text, phrase
from oralu.register.report import RowFate

if TYPE_CHECKING:
    from oralu.apps.routing.importing import ImportedRow
    from oralu.apps.routing.intake import ImportOrder

Judge = Callable[[RowResult, RegisterReading, Calendar], tuple[RowResult, RowEvaluation | None]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say: the unit by number or name, the accounts by login."""

    unit: str
    by: str
    officer: str | None
    go_live: date
    edition: str | None


def now(calendar: Calendar) -> datetime:
    """The moment of the import; everything below is given it."""
    return datetime.now(calendar.zone)


def run_import(
    wanted: Wanted,
    calendar: Calendar,
    form: Form,
    out: TextIO | None,
    *,
    read: Callable[[Edition], RegisterReading],
    judge: Judge,
) -> int:
    """Import and print the report once it is true. Returns how many rows were refused.

    `read` opens the file under an edition. Raises click.UsageError for an option that names nothing, RegisterError for
    a file that cannot be read, click.ClickException where nothing could be written."""
    with ExitStack() as stack:
        _connect(stack, form.lang)
        from django.utils import translation

        stack.enter_context(translation.override(form.lang))
        order, edition = _order(wanted, now(calendar), form.lang)
        reading = read(edition)
        report = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n"))
        table = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="")) if out else None
        reporter = Reporter(reading, form, report, table, "title_import")
        stack.enter_context(_seldom_collecting())
        _write(reading, calendar, reporter, order, judge)
        for draft, final in ((report, sys.stdout), (table, out)):
            if draft is not None and final is not None:
                draft.seek(0)
                shutil.copyfileobj(draft, final)
        return reporter.summary.refused


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A batch is some 50,000 objects that all go at once; to look for cycles among them again and again costs a fifth
    of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _connect(stack: ExitStack, lang: str) -> None:
    from oralu.server.errors import CannotStartError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oralu.config.settings")
    try:
        use_database(stack)
    except CannotStartError as error:
        raise click.ClickException(str(error)) from None
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error, connection

    try:
        django.setup()
        tables = connection.introspection.table_names()
    except (ImproperlyConfigured, Error) as error:
        raise click.ClickException(" ".join(str(error).split())) from None
    if "cases_case" not in tables:
        raise click.ClickException(phrase("not_prepared_yet", lang))


def _order(wanted: Wanted, at: datetime, lang: str) -> tuple[ImportOrder, Edition]:
    """The options as what they name, and the edition in force. Raises click.UsageError, click.ClickException."""
    from oralu.apps.access.selectors import officers_of
    from oralu.apps.routing import import_selectors as known
    from oralu.apps.routing.intake import ImportOrder
    from oralu.apps.routing.policies import EditionsInForce, NoEditionError

    def refuse(option: str, code: str, **params: object) -> NoReturn:
        raise click.BadParameter(phrase(code, lang, **params), param_hint=option)

    if (unit := known.unit_called(wanted.unit)) is None:
        units = "; ".join(f"{u.pk} — {u}, {u.region}" for u in known.probation_units())
        refuse("--unit", "unit_unknown", name=wanted.unit, known=units or phrase("no_units", lang))
    if (actor := known.account_called(wanted.by)) is None:
        refuse("--by", "by_unknown", login=wanted.by)
    if not known.may_import(actor, unit):
        refuse("--by", "by_wrong", login=wanted.by, unit=unit)
    officer = known.officer_called(wanted.officer, unit) if wanted.officer else None
    if wanted.officer and officer is None:
        logins = ", ".join(user.username for user in officers_of(unit.pk)) or "—"
        refuse("--officer", "officer_unknown", login=wanted.officer, unit=unit, known=logins)
    if wanted.go_live < at.date():
        today = day_text(at.date(), lang)
        refuse("--go-live", "go_live_passed", day=day_text(wanted.go_live, lang), today=today)
    try:
        edition = EditionsInForce([unit.region_id]).on(unit.region_id, at.date())
    except NoEditionError:
        words = {"region": unit.region, "day": day_text(at.date(), lang)}
        raise click.ClickException(phrase("no_edition", lang, **words)) from None
    if wanted.edition not in (None, edition.id):
        refuse("--edition", "edition_differs", edition=edition.id)
    return ImportOrder(unit, officer, actor, wanted.go_live, at, lang), edition


def _write(reading: RegisterReading, calendar: Calendar, reporter: Reporter, order: ImportOrder, judge: Judge) -> None:
    """The transaction. The service answers a batch later than it reads, so what was judged waits in a queue."""
    from django.core.exceptions import ValidationError
    from django.db import Error, IntegrityError

    from oralu.apps.routing.importing import Fate, register_import

    waiting: deque[RowEvaluation | None] = deque()
    lang = reporter.form.lang

    def rows() -> Iterator[RowResult]:
        for row in reading:
            result, judged = judge(row, reading, calendar)
            waiting.append(judged)
            yield result

    def report(done: ImportedRow) -> None:
        judged = waiting.popleft()
        fate = RowFate(done.case_id, done.fate == Fate.ALREADY) if done.case_id is not None else None
        reporter.add(done.result, judged if done.result.intake is not None else None, fate)

    try:
        counts = register_import(
            reading=reading,
            rows=rows(),
            order=order,
            report=report,
            progress=lambda count: reporter.progress("progress_import", count),
        )
    except IntegrityError:
        raise click.ClickException(phrase("taken_meanwhile", lang)) from None
    except ValidationError as error:
        raise click.ClickException(phrase("import_failed", lang, detail=" ".join(error.messages))) from None
    except Error as error:
        raise click.ClickException(phrase("import_failed", lang, detail=type(error).__name__)) from None
    opened = counts[Fate.OPENED]
    last = phrase("written", lang, opened=opened, unit=order.unit) if opened else phrase("all_already", lang)
    reporter.close(last)
