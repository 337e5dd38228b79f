"""The rows behind a figure of the board."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.models import CaseState
from oralu.apps.referrals.models import Escalation, Need
from oralu.apps.routing.board_rows import BoardRow, Figure, NoSuchRowsError, board_rows
from oralu.apps.routing.frames import local_day
from oralu.core.edition import Edition
from oralu.policyfiles import load_edition
from oralu.web.board.showing import case_href, case_words
from oralu.web.components import Crumb, Empty, Pager, Text, WorkRow
from oralu.web.countdown import moment
from oralu.web.presenting import edition_for
from oralu.web.screens import StaffRequest, lang, screen, searched_text

PAGE = 50
TITLES: Mapping[Figure, Text] = {
    Figure.ESCALATIONS: gettext_lazy("Escalations that wait for your answer"),
    Figure.GONE_UP: gettext_lazy("Gone up from your unit, not yet answered"),
    Figure.INHERITED: gettext_lazy("Missed deadlines of the imported register"),
    Figure.SETTLED: gettext_lazy("Settled without an answer"),
    Figure.MEASURES: gettext_lazy("Corrective measures under way"),
    Figure.BREACHES: gettext_lazy("Deadlines missed in the last 12 weeks"),
    Figure.SLA: gettext_lazy("Needs behind the service level"),
    Figure.LOAD: gettext_lazy("Cases behind the load"),
    Figure.INDEX: gettext_lazy("Cases with this index"),
    Figure.RISK: gettext_lazy("Cases with this level of risk"),
    Figure.ANSWERS: gettext_lazy("Help by what the person said of it"),
}
NARROWED_BY = ("domain", "holder", "service", "kept", "officer", "unit", "value")


@require_safe
@screen(Permission.BOARD_READ, audit=Audit.READ)
def rows(request: StaffRequest, figure: str) -> HttpResponse:
    if figure not in set(Figure):
        raise Http404
    wanted = {name: searched_text(request.GET, name) for name in NARROWED_BY if name in request.GET}
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
    try:
        found, has_more = board_rows(
            actor=request.user, figure=Figure(figure), wanted=wanted, after=after, size=PAGE, at=request.at
        )
    except NoSuchRowsError as error:
        raise Http404 from error
    onward = f"?{urlencode({**wanted, 'after': found[-1].key})}" if has_more else ""
    words = edition_for(request.user, local_day(request.at))
    context = {
        "title": TITLES[Figure(figure)],
        "crumbs": (Crumb(_("Board"), reverse("board")), Crumb(TITLES[Figure(figure)])),
        "rows": [_row(request.user, row, words) for row in found],
        "pager": Pager(onward, f"?{urlencode(wanted)}" if after else ""),
        "empty": Empty(_("No rows stand behind this figure"), _("Go back to the board to choose another."), "board"),
    }
    return render(request, "board/rows.html", context)


def _row(actor: User, row: BoardRow, in_force: Edition) -> WorkRow:
    key = f"{row.kind}{row.key}"
    edition = load_edition(row.edition) if row.edition else in_force
    href = f"#row-{key}"
    is_homeless = row.kind == "escalation" and row.state == Escalation.Kind.NO_AGENCY
    if row.escalation_id is not None and (row.kind == "measure" or is_homeless):
        href = reverse("escalation", args=[row.escalation_id])
    href = case_href(actor, row.case_id) or href
    service = edition.label("service", row.service, lang()).capitalize() if row.service else ""
    meta = [row.unit]
    if row.index is not None:
        meta.append(_("index %(n)s of %(most)s") % {"n": row.index, "most": edition.highest_index})
    if row.agency:
        meta.append(row.agency)
    if row.at is not None:
        meta.append(_when(row) % {"when": moment(row.at)})
    return WorkRow(
        key=key,
        title=case_words(row.case_id, row.person),
        href=href,
        what=f"{service}: {_state(row)}" if service else _state(row),
        meta=tuple(meta),
        risk=edition.risk_levels[row.risk] if row.risk is not None else "",
    )


def _when(row: BoardRow) -> str:
    words = {
        "case": _("next deadline: %(when)s"),
        "referral": _("answered: %(when)s"),
    }
    return words.get(row.kind, _("limit: %(when)s"))


def _state(row: BoardRow) -> str:
    if row.kind == "escalation":
        return str(Escalation.Kind(row.state).label)
    if row.kind == "need":
        return str(Need.State(row.state).label)
    if row.kind == "case":
        return str(CaseState(row.state).label)
    if row.kind == "referral":
        return answer_words(row.state or "not_asked")
    return row.state


def answer_words(answer: str) -> str:
    return {
        "confirmed": pgettext("answer of the person", "confirmed"),
        "disputed": pgettext("answer of the person", "disputed"),
        "not_asked": pgettext("answer of the person", "not yet asked"),
    }[answer]
