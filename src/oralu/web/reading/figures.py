"""Figures for the ministry: open cases by region, without persons and without small numbers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.routing.country_figures import COLUMNS, CountryFigures, country_figures
from oralu.apps.routing.frames import local_day
from oralu.core.disclosure import BASE, LEAST
from oralu.web.components import Empty, Text
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localdate, number, risk_words

NOT_TOLD = "…"


@require_safe
@screen(Permission.FIGURES, audit=Audit.NONE)
def figures(request: StaffRequest) -> HttpResponse:
    found = country_figures()
    values = {table: _values(found, table) if found else least for table, least in COLUMNS.items()}
    levels = "; ".join(f"R{n}: {risk_words(f'R{n}')}" for n in values["risk"])
    sections = (
        _section("risk", _("Open cases by level of risk"), levels, [f"R{n}" for n in values["risk"]], found),
        _section(
            "index",
            _("Open cases by index"),
            _scale(found),
            [str(n) for n in values["index"]],
            found,
        ),
    )
    rule = _(
        "Rounded to multiples of %(base)s. A number below %(least)s is hidden (…), and so is each from which"
        " it could be worked out."
    )
    as_of = _("As of %(day)s, counted once a month.") % {"day": localdate(local_day(found.at))} if found else ""
    return composed(
        request,
        title=_("Figures"),
        lead=" ".join([as_of, rule % {"base": BASE, "least": LEAST}]).strip(),
        sections=sections,
    )


def _values(found: CountryFigures, table: str) -> range:
    """The columns of a table: none beyond the scale of the editions in force, unless somebody stands there."""
    told = found.country[table]
    least = max((most for _domains, most in found.scales), default=len(told) - 1) if table == "index" else len(told) - 1
    return range(max([least, *(n for n, number in enumerate(told) if number)]) + 1)


def _scale(found: CountryFigures | None) -> Text:
    """What the index is, by the editions in force in the regions that the figures are about."""
    if found is None or not found.scales:
        return _("The index is the sum of the points of all domains of a case.")
    if len(found.scales) == 1:
        domains, most = found.scales[0]
        words = ngettext(
            "The index is the sum of the points of %(n)s domain, from 0 to %(most)s.",
            "The index is the sum of the points of %(n)s domains, from 0 to %(most)s.",
            domains,
        )
        return words % {"n": domains, "most": most}
    ends = ", ".join(str(most) for _domains, most in found.scales)
    return _(
        "The index is the sum of the points of all domains of a case. Regions follow editions of the policy with a"
        " different number of domains, and its highest value is not the same in all of them: %(ends)s."
    ) % {"ends": ends}


def _section(key: str, title: Text, lead: Text, columns: list[str], found: CountryFigures | None) -> Section:
    rows = [*found.regions.items(), (_("All regions"), found.country)] if found and found.regions else []
    return Section(
        key,
        title,
        lead=lead,
        head=(_("Region"), *columns, _("All")),
        rows=[(Cell(name), *map(_cell, (*row[key][: len(columns)], *row["all"]))) for name, row in rows],
        empty=Empty(_("There are no figures yet"), _("They are counted at the beginning of each month.")),
        is_matrix=True,
    )


def _cell(value: int | None) -> Cell:
    return Cell(NOT_TOLD if value is None else number(value))
