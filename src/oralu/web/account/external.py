"""Signing in through the identity provider of an agency."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from oralu.apps.access.identity import is_second_factor, provider_of, user_of_subject
from oralu.apps.access.invitations import identity_link, invitation_of
from oralu.apps.access.models import IdentityProvider
from oralu.apps.journal.services import entry_record
from oralu.web.account.entering import enter
from oralu.web.account.external_adapter import Connection
from oralu.web.account.invited import TOKEN

NONCE, KEY = "provider_nonce", "provider_key"
LOG = logging.getLogger(__name__)


@never_cache
@require_POST
@login_not_required
def leave(request: HttpRequest, key: str) -> HttpResponse:
    """To the provider, with a state, a nonce and a proof key (PKCE) that only this browser's session knows. By a page
    that goes on by itself: a browser follows no redirect of a form to another site (form-action of our CSP).

    Who takes up an invitation has to sign in there anew: on a machine that a colleague uses, the provider would else
    vouch for the colleague."""
    try:
        provider = get_adapter(request).get_provider(request, key)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    request.session[NONCE], request.session[KEY] = secrets.token_urlsafe(24), key
    asked = {"nonce": request.session[NONCE]} | ({"prompt": "login"} if TOKEN in request.session else {})
    try:
        there = provider.redirect(request, process="login", auth_params=asked)
    except (RequestException, OAuth2Error, ValueError, KeyError):
        return failed(request)
    if "Location" not in there.headers:
        return failed(request)
    context = {"address": there["Location"], "name": provider.name}
    return render(request, "account/external_leave.html", context)


@never_cache
@require_safe
@login_not_required
def back(request: HttpRequest, key: str) -> HttpResponse:
    """From the provider. What it says reaches `arrived`, or `failed`."""
    try:
        return OAuth2CallbackView.adapter_view(Connection(request, key))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (ValueError, KeyError, TypeError):
        return failed(request)


def arrived(request: HttpRequest, claims: dict[str, Any]) -> HttpResponse:
    """The provider has vouched for a subject. With an invitation in this browser it becomes the invited account; else
    it has to be known. A second factor counts if the provider says that it has asked for one (`amr`)."""
    provider = provider_of(request.session.pop(KEY, ""))
    nonce = request.session.pop(NONCE, "")
    if provider is None or not nonce or not constant_time_compare(str(claims.get("nonce", "")), nonce):
        return failed(request)
    at = timezone.now()
    subject, invitation = str(claims["sub"]), invitation_of(request.session.pop(TOKEN, ""), at=at)
    if invitation is not None:
        try:
            with transaction.atomic():
                user = identity_link(invitation=invitation, provider=provider, subject=subject, at=at)
        except ValidationError as error:
            return refused(request, " ".join(error.messages))
    else:
        found = user_of_subject(provider, subject)
        if found is None:
            entry_record(kind="user.sign_in_failed", actor=None, at=at, provider=provider.pk)
            return refused(request, _stranger(provider))
        user = found
    factor = "provider" if is_second_factor(claims.get("amr")) else ""
    return enter(request, user, by="provider", factor=factor, at=at)


def _stranger(provider: IdentityProvider) -> str:
    words = _(
        "%(provider)s knows you, but Oralu has no account for you. "
        "Ask the administrator for an invitation and open its link first."
    )
    return words % {"provider": provider.name}


def failed(request: HttpRequest) -> HttpResponse:
    """The conversation with the provider broke off, was cancelled or was not believed."""
    LOG.warning("A sign-in through an identity provider failed.")
    return refused(request, _("The sign-in through your agency was not completed. Try again."))


def refused(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "account/external_refused.html", {"why": why}, status=403)
