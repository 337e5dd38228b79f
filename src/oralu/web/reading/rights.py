"""The page "Who may do what": the table of permissions as it is in force, for every member of staff."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import PURPOSES, Audit, Permission, Relation, relations_for
from oralu.web.components import Crumb, Text
from oralu.web.context import address
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed

EVERYBODY = tuple(p for p in Permission if all(relations_for(role, p) for role in Role))
"""What every role may do, said once."""


@require_safe
@screen(Permission.POLICY_READ, audit=Audit.NONE)
def rights(request: StaffRequest) -> HttpResponse:
    """A section for each role: what it may do, to which cases, and what for."""
    everybody = Section("everybody", _("Everybody"), head=_head(), rows=_rows(Role.ADMINISTRATOR, EVERYBODY))
    return composed(
        request,
        title=_("Who may do what"),
        lead=_("What does not stand here is denied, and a denial looks like absence."),
        sections=(*map(_section, Role), everybody),
        crumbs=(Crumb(_("Policy"), address("policy")), Crumb(_("Who may do what"))),
        index=True,
    )


def _section(role: Role) -> Section:
    own = [permission for permission in Permission if permission not in EVERYBODY]
    return Section(role.replace("_", "-"), capfirst(str(role.label)), head=_head(), rows=_rows(role, own))


def _head() -> tuple[Text, ...]:
    return _("May"), _("In which relation to the case"), _("What for")


def _rows(role: Role, permissions: Iterable[Permission]) -> list[tuple[Cell, ...]]:
    rows = []
    for permission in permissions:
        relations = relations_for(role, permission)
        if relations:
            cases = "; ".join(str(one.label) for one in Relation if one in relations and one != Relation.NONE)
            words = (permission.label, cases or _("no case"), PURPOSES[permission].label)
            rows.append(tuple(Cell(capfirst(str(one))) for one in words))
    return rows
