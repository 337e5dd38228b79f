"""The line of days of a case, and what the next day that changes something will bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.referrals.models import Need
from oralu.apps.routing.case_file import CaseFile, Change
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition
from oralu.core.facts import ANSWERS_WITHOUT_VALUE
from oralu.core.worktime import Allowance, CalendarError, due
from oralu.web.case.cards import value_words
from oralu.web.components import Tone
from oralu.web.line import DayFact, DaySpan, LineOfDays, RiskPeriod, line_of_days
from oralu.web.presenting import most_of, risk_label, service_label
from oralu.web.screens import lang

FRESH_DAYS = 3
"""Until that day a case has nothing to tell but what lies ahead, and its line is drawn compact."""
PLAN_TERM = Allowance.parse("3WD")
MOMENT = timedelta(microseconds=1)


def case_line(file: CaseFile, at: datetime) -> LineOfDays:
    return line_of_days(
        start=file.zero,
        today=file.day_of(file.on),
        facts=_facts(file),
        spans=[_span(file, need, at) for need in file.needs],
        risk_periods=risk_periods(file),
        milestones=file.edition.milestones,
        plan_due=_plan_due(file),
        is_compact=0 <= file.day_of(file.on) <= FRESH_DAYS,
        risk_label=risk_label(file.edition, file.edition.risk_levels[-1]),
    )


def _plan_due(file: CaseFile) -> int | None:
    """The day on which the plan falls due; None for an enrolment older than the calendar."""
    try:
        return file.day_of(due(start_of_day(file.case.enrolled_on), PLAN_TERM, load_calendar()) - MOMENT)
    except CalendarError:
        return None


def _facts(file: CaseFile) -> list[DayFact]:
    """The facts by their days, one mark a day; those of the first interview are one mark."""
    told: dict[int, list[str]] = {}
    for statement in file.statements.values():
        if statement.retracts_id or statement.value in ANSWERS_WITHOUT_VALUE or hasattr(statement, "retraction"):
            continue
        if statement.name not in file.edition.fact_by_name:
            continue
        label = file.edition.label("fact", statement.name, lang())
        told.setdefault(file.day_of(statement.effective_on), []).append(f"{label}: {value_words(file, statement)}")
    first = told.pop(0, [])
    enrolled = _("enrolment")
    if first:
        enrolled += ", " + ngettext("%(n)d fact", "%(n)d facts", len(first)) % {"n": len(first)}
    marks = [DayFact(file.day_of(file.case.enrolled_on), enrolled)]
    marks += [DayFact(day, "; ".join(words)) for day, words in told.items()]
    marks += [
        DayFact(
            m.day,
            _("day %(day)d: %(index)d of %(most)d")
            % {"day": m.day, "index": m.index, "most": most_of(m, file.edition)},
            Tone.DONE,
        )
        for m in file.milestones
    ]
    if file.case.released_on is not None and file.case.released_on != file.case.enrolled_on:
        marks.append(DayFact(file.day_of(file.case.released_on), _("release")))
    if file.case.closed_on is not None:
        marks.append(DayFact(file.day_of(file.case.closed_on), _("case closed")))
    return marks


def _span(file: CaseFile, need: Need, at: datetime) -> DaySpan:
    clock = need.clock
    attempts = file.referrals.get(need.pk, ())
    state = need.get_state_display()
    if attempts:
        state = f"{state}; {attempts[-1].agency}: {attempts[-1].get_state_display()}"
    return DaySpan(
        label=service_label(need),
        start=file.day_of(need.opened_at),
        end=file.day_of(need.closed_at) if need.closed_at else None,
        target=file.day_of(clock.target_at - MOMENT) if clock.target_at else None,
        limit=file.day_of(clock.limit_at - MOMENT) if clock.limit_at else None,
        state=state,
        tone=_tone(need, at),
    )


def _tone(need: Need, at: datetime) -> Tone:
    if need.state == Need.State.MET:
        return Tone.DONE
    if need.state != Need.State.OPEN:
        return Tone.QUIET
    clock = need.clock
    if clock.breached_at is not None or (clock.limit_at is not None and clock.limit_at <= at):
        return Tone.OVER
    return Tone.LATE if clock.target_at is not None and clock.target_at <= at else Tone.CALM


def risk_periods(file: CaseFile) -> list[RiskPeriod]:
    """When the case stood at the highest risk, by the evaluations kept."""
    highest = len(file.edition.risk_levels) - 1
    periods: list[RiskPeriod] = []
    start: int | None = None
    for record in file.evaluations:
        if record.risk == highest and start is None:
            start = record.day
        elif record.risk != highest and start is not None:
            periods.append(RiskPeriod(start, record.day))
            start = None
    if start is not None:
        periods.append(RiskPeriod(start))
    return periods


@dataclass(frozen=True)
class NextChange:
    """The next day that changes the judgement by itself, and how, in sentences; the gravest first."""

    on: date
    day: int
    sentences: tuple[str, ...]
    is_grave: bool


def next_change(file: CaseFile) -> NextChange | None:
    change = file.next_change
    if change is None:
        return None
    edition = file.edition
    failing = [code for code in change.then.failures if code not in change.now.failures]
    sentences = [_failure(edition, change, code) for code in failing]
    others = [code for code in edition.domains if code not in failing]
    sentences += [text for code in others if (text := _domain(edition, change, code))]
    now, then = ({rule.need: rule for rule in e.actions} for e in (change.now, change.then))
    opening = [rule for need, rule in then.items() if need not in now]
    ceasing = [rule for need, rule in now.items() if need not in then]
    sentences += [
        _("A need opens: %(service)s (%(agency)s).")
        % {
            "service": edition.label("service", rule.service, lang()),
            "agency": edition.label("agency", rule.agency, lang()),
        }
        for rule in opening
    ]
    sentences += [
        _("A need ceases: %(service)s.") % {"service": edition.label("service", rule.service, lang())}
        for rule in ceasing
    ]
    return NextChange(change.on, change.then.day, tuple(sentences), bool(failing))


def _failure(edition: Edition, change: Change, code: str) -> str:
    reasons = [r.text(lang()) for r in change.then.domains[code].reasons if r.kind == "failure"]
    return _("Critical failure, domain “%(domain)s”. %(why)s") % {
        "domain": edition.label("domain", code, lang()),
        "why": " ".join(reasons),
    }


def _domain(edition: Edition, change: Change, code: str) -> str:
    now, then = change.now.domains[code], change.then.domains[code]
    parts = []
    if now.points != then.points:
        parts.append(_("points %(now)d → %(then)d") % {"now": now.points, "then": then.points})
    if now.risk != then.risk:
        words = {"now": risk_label(edition, now.risk), "then": risk_label(edition, then.risk)}
        parts.append(_("risk %(now)s → %(then)s") % words)
    if code in change.now.failures and code not in change.then.failures:
        parts.append(_("the critical failure ends"))
    if not parts:
        return ""
    label = edition.label("domain", code, lang())
    before = {r.text(lang()) for r in now.reasons}
    reasons = [text for r in then.reasons if (text := r.text(lang())) not in before]
    return " ".join([_("Domain “%(domain)s”: %(change)s.") % {"domain": label, "change": ", ".join(parts)}, *reasons])
