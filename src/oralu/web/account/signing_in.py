"""The pages before an account: login and password, the second factor, a passkey alone."""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from oralu.apps.access.demo import DEMO_PASSWORD, accounts
from oralu.apps.access.factors import Kind, code_check, factors_of, passkey_check, passkey_owner, passkey_refusal
from oralu.apps.access.identity import provider_that_alone_signs_in, providers
from oralu.apps.access.models import User
from oralu.apps.access.selectors import user_by_login
from oralu.apps.access.throttling import address_place, attempt_begin, attempt_succeed
from oralu.apps.access.walls import inside
from oralu.apps.journal.services import entry_record
from oralu.config.addresses import client_address
from oralu.web.account.entering import enter, let_in, pending, places_here, too_many
from oralu.web.account.forms import FactorForm, PasskeyForm, SignInForm, only_through
from oralu.web.account.telling import tell_once_a_day

TOO_MANY = 429


class SignIn(LoginView):
    """Login and password. Every try is counted before the password is looked at."""

    template_name = "account/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        login, self.wait = request.POST.get("username", ""), None
        if login and request.POST.get("password"):
            self.wait = attempt_begin(places=places_here(request, login), at=timezone.now())
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"wait": getattr(self, "wait", None)}

    def form_valid(self, form: Any) -> HttpResponse:
        return enter(self.request, form.get_user(), by="password", onward=self.get_success_url(), at=timezone.now())

    def form_invalid(self, form: Any) -> HttpResponse:
        if self.wait is None and form.cleaned_data.get("password"):
            known = user_by_login(form.cleaned_data.get("username", ""))
            whom = {"user": known.pk} if known else {}
            entry_record(kind="user.sign_in_failed", actor=None, at=timezone.now(), **whom)
        response = self.render_to_response(self.get_context_data(form=form), status=TOO_MANY if self.wait else 422)
        if self.wait:
            response["Retry-After"] = str(int(self.wait.total_seconds()) + 1)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        listed = [(name, what_for) for name, _password, what_for in accounts()]
        return super().get_context_data(
            demo_accounts=listed,
            demo_password=DEMO_PASSWORD,
            asks_factor=settings.MFA_REQUIRED,
            providers=providers().filter(is_active=True),
            **kwargs,
        )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def factor(request: HttpRequest) -> HttpResponse:
    """The second proof: a one-time code, a recovery code or a passkey."""
    at = timezone.now()
    found = pending(request, at)
    if found is None:
        return HttpResponseRedirect(reverse("login"))
    user, kept = found
    places = places_here(request, user.username, "factor")
    form = FactorForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        wait = attempt_begin(places=places, at=at)
        used = None if wait else _factor_used(request, form, user)
        if used:
            attempt_succeed(places=places, at=at)
            return let_in(request, user, by=kept["by"], factor=used, onward=kept["onward"], at=at)
        if wait:
            form.add_error(None, too_many(wait))
            with inside(user):
                tell_once_a_day(user, "factor_guessed", at=at)
        else:
            entry_record(kind="user.factor_failed", actor=None, at=at, user=user.pk)
        status = TOO_MANY if wait else 422
    known = factors_of(user)
    context = {
        "form": form,
        "known": known,
        "options": webauthn.begin_authentication(user) if known.passkeys else None,
        "passkey_form": PasskeyForm(),
    }
    return render(request, "account/factor.html", context, status=status)


def _factor_used(request: HttpRequest, form: FactorForm, user: User) -> str | None:
    """The kind of factor that was right, or None with the reason in the form."""
    if request.POST.get("credential"):
        form.fields["code"].required = False
        if form.is_valid():
            try:
                with transaction.atomic():
                    passkey_check(user=user, credential=credential_of(request), at=timezone.now())
                    return str(Kind.WEBAUTHN)
            except ValidationError as error:
                form.add_error(None, error)
        return None
    if form.is_valid():
        used = code_check(user=user, code=form.cleaned_data["code"], at=timezone.now())
        if used:
            return used
        form.add_error("code", _("This code does not fit, or has been used. Wait for the next one."))
    return None


def credential_of(request: HttpRequest) -> Any:
    """The answer of the browser. Raises ValidationError for what is no object of JSON."""
    try:
        found = json.loads(request.POST.get("credential", ""))
    except ValueError as error:
        raise passkey_refusal() from error
    if not isinstance(found, dict):
        raise passkey_refusal()
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def passkey(request: HttpRequest) -> HttpResponse:
    """A passkey alone: the device holds it and has checked its owner, so it is both proofs."""
    at, form, status = timezone.now(), PasskeyForm(request.POST or None), 200
    if request.method == "POST":
        places = address_place(client_address(request), "passkey")
        wait = attempt_begin(places=places, at=at)
        try:
            if wait:
                raise too_many(wait)
            with transaction.atomic():
                user = _owner(request)
            attempt_succeed(places=places, at=at)
            return enter(request, user, by="passkey", factor=str(Kind.WEBAUTHN), at=at)
        except ValidationError as error:
            form.add_error(None, error)
            status = TOO_MANY if wait else 422
            if not wait:
                entry_record(kind="user.sign_in_failed", actor=None, at=at)
    context = {"form": form, "options": webauthn.begin_authentication(None)}
    return render(request, "account/passkey.html", context, status=status)


def _owner(request: HttpRequest) -> User:
    credential = credential_of(request)
    user = passkey_owner(credential)
    passkey_check(user=user, credential=credential, at=timezone.now())
    if not user.is_active:
        raise passkey_refusal()
    if provider := provider_that_alone_signs_in(user):
        raise only_through(provider)
    return user
