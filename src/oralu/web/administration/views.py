"""The start of the administration and its journal. An administrator sees no cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import entries_page, names_in, regions, totals
from oralu.apps.journal.models import Entry
from oralu.apps.routing.adoption_selectors import adoptions_changed, regions_in_force
from oralu.apps.routing.frames import local_day
from oralu.policyfiles import edition_names, load_edition
from oralu.web.components import Crumb, Empty, Pager, Stat, Tone
from oralu.web.screens import StaffRequest, lang, screen

LATEST, PAGE = 8, 50
ACCOUNT_WORDS = {
    "user.created": gettext_lazy("Account created: %(name)s"),
    "user.changed": gettext_lazy("Account changed: %(name)s"),
    "user.invited": gettext_lazy("Invited: %(name)s"),
    "user.invitation_used": gettext_lazy("Invitation taken up: %(name)s"),
    "user.factors_reset": gettext_lazy("Second factor reset: %(name)s"),
}

SYSTEM_WORDS = {
    "system.created": gettext_lazy("System № %(number)s created"),
    "system.closed": gettext_lazy("System № %(number)s closed"),
    "system.key_made": gettext_lazy("Key made for system № %(number)s"),
    "system.key_revoked": gettext_lazy("Key of system № %(number)s revoked"),
}


@dataclass(frozen=True)
class Line:
    """A row of the journal in words."""

    at: datetime
    who: str
    what: str
    href: str


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
        "lines": _lines(entries_page(after=None, size=LATEST)[0]),
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
        "lines": _lines(entries),
        "pager": Pager(f"?after={entries[-1].pk}" if has_more else "", "?" if after_of(request) else ""),
        "empty": Empty(_("Nothing has been done yet"), _("Every change of an agency or an account is kept here.")),
    }
    return render(request, "administration/journal.html", context)


def _lines(entries: Sequence[Entry]) -> list[Line]:
    users, agencies, places = names_in(entries)
    lines = []
    for entry in entries:
        data, what, href = entry.data, "", ""
        if entry.kind.startswith("user."):
            what = str(ACCOUNT_WORDS[entry.kind]) % {"name": users.get(data["user"], data["user"])}
            href = reverse("admin-user", args=[data["user"]])
        elif entry.kind.startswith("system."):
            what = str(SYSTEM_WORDS[entry.kind]) % {"number": data["system"]}
            href = reverse("admin-system", args=[data["system"]])
        elif entry.kind.startswith("provider."):
            what = _("Identity provider of an agency set: %(name)s") % {
                "name": agencies.get(data["agency"], data["agency"])
            }
            href = reverse("admin-providers")
        elif entry.kind.startswith("agency."):
            words = _("Agency created: %(name)s") if entry.kind == "agency.created" else _("Agency changed: %(name)s")
            what = words % {"name": agencies.get(data["agency"], data["agency"])}
            href = reverse("admin-agency", args=[data["agency"]])
        else:
            what = _("Edition adopted: %(edition)s, %(region)s") % {
                "edition": edition_title(data["edition"]),
                "region": places.get(data["region"], data["region"]),
            }
            href = reverse("admin-adoption")
        lines.append(Line(entry.at, str(entry.actor or _("the system")), what, href))
    return lines


def edition_title(name: str) -> str:
    """The title of an edition; of one that the package no longer brings, its name."""
    return load_edition(name).title(lang()) if name in edition_names() else name
