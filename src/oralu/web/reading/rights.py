"""The page "Who may do what": the table of permissions as it is in force, for every member of staff."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import PURPOSES, Audit, Permission, Relation, relations_for
from oralu.web.components import Crumb
from oralu.web.context import address
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed


@require_safe
@screen(Permission.POLICY_READ, audit=Audit.NONE)
def rights(request: StaffRequest) -> HttpResponse:
    """A section for each role: what it may do, to which cases, and what for."""
    return composed(
        request,
        title=_("Who may do what"),
        lead=_("What does not stand here is denied, and a denial looks like absence."),
        sections=tuple(_section(role) for role in Role),
        crumbs=(Crumb(_("Policy"), address("policy")), Crumb(_("Who may do what"))),
    )


def _section(role: Role) -> Section:
    rows = []
    for permission in Permission:
        relations = relations_for(role, permission)
        if relations:
            cases = "; ".join(str(one.label) for one in Relation if one in relations and one != Relation.NONE)
            words = (permission.label, cases or _("no case"), PURPOSES[permission].label)
            rows.append(tuple(Cell(capfirst(str(one))) for one in words))
    return Section(role, role.label, head=(_("May"), _("In which relation to the case"), _("What for")), rows=rows)
