"""The start of the administration and its journal. An administrator sees no cases."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import entries_page, regions, totals
from oralu.apps.routing.adoption_selectors import adoptions_changed, regions_in_force
from oralu.apps.routing.frames import local_day
from oralu.web.administration.journal_lines import edition_title, lines_of
from oralu.web.components import Crumb, Empty, Pager, Stat, Tone
from oralu.web.screens import StaffRequest, screen

LATEST, PAGE = 8, 50


def after_of(request: StaffRequest) -> int | None:
    """The key of the last row of the page before; anything else than a number begins anew."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def index(request: StaffRequest) -> HttpResponse:
    found = totals()
    everywhere = regions().count()
    in_force = regions_in_force(on=local_day(request.at))
    unnamed = f"{reverse('admin-agencies')}?state=unnamed"
    context = {
        "title": _("Administration"),
        "stats": (
            Stat(found.agencies, _("agencies and units"), reverse("admin-agencies")),
            Stat(
                found.unnamed,
                _("without a responsible person"),
                unnamed,
                Tone.LATE if found.unnamed else Tone.CALM,
                _("no referral can go to them") if found.unnamed else "",
            ),
            Stat(found.users, _("active accounts"), reverse("admin-users")),
            Stat(
                in_force,
                _("regions with a policy in force"),
                reverse("admin-adoption"),
                note=_("of %(n)s") % {"n": everywhere},
            ),
        ),
        "lines": lines_of(entries_page(after=None, size=LATEST)[0], is_linked=True),
        "changed": [
            {"region": one.region, "edition": edition_title(one.edition), "from_date": one.from_date}
            for one in adoptions_changed(on=local_day(request.at))
        ],
    }
    return render(request, "administration/index.html", context)


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def journal(request: StaffRequest) -> HttpResponse:
    entries, has_more = entries_page(after=after_of(request), size=PAGE)
    context = {
        "title": _("Journal of administration"),
        "crumbs": (Crumb(_("Administration"), reverse("administration")), Crumb(_("Journal"))),
        "lines": lines_of(entries, is_linked=True),
        "pager": Pager(f"?after={entries[-1].pk}" if has_more else "", "?" if after_of(request) else ""),
        "empty": Empty(_("Nothing has been done yet"), _("Every change of an agency or an account is kept here.")),
    }
    return render(request, "administration/journal.html", context)
