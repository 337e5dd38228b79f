"""Agencies: who answers for needs in a region, with their territory, their places and their people."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import AgencyFilter, agencies_page, agency_of, regions
from oralu.apps.agencies.models import Agency
from oralu.apps.agencies.services import agency_save
from oralu.web.acting import see_other
from oralu.web.administration.forms import AgencyForm
from oralu.web.administration.kinds import kind_label, kinds
from oralu.web.administration.standing import meanwhile, seen_of, status_of
from oralu.web.administration.views import after_of
from oralu.web.components import Crumb, Empty, Filter, Pager, WorkRow
from oralu.web.screens import StaffRequest, add_errors, screen, searched_text

PAGE = 40
STATES = ("", "unnamed", "closed")


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def agencies(request: StaffRequest) -> HttpResponse:
    asked = {name: text for name in ("q", "region", "kind", "state") if (text := searched_text(request.GET, name))}
    if asked.get("state", "") not in STATES:
        asked.pop("state")
    rows, has_more = agencies_page(AgencyFilter(**asked), after=after_of(request), size=PAGE)
    words = kinds()
    first = urlencode({name: asked[name] for name in ("region", "kind") if name in asked})
    context = {
        "title": _("Agencies and units"),
        "crumbs": (Crumb(_("Administration"), reverse("administration")), Crumb(_("Agencies and units"))),
        "filters": (
            Filter("q", _("Name"), asked.get("q", "")),
            Filter(
                "region",
                _("Region"),
                asked.get("region", ""),
                (("", _("all regions")), *((region.code, str(region)) for region in regions())),
            ),
            Filter("kind", _("Kind"), asked.get("kind", ""), (("", _("all kinds")), *words.items())),
            Filter(
                "state",
                _("State"),
                asked.get("state", ""),
                (
                    ("", _("active")),
                    ("unnamed", _("without a responsible person")),
                    ("closed", pgettext("account or agency", "closed")),
                ),
            ),
        ),
        "new_href": f"{reverse('admin-agency-new')}?{first}",
        "rows": [_row(agency, words) for agency in rows],
        "pager": Pager(
            f"?{urlencode({**asked, 'after': rows[-1].pk})}" if has_more else "",
            f"?{urlencode(asked)}" if after_of(request) else "",
        ),
        "empty": Empty(_("No agency fits"), _("Change the filter, or create the agency."), "search"),
    }
    return render(request, "administration/agencies.html", context)


def _row(agency: Agency, words: dict[str, str]) -> WorkRow:
    named = agency.named_person
    accounts: int = agency.accounts  # type: ignore[attr-defined]
    what = _("answers: %(name)s") % {"name": named} if named else _("nobody is named: no referral can go there")
    by = _("no account: referrals go on paper")
    if accounts:
        by = ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": accounts}
    return WorkRow(
        key=f"a{agency.pk}",
        title=str(agency),
        href=reverse("admin-agency", args=[agency.pk]),
        what=what,
        meta=(words.get(agency.kind, agency.kind), str(agency.region), by),
    )


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def agency_new(request: StaffRequest) -> HttpResponse:
    first = {name: request.GET[name] for name in ("region", "kind") if request.GET.get(name)}
    return _edit(request, Agency(), first)


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def agency(request: StaffRequest, agency_id: int) -> HttpResponse:
    found = agency_of(agency_id, lock=request.method == "POST")
    if found is None:
        raise Http404
    return _edit(request, found, {})


def _edit(request: StaffRequest, found: Agency, first: dict[str, str]) -> HttpResponse:
    is_new = found.pk is None
    title = _("New agency") if is_new else str(found)
    shown = AgencyForm(instance=found, initial=first)
    seen, changes = seen_of(shown), None
    form = AgencyForm(request.POST, instance=found) if request.method == "POST" else shown
    if request.method == "POST" and not is_new:
        changes = meanwhile(request, form, shown)
        form = changes.form if changes else form
    if request.method == "POST" and changes is None and form.is_valid():
        try:
            with transaction.atomic():
                saved = agency_save(
                    agency=form.instance,
                    places=form.places_wanted(),
                    refuge_address=form.cleaned_data["refuge_address"],
                    actor=request.user,
                    at=request.at,
                )
        except ValidationError as error:
            if is_new:
                form.instance.pk = None
            add_errors(form, error)
        else:
            _told(request, saved, is_new=is_new)
            return see_other(reverse("admin-agency", args=[saved.pk]) if is_new else reverse("admin-agencies"))
    context = {
        "title": title,
        "lead": "" if is_new else kind_label(found.kind),
        "crumbs": (
            Crumb(_("Administration"), reverse("administration")),
            Crumb(_("Agencies and units"), reverse("admin-agencies")),
            Crumb(title),
        ),
        "form": form,
        "agency": None if is_new else found,
        "seen": "" if is_new else seen,
        "changes": changes,
    }
    return render(request, "administration/agency.html", context, status=status_of(request, changes))


def _told(request: StaffRequest, saved: Agency, *, is_new: bool) -> None:
    messages.success(request, _("Recorded: %(name)s.") % {"name": saved})
    if saved.is_active and not saved.named_person:
        messages.warning(request, _("Nobody is named as responsible: no referral can go there until somebody is."))
    if is_new:
        messages.info(request, _("Now create accounts for its staff, and choose the responsible person among them."))
