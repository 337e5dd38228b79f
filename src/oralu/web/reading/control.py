"""What the auditor sees: emergencies, refusals and exports, and how the journal is sealed. No content of a case."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.cases.emergency_selectors import emergencies_visible_to
from oralu.apps.journal.control_selectors import accesses_to_control, seals_told
from oralu.apps.journal.models import Access
from oralu.web.components import Term
from oralu.web.emergency.views import section_of
from oralu.web.screens import StaffRequest, screen
from oralu.web.sections import Cell, Section, composed
from oralu.web.templatetags.oralu import localmoment

SHOWN = 100


@require_safe
@screen(Permission.CONTROL, audit=Audit.NONE)
def control(request: StaffRequest) -> HttpResponse:
    seals = seals_told()
    sections = (
        section_of(emergencies_visible_to(request.user)[:SHOWN]),
        Section(
            "accesses",
            _("Refused, taken out, read in an emergency"),
            lead=_("The latest hundred."),
            head=(_("When"), _("Who"), _("What"), _("Address"), _("Cases")),
            rows=[_row(access, name) for access, name in accesses_to_control(limit=SHOWN)],
            empty=_("There are none."),
        ),
        Section(
            "seals",
            _("Whether the record is whole"),
            lead=_("The whole verification is run by the operator: oralu journal verify."),
            terms=(
                Term(_("Seals"), str(seals.count)),
                Term(_("Last seal"), localmoment(seals.last_at) if seals.last_at else _("none")),
                Term(_("Rows that wait for a seal"), str(seals.pending)),
            ),
        ),
    )
    return composed(request, title=_("Control"), sections=sections)


def _row(access: Access, name: str) -> tuple[Cell, ...]:
    cases = ", ".join(f"№ {pk}" for pk in access.subjects[:5]) + (" …" if len(access.subjects) > 5 else "")
    texts = (localmoment(access.at), name, access.get_kind_display(), access.route, cases or access.object)
    return tuple(Cell(text) for text in texts)
