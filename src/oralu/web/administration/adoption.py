"""Putting an edition of the policy in force for a region. Who is missing is shown before the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import regions
from oralu.apps.agencies.models import Region
from oralu.apps.referrals.escalation_services import UNIT_HEAD
from oralu.apps.routing.adoption_selectors import adoptions
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.apps.routing.policies import edition_adopt, unmanned_addressees
from oralu.core.edition import Edition
from oralu.policyfiles import edition_names, load_edition
from oralu.web.acting import see_other
from oralu.web.administration.journal_lines import edition_title
from oralu.web.components import Crumb, Filter
from oralu.web.fields import day_field
from oralu.web.screens import StaffRequest, add_errors, lang, screen

TOMORROW = timedelta(days=1)


class DateForm(forms.Form):
    from_date = day_field(
        gettext_lazy("In force from"),
        help_text=gettext_lazy("On this day, or at once if it has come, the open cases of the region are judged anew."),
    )


@dataclass(frozen=True)
class Missing:
    """An addressee that nobody answers for, and where to appoint one."""

    label: str
    href: str


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def adoption(request: StaffRequest) -> HttpResponse:
    everywhere = {region.code: region for region in regions()}
    names = edition_names()
    region = everywhere.get(request.GET.get("region", ""))
    name = request.GET.get("edition", "")
    edition = load_edition(name) if name in names else None
    form = DateForm(
        request.POST if request.method == "POST" else None, initial={"from_date": local_day(request.at) + TOMORROW}
    )
    if request.method == "POST" and edition and region and form.is_valid():
        try:
            with transaction.atomic():
                edition_adopt(
                    edition_name=edition.id,
                    region=region,
                    from_date=form.cleaned_data["from_date"],
                    actor=request.user,
                    at=request.at,
                )
        except ValidationError as error:
            add_errors(form, error)
        else:
            words = {"edition": edition.title(lang()), "region": region}
            messages.success(request, _("Adopted: %(edition)s, %(region)s.") % words)
            return see_other(reverse("admin-adoption"))
    context = {
        "title": _("Policy in force"),
        "crumbs": (Crumb(_("Administration"), reverse("administration")), Crumb(_("Policy in force"))),
        "filters": (
            Filter(
                "region",
                _("Region"),
                region.code if region else "",
                (("", _("choose")), *((code, str(one)) for code, one in everywhere.items())),
            ),
        ),
        "region": region,
        "editions": [(one, edition_title(one)) for one in names],
        "chosen": edition.id if edition else names[0] if len(names) == 1 else "",
        "edition": edition.title(lang()) if edition else "",
        "missing": _missing(edition, region) if edition and region else [],
        "form": form,
        "action": request.get_full_path(),
        "rows": [
            {
                "region": one.region,
                "edition": edition_title(one.edition),
                "from_date": one.from_date,
                "adopted_at": one.adopted_at,
                "by": one.adopted_by or _("the system"),
            }
            for one in adoptions()
        ],
    }
    return render(request, "administration/adoption.html", context, status=422 if request.method == "POST" else 200)


def _missing(edition: Edition, region: Region) -> list[Missing]:
    found = []
    for code in unmanned_addressees(edition=edition, region=region):
        where = {"region": region.code, "kind": OWN_UNIT if code == UNIT_HEAD else code}
        href = f"{reverse('admin-agencies')}?{urlencode(where)}"
        found.append(Missing(edition.label("agency", code, lang()), href))
    return found
