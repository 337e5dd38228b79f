"""The systems of agencies that use the interface: who answers for each, what it may do, its keys, each shown once."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from oralu.apps.access.machines import (
    LONGEST,
    ROLES,
    SCOPES,
    client_close,
    client_make,
    client_with_id,
    clients,
    owners,
    token_make,
    token_revoke,
    tokens_of,
)
from oralu.apps.access.models import ApiClient, Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import workplaces
from oralu.web.acting import see_other
from oralu.web.components import Crumb, Empty, Term, WorkRow
from oralu.web.screens import StaffRequest, add_errors, screen
from oralu.web.templatetags.oralu import localdate, localmoment


class SystemForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the system"), max_length=100)
    agency = forms.ModelChoiceField(label=gettext_lazy("Agency"), queryset=None)
    role = forms.ChoiceField(label=gettext_lazy("It acts as"), choices=[(role, Role(role).label) for role in ROLES])
    owner = forms.ModelChoiceField(label=gettext_lazy("Who answers for it"), queryset=None)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(str(scope), scope.label) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Never more than its role may do. Choose what it needs and nothing else."),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("A year at most: then somebody has to say that it is still needed."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["agency"].queryset = workplaces()
        self.fields["owner"].queryset = owners()
        for name in ("agency", "owner"):
            self.fields[name].empty_label = _("choose")


def _crumbs(*last: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Administration"), reverse("administration")), *last)


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def index(request: StaffRequest) -> HttpResponse:
    rows = [
        WorkRow(
            key=f"s{found.pk}",
            title=found.name,
            href=reverse("admin-system", args=[found.pk]),
            what=_state(found, request.at),
            meta=(str(found.agency), str(found.owner), _used(found)),
        )
        for found in clients()
    ]
    context = {
        "title": _("Systems"),
        "crumbs": _crumbs(Crumb(_("Systems"))),
        "rows": rows,
        "empty": Empty(
            _("No system uses the interface"),
            _("An agency that has a system of its own may let it read and answer its referrals by itself."),
        ),
    }
    return render(request, "administration/systems.html", context)


def _state(found: ApiClient, at: datetime) -> str:
    if found.revoked_at is not None:
        return pgettext("account or agency", "closed")
    if found.expires_at <= at:
        return _("has run out")
    return _("until %(day)s") % {"day": localdate(localtime(found.expires_at))}


def _used(found: ApiClient) -> str:
    if found.last_used_at is None:
        return _("never used")
    return _("last used %(moment)s") % {"moment": localmoment(found.last_used_at)}


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def new(request: StaffRequest) -> HttpResponse:
    first = {"expires_on": localtime(request.at).date() + timedelta(days=180)}
    form = SystemForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                made = client_make(
                    name=data["name"],
                    agency=data["agency"],
                    role=data["role"],
                    owner=data["owner"],
                    scopes=data["scopes"],
                    expires_at=datetime.combine(data["expires_on"], time.max, get_current_timezone()),
                    actor=request.user,
                    at=request.at,
                )
        except ValidationError as error:
            add_errors(form, _to_day(error))
        else:
            messages.success(request, _("Recorded: %(name)s.") % {"name": made})
            return see_other(reverse("admin-system", args=[made.pk]))
    title = _("New system")
    context = {
        "title": title,
        "crumbs": _crumbs(Crumb(_("Systems"), reverse("admin-systems")), Crumb(title)),
        "form": form,
        "longest": LONGEST.days,
    }
    return render(request, "administration/system_new.html", context, status=422 if request.method == "POST" else 200)


def _to_day(error: ValidationError) -> ValidationError:
    """The form asks for a day where the service knows a moment."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError({{"expires_at": "expires_on"}.get(n, n): found for n, found in error.error_dict.items()})


def _client(client_id: int) -> ApiClient:
    found = client_with_id(client_id)
    if found is None:
        raise Http404
    return found


def _context(found: ApiClient, request: StaffRequest, **more: object) -> dict[str, object]:
    is_open = found.revoked_at is None and found.expires_at > request.at
    return {
        "title": found.name,
        "crumbs": _crumbs(Crumb(_("Systems"), reverse("admin-systems")), Crumb(found.name)),
        "system": found,
        "terms": (
            Term(_("Agency"), str(found.agency), note=str(found.agency.region)),
            Term(_("It acts as"), str(found.user.get_role_display())),
            Term(_("Who answers for it"), found.owner.full_name, note=found.owner.post),
            Term(_("What it may do"), "; ".join(str(Permission(scope).label) for scope in found.scopes)),
            Term(_("State"), _state(found, request.at)),
            Term(_("Use"), _used(found)),
        ),
        "is_open": is_open,
        "keys": [
            (
                f"oralu_{key.prefix}_…",
                _("revoked") if key.revoked_at else _("until %(day)s") % {"day": localdate(localtime(key.expires_at))},
                "" if key.revoked_at or not is_open else reverse("admin-system-revoke", args=[found.pk, key.pk]),
            )
            for key in tokens_of(found)
        ],
        **more,
    }


@never_cache
@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def system(request: StaffRequest, client_id: int) -> HttpResponse:
    return render(request, "administration/system.html", _context(_client(client_id), request))


@never_cache
@require_POST
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def key(request: StaffRequest, client_id: int) -> HttpResponse:
    """Make a key. This is the only answer that carries it."""
    found = _client(client_id)
    try:
        with transaction.atomic():
            token = token_make(client=found, actor=request.user, at=request.at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return see_other(reverse("admin-system", args=[found.pk]))
    return render(request, "administration/system.html", _context(found, request, token=token))


@require_POST
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def revoke(request: StaffRequest, client_id: int, token_id: int) -> HttpResponse:
    found = _client(client_id)
    token = tokens_of(found).filter(pk=token_id).first()
    if token is None:
        raise Http404
    token_revoke(token=token, actor=request.user, at=request.at)
    messages.success(request, _("The key opens nothing any more."))
    return see_other(reverse("admin-system", args=[found.pk]))


@require_POST
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def close(request: StaffRequest, client_id: int) -> HttpResponse:
    found = _client(client_id)
    client_close(client=found, actor=request.user, at=request.at)
    messages.success(request, _("%(name)s has been closed with all its keys.") % {"name": found})
    return see_other(reverse("admin-systems"))
