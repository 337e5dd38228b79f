"""Taking up an invitation: a password of one's own, or the agency's identity provider."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from oralu.apps.access.identity import provider_of_user
from oralu.apps.access.invitations import invitation_of, invitation_use
from oralu.web.account.entering import enter
from oralu.web.account.forms import InvitedForm
from oralu.web.screens import add_errors

TOKEN = "invitation"
"""Key of the session: the secret of the link, so that it stands in no address while the page is used."""


@never_cache
@require_safe
@login_not_required
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The link that was handed over or e-mailed. Opening it spends nothing: scanners of mail open links too. One that
    does not work signs nobody out."""
    if invitation_of(token, at=timezone.now()) is None:
        return gone(request)
    if request.user.is_authenticated:
        logout(request)
    request.session[TOKEN] = token
    return HttpResponseRedirect(reverse("invitation"))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def invitation(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    found = invitation_of(request.session.get(TOKEN, ""), at=at)
    if found is None:
        return gone(request)
    provider = provider_of_user(found.user)
    wants_password = provider is None or not provider.is_only
    form = InvitedForm(found.user, request.POST or None) if wants_password else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            with transaction.atomic():
                user = invitation_use(invitation=found, password=form.cleaned_data["new_password1"], at=at)
        except ValidationError as error:
            add_errors(form, error)
        else:
            request.session.pop(TOKEN, None)
            return enter(request, user, by="invitation", at=at)
    context = {"account": found.user, "provider": provider, "form": form}
    return render(request, "account/invitation.html", context, status=422 if request.method == "POST" else 200)


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "account/invitation_gone.html", status=410)
