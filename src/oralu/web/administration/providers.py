"""Identity providers of agencies. The secret of Oralu as their client is never asked for here: an operator puts it
where the page says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from oralu.apps.access.identity import provider_save, providers
from oralu.apps.access.models import IdentityProvider
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.agencies.admin_selectors import workplaces
from oralu.config.environment import provider_secret
from oralu.web.acting import see_other
from oralu.web.components import Crumb, Empty, Term, WorkRow
from oralu.web.screens import StaffRequest, add_errors, screen


class ProviderForm(forms.ModelForm):
    class Meta:
        model = IdentityProvider
        fields = ("agency", "name", "key", "issuer", "client_id", "is_only", "is_active")
        help_texts = {
            "key": gettext_lazy("Part of the address to which the provider sends people back. It stays as it is."),
            "issuer": gettext_lazy("As the provider writes it, without /.well-known/…"),
            "is_only": gettext_lazy("Passwords and passkeys of Oralu are then refused to them."),
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["agency"].queryset = workplaces()
        self.fields["agency"].empty_label = _("choose")
        if self.instance.pk:
            self.fields["key"].disabled = self.fields["agency"].disabled = True


def _crumbs(*last: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Administration"), reverse("administration")), *last)


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def index(request: StaffRequest) -> HttpResponse:
    rows = [
        WorkRow(
            key=f"p{found.pk}",
            title=found.name,
            href=reverse("admin-provider", args=[found.pk]),
            what=_state(found),
            meta=(str(found.agency), str(found.agency.region)),
        )
        for found in providers()
    ]
    context = {
        "title": _("Identity providers"),
        "crumbs": _crumbs(Crumb(_("Identity providers"))),
        "rows": rows,
        "empty": Empty(
            _("No agency signs in through a provider of its own"),
            _("Where an agency has one (OpenID Connect), its staff need no further password."),
        ),
    }
    return render(request, "administration/providers.html", context)


def _state(found: IdentityProvider) -> str:
    if not found.is_active:
        return _("switched off")
    if not provider_secret(found.key, settings.DATA_DIR):
        return _("its secret is missing")
    return _("the only way in") if found.is_only else _("beside passwords")


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def new(request: StaffRequest) -> HttpResponse:
    return _edit(request, IdentityProvider(), _("New identity provider"))


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def provider(request: StaffRequest, provider_id: int) -> HttpResponse:
    found = providers().filter(pk=provider_id).first()
    if found is None:
        raise Http404
    return _edit(request, found, found.name)


@require_http_methods(["GET", "HEAD", "POST"])
def _edit(request: StaffRequest, found: IdentityProvider, title: str) -> HttpResponse:
    form = ProviderForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                saved = provider_save(provider=form.instance, actor=request.user, at=request.at)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Recorded: %(name)s.") % {"name": saved})
            return see_other(reverse("admin-provider", args=[saved.pk]))
    context = {
        "title": title,
        "crumbs": _crumbs(Crumb(_("Identity providers"), reverse("admin-providers")), Crumb(title)),
        "form": form,
        "terms": _for_the_operator(request, found) if found.pk else (),
    }
    return render(request, "administration/provider.html", context, status=422 if request.method == "POST" else 200)


def _for_the_operator(request: StaffRequest, found: IdentityProvider) -> tuple[Term, ...]:
    back = request.build_absolute_uri(reverse("login-provider-back", args=[found.key]))
    variable = f"ORALU_OIDC_SECRET_{found.key.upper().replace('-', '_')}"
    has_secret = bool(provider_secret(found.key, settings.DATA_DIR))
    return (
        Term(_("Address to send people back to"), back, note=_("register it at the provider")),
        Term(
            _("Secret"),
            _("in place") if has_secret else _("missing"),
            note=_("variable %(variable)s, or file oidc/%(key)s.secret of the data folder")
            % {"variable": variable, "key": found.key},
        ),
    )
