"""The board: what is broken now, then how it has been going, then who carries what. On one printed sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.referrals.inbox_selectors import TO_ANSWER, inbox_counts
from oralu.apps.routing import board_selectors as figures
from oralu.apps.routing.board_figures import Figures, figures_for, names_of, officers_of
from oralu.apps.routing.board_rows import Figure
from oralu.apps.routing.board_selectors import Load, Sla
from oralu.apps.routing.earlier_selectors import claims_to_decide
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.quarantine_selectors import quarantine_visible_to
from oralu.core.edition import Edition
from oralu.policyfiles import edition_names, load_edition
from oralu.web.board.rows import answer_words
from oralu.web.board.showing import claim_row, escalation_row, measure_row
from oralu.web.charts import Bar, Spark, bars, spark
from oralu.web.components import Empty, Stat, Tone, WorkRow
from oralu.web.countdown import moment
from oralu.web.presenting import edition_for
from oralu.web.screens import StaffRequest, lang, screen

SHOWN = 6
"""Rows of a list on the board itself: with all three lists full it still prints on one sheet."""
LISTED = 15
"""Rows of a table of figures, the heaviest or the worst first: a large region has hundreds of agencies."""
TABLES = {"loads": "load", "agencies": "sla-agencies"}
"""The tables that are cut, with their places on the page; `?whole=` and the name asks for all rows of one."""


def rows_href(figure: Figure, **wanted: object) -> str:
    """The rows behind a figure, narrowed as asked."""
    query = urlencode({name: "none" if value is None else value for name, value in wanted.items()})
    return reverse("board-rows", args=[figure.value]) + (f"?{query}" if query else "")


@require_safe
@screen(Permission.BOARD_READ, audit=Audit.READ)
def board(request: StaffRequest) -> HttpResponse:
    user, at, edition = request.user, request.at, edition_for(request.user, local_day(request.at))
    is_head = user.role == Role.UNIT_HEAD
    broken = figures.first(figures.broken_now(user).select_related("case__person" if is_head else "case"), SHOWN)
    up = figures.first(figures.gone_up(user).select_related("case__person"), SHOWN) if is_head else ()
    measures = figures.measures_open(user)
    counts = figures.counts(user, measures=measures, at=at)
    counted = figures_for(user, at=at)
    context = {
        "title": _("Board"),
        "lead": str(user.agency if is_head or user.agency is None else user.agency.region),
        "printed_on": local_day(at),
        "is_head": is_head,
        "stats": _stats(counts, counted, len(edition.risk_levels) - 1),
        "broken": [escalation_row(user, one, at) for one in broken],
        "broken_all": _all(counts.broken, Figure.ESCALATIONS),
        "measures": [measure_row(user, one, at) for one in figures.first(measures.select_related("clock"), SHOWN)],
        "measures_all": _all(counts.measures, Figure.MEASURES),
        "up": [escalation_row(user, one, at) for one in up],
        "up_all": _all(counts.gone_up, Figure.GONE_UP),
        "claims": _claims(request) if is_head else [],
        "quarantined": _quarantined(user) if is_head else "",
        "inherited": _inherited(counts.inherited),
        "inherited_href": rows_href(Figure.INHERITED),
        "settled": _settled(counts.settled),
        "settled_href": rows_href(Figure.SETTLED),
        "empty": Empty(_("Nothing is broken now"), _("No missed deadline waits for your answer."), "check"),
        "inbox_waiting": 0 if is_head else _waiting(request),
        "is_counted": counted is not None,
        "as_of": moment(counted.at) if counted is not None and counted.at != at else "",
    }
    if counted is not None:
        whole = request.GET.get("whole", "")
        cut = {name: getattr(counted, name)[:LISTED] for name in TABLES if name != whole}
        context |= _counted(replace(counted, **cut), edition, is_head)
        context |= {f"{name}_all": _cut(name, len(getattr(counted, name))) for name in cut}
    return render(request, "board/board.html", context)


def _counted(counted: Figures, edition: Edition, is_head: bool) -> dict[str, object]:
    """Everything under the lists of what is to be done."""
    names = names_of(counted, by_officer=is_head)
    holders = officers_of(counted) if is_head else names
    return {
        "trend": _trend(counted.weeks, edition, counted.at),
        "sla_agencies": [
            _sla_bar(one, names.get(one.key, "") or _("nobody had it"), holder=one.key) for one in counted.agencies
        ],
        "sla_services": [_sla_bar(one, _service(edition, one.key), service=one.key) for one in counted.services],
        "levels": edition.risk_levels,
        "loads": _loads(counted.loads, holders, is_head, edition.risk_levels),
        "most": edition.highest_index,
        "indexes": _indexes(counted.distribution, edition),
        "risks": _risks(counted.distribution, edition),
        "answers": _answers(counted.answers),
    }


def _cut(table: str, rows: int) -> dict[str, object] | None:
    """How many rows a table has that is not shown whole, and where they are."""
    return {"count": rows, "href": f"?whole={table}#{TABLES[table]}"} if rows > LISTED else None


def _claims(request: StaffRequest) -> list[WorkRow]:
    """Every one of them: a claim that nobody decides counts as rejected in the figures of this very page."""
    return [claim_row(claim) for claim in claims_to_decide(request.user)]


def _waiting(request: StaffRequest) -> int:
    counts = inbox_counts(request.user, at=request.at)
    return sum(counts[state] for state in TO_ANSWER)


def _all(count: int, figure: Figure) -> dict[str, object] | None:
    return {"count": _up_to(count), "href": rows_href(figure)} if count > SHOWN else None


def _up_to(count: int) -> int | str:
    """A number of `figures.counts`, as far as it is exact."""
    return count if count <= figures.MOST else f"{figures.MOST}+"


def _inherited(count: int) -> str:
    words = ngettext(
        "%(n)s missed deadline of the imported register", "%(n)s missed deadlines of the imported register", count
    )
    return words % {"n": _up_to(count)} if count else ""


def _settled(count: int) -> str:
    words = ngettext(
        "%(n)s need that no agency could take is settled",
        "%(n)s needs that no agency could take are settled",
        count,
    )
    return words % {"n": _up_to(count)} if count else ""


def _quarantined(user: User) -> str:
    count = quarantine_visible_to(user)[: figures.MOST + 1].count()
    words = ngettext("%(n)s attached file waits in quarantine", "%(n)s attached files wait in quarantine", count)
    return words % {"n": _up_to(count)} if count else ""


def _stats(counts: figures.Counts, counted: Figures | None, highest: int) -> tuple[Stat, ...]:
    late_n = counts.measures_late
    late = ngettext("%(n)s of them late", "%(n)s of them late", late_n) % {"n": _up_to(late_n)}
    live = (
        Stat(
            _up_to(counts.broken),
            _("wait for your answer"),
            rows_href(Figure.ESCALATIONS),
            Tone.OVER if counts.broken else Tone.CALM,
        ),
        Stat(
            _up_to(counts.measures),
            _("measures under way"),
            rows_href(Figure.MEASURES),
            Tone.OVER if late_n else Tone.CALM,
            late if late_n else "",
        ),
    )
    if counted is None:
        return live
    return (
        *live,
        Stat(counted.missed_this_week, _("deadlines missed this week"), rows_href(Figure.BREACHES)),
        Stat(counted.at_risk(highest), _("cases at the highest risk"), rows_href(Figure.RISK, value=highest)),
    )


def _trend(weeks: Mapping[str, list[int]], edition: Edition, at: datetime) -> list[Spark]:
    start = figures.first_week(at)
    names = [
        _("week from %(date)s") % {"date": date_format(start + timedelta(weeks=n), "SHORT_DATE_FORMAT")}
        for n in range(figures.WEEKS)
    ]
    total = [sum(numbers) for numbers in zip(*weeks.values(), strict=True)] if weeks else [0] * figures.WEEKS
    found = [spark(_("All domains"), total, show=str(total[-1]), names=names, href=rows_href(Figure.BREACHES))]
    top = max([max(numbers) for numbers in weeks.values()], default=0) or 1
    for domain in edition.domains:
        numbers = weeks.get(domain, [0] * figures.WEEKS)
        label = edition.label("domain", domain, lang()).capitalize()
        href = rows_href(Figure.BREACHES, domain=domain)
        found.append(spark(label, numbers, show=str(numbers[-1]), names=names, top=top, href=href))
    return found


def _service(edition: Edition, service: str) -> str:
    """A service by its name, also one that only an edition no longer in force knows."""
    known = next((one for one in (edition, *map(load_edition, edition_names())) if service in one.services), None)
    return known.label("service", service, lang()).capitalize() if known else _("a service of an earlier edition")


def _sla_bar(one: Sla, label: str, **wanted: object) -> Bar:
    value = _("%(share)s %% (%(kept)s of %(all)s)") % {"share": one.share, "kept": one.kept, "all": one.all}
    return Bar(label, value, f"{100 * one.kept / one.all:.1f}", rows_href(Figure.SLA, **wanted))


def _loads(
    loads: Iterable[Load], names: Mapping[int, str], is_head: bool, levels: Sequence[str]
) -> list[dict[str, object]]:
    return [
        {
            "label": (one.key and names.get(one.key)) or _("nobody leads it"),
            "href": rows_href(Figure.LOAD, **{"officer" if is_head else "unit": one.key}),
            "all": one.all,
            "by_risk": [(level, one.by_risk.get(place, 0)) for place, level in enumerate(levels)],
            "late": one.late,
            "soon": one.soon,
            "nearest": moment(one.nearest) if one.nearest else "",
        }
        for one in loads
    ]


def _indexes(distribution: Mapping[tuple[int, int], int], edition: Edition) -> tuple[Bar, ...]:
    counted = dict.fromkeys(range(edition.highest_index + 1), 0)
    for (index, _risk), number in distribution.items():
        counted[index] = counted.get(index, 0) + number
    return bars([(str(i), n, str(n), rows_href(Figure.INDEX, value=i) if n else "") for i, n in counted.items()])


def _risks(distribution: Mapping[tuple[int, int], int], edition: Edition) -> tuple[Bar, ...]:
    counted = dict.fromkeys(range(len(edition.risk_levels)), 0)
    for (_index, risk), number in distribution.items():
        counted[risk] = counted.get(risk, 0) + number
    return bars(
        [
            (
                edition.label("risk", edition.risk_levels[risk], lang()),
                number,
                str(number),
                rows_href(Figure.RISK, value=risk) if number else "",
            )
            for risk, number in counted.items()
        ]
    )


def _answers(answers: Mapping[str, tuple[int, int]]) -> tuple[Bar, ...]:
    items = []
    for answer, (number, by_staff) in answers.items():
        label = answer_words(answer).capitalize()
        if by_staff:
            label += _(", %(n)s of them recorded by staff on behalf of the person") % {"n": by_staff}
        items.append((label, number, str(number), rows_href(Figure.ANSWERS, value=answer) if number else ""))
    return bars(items)
