"""Who has looked at a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission, Purpose
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.models import AccessKind
from oralu.apps.journal.selectors import ALONE
from oralu.apps.routing.reading_selectors import VIEWS, Look, case_looks
from oralu.web.components import Crumb, Empty, Filter, Pager, Text
from oralu.web.screens import StaffRequest, screen

PAGE = 30
PAGES: Mapping[str, Text] = {
    "case": gettext_lazy("the page of the case"),
    "case-journal": gettext_lazy("the journal of the case"),
    "case-access": gettext_lazy("who has looked at the case"),
    "home": gettext_lazy("the list of work for today"),
    "today": gettext_lazy("the list of work for today"),
    "caseload": gettext_lazy("the list of cases"),
    "search": gettext_lazy("the search"),
    "caseload-csv": gettext_lazy("a list of cases taken out as a table"),
    "plan": gettext_lazy("the plan"),
    "plan-print": gettext_lazy("the plan, to print"),
    "evidence": gettext_lazy("a file of evidence"),
    "referral-pdf": gettext_lazy("the paper of a referral"),
    "consent-pdf": gettext_lazy("the form of the consent"),
    "enrolled": gettext_lazy("the page after the enrolment"),
    "enrolled-paper": gettext_lazy("the paper for the person"),
    "enrol": gettext_lazy("the enrolment"),
    "enrol-step": gettext_lazy("the enrolment"),
    "person-edit": gettext_lazy("the data of the person"),
    "person-merge": gettext_lazy("two records of one person"),
    "children": gettext_lazy("the children"),
    "board": gettext_lazy("the board"),
    "board-rows": gettext_lazy("the rows behind a figure of the board"),
    "escalation": gettext_lazy("a matter that went up"),
    "inbox": gettext_lazy("the inbox of the agency"),
    "inbox-referral": gettext_lazy("the referral in the inbox of the agency"),
    "places": gettext_lazy("the places of the agency"),
    "message": gettext_lazy("a message"),
    "messages": gettext_lazy("the messages"),
    "care": gettext_lazy("the list of cases in the psychologist's care"),
    "care-case": gettext_lazy("health and family, for the psychologist"),
    "release": gettext_lazy("the list of releases to prepare"),
    "release-case": gettext_lazy("papers, day and plan before the release"),
    "inbox-note": gettext_lazy("the medical notes of the clinic"),
    "case-reach": gettext_lazy("who may know of the case"),
    "quarantine": gettext_lazy("the files in quarantine"),
    "retention": gettext_lazy("terms of storage and erasure"),
    "erasure": gettext_lazy("an erasure"),
    "emergencies": gettext_lazy("the emergencies"),
}
"""Pages by the names of their addresses. What does not stand here is the form of an act."""
CHOICES: tuple[tuple[str, Text], ...] = (
    ("", gettext_lazy("All readings")),
    (ALONE, gettext_lazy("This case alone was opened")),
    (AccessKind.EXPORT.value, gettext_lazy("Taken out as a file")),
    (AccessKind.DENIED.value, gettext_lazy("Refused")),
    (AccessKind.EMERGENCY.value, gettext_lazy("Emergency access")),
)


@dataclass(frozen=True)
class LookLine:
    """A row as the page shows it."""

    key: int
    at: datetime
    who: Text
    place: str
    what: Text
    note: str
    purpose: Text


@require_safe
@screen(Permission.CASE_WORK, audit=Audit.READ)
def accesses(request: StaffRequest, case_id: int) -> HttpResponse:
    """Everybody who has been shown data of this case, the latest first; whoever opens this stands in it afterwards."""
    found = get_object_or_404(cases_visible_to(request.user), pk=case_id)
    view = request.GET.get("view", "") if request.GET.get("view") in VIEWS else ""
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    looks, has_more = case_looks(case_id=found.pk, view=view, before=before, size=PAGE)
    here = reverse("case-access", args=[found.pk])
    narrowed = {"view": view} if view else {}
    following = f"?{urlencode({**narrowed, 'before': looks[-1].key})}" if has_more else ""
    context = {
        "case": found,
        "lines": [_line(look) for look in looks],
        "filters": [Filter("view", _("Show"), view, CHOICES)],
        "reset": here,
        "pager": Pager(following, f"?{urlencode(narrowed)}" if before else ""),
        "empty": Empty(_("Nobody"), _("No such reading of this case stands in the journal."), "search"),
        "crumbs": (
            Crumb(f"{found.person.full_name}, № {found.pk}", reverse("case", args=[found.pk]) + "#journal"),
            Crumb(_("Who has looked at the case")),
        ),
    }
    return render(request, "case/access.html", context)


def _line(look: Look) -> LookLine:
    role = str(Role(look.role).label) if look.role in Role.values else ""
    what: Text = PAGES.get(look.route, _("the form of an act"))
    if look.kind == AccessKind.DENIED:
        what = _("refused: %(page)s") % {"page": what}
    elif look.kind == AccessKind.EMERGENCY:
        what = _("under emergency access: %(page)s") % {"page": what}
    others = ngettext("with %(n)s other case", "with %(n)s other cases", look.others) % {"n": look.others}
    return LookLine(
        key=look.key,
        at=look.at,
        who=look.name or _("somebody without an account"),
        place=", ".join(part for part in (look.post or role, look.agency) if part),
        what=what,
        note=others if look.others else "",
        purpose=Purpose(look.purpose).label if look.purpose in Purpose.values else "",
    )
