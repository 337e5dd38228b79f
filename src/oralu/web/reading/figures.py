"""Figures for the ministry: open cases by region, without persons and without small numbers."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.routing.composed_selectors import Figure, figures_of
from oralu.web.components import Text
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed

RISKS, INDEXES = range(4), range(11)
NOT_TOLD = "…"


@require_safe
@screen(Permission.FIGURES, audit=Audit.NONE)
def figures(request: StaffRequest) -> HttpResponse:
    sections = (
        _section("risk", _("Open cases by level of risk"), [f"R{n}" for n in RISKS], figures_of("risk", RISKS)),
        _section("index", _("Open cases by index"), [str(n) for n in INDEXES], figures_of("index", INDEXES)),
    )
    return composed(request, title=_("Figures"), sections=sections)


def _section(key: str, title: Text, columns: Iterable[str], found: Iterable[Figure]) -> Section:
    return Section(
        key,
        title,
        lead=_("Rounded to fives. A number below ten is not told (…), nor the total of its row."),
        head=(_("Region"), *columns, _("All")),
        rows=[(Cell(one.region), *map(_cell, (*one.values, one.total))) for one in found],
        empty=_("There are no cases."),
    )


def _cell(value: int | None) -> Cell:
    return Cell(NOT_TOLD if value is None else str(value))
