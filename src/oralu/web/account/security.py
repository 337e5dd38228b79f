"""What guards one's own account: second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from oralu.apps.access.demo import is_shared
from oralu.apps.access.factors import (
    Factors,
    Kind,
    codes_add,
    factor_remove,
    factors_of,
    passkey_add,
    recovery_renew,
)
from oralu.apps.access.models import Session
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.session_services import session_end, sessions_end, sessions_of
from oralu.apps.access.throttling import attempt_begin, attempt_succeed
from oralu.apps.journal.services import entry_record
from oralu.web.account.entering import FACTOR, factor_is_due, is_fresh, places_here, proved, too_many
from oralu.web.account.forms import CodesForm, ConfirmForm, NewPasskeyForm
from oralu.web.account.picture import Picture, picture_of
from oralu.web.account.signing_in import TOO_MANY, credential_of
from oralu.web.account.telling import tell
from oralu.web.acting import see_other
from oralu.web.components import Crumb
from oralu.web.screens import StaffRequest, add_errors, screen

SECRET = "factor_secret"
"""Key of the session: the key for one-time codes that the phone is about to take over."""


@dataclass(frozen=True)
class Place:
    """Where one is signed in. `mark` names the session without being its key."""

    mark: str
    what: str
    address: str
    started_at: datetime
    seen_at: datetime
    is_here: bool


def mark_of(session: Session) -> str:
    return salted_hmac("oralu.session-mark", session.session_key, algorithm="sha256").hexdigest()[:24]


def fresh(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Who has not proved for a quarter of an hour who it is does so first: an unattended screen changes no factors."""

    @wraps(view)
    def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_shared(request.user):
            messages.error(request, _("A demo account gets no second factor: others sign in with it too."))
            return see_other(reverse("security"))
        if is_fresh(request, request.at):
            return view(request, *args, **kwargs)
        return see_other(f"{reverse('confirm')}?{urlencode({'next': request.path})}")

    return checked


def _context(request: StaffRequest, title: str, **more: Any) -> dict[str, Any]:
    """`is_due`: the page stands before all work, without the navigation."""
    crumbs = (Crumb(_("My account"), reverse("profile")), Crumb(_("Sign-in and security"), reverse("security")))
    return {"title": title, "is_due": factor_is_due(request), "crumbs": (*crumbs, Crumb(title)), **more}


@never_cache
@require_safe
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def security(request: StaffRequest) -> HttpResponse:
    known, here = factors_of(request.user), request.session.session_key
    places = [
        Place(
            mark_of(row), row.agent or _("unknown browser"), row.address or "", row.started_at, row.seen_at,
            row.session_key == here,
        )
        for row in sessions_of(request.user, at=request.at)
    ]  # fmt: skip
    context = _context(
        request, _("Sign-in and security"), known=known, places=places, is_shared=is_shared(request.user)
    )
    context["crumbs"] = context["crumbs"][:1] + context["crumbs"][-1:]
    return render(request, "account/security.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
@fresh
def codes(request: StaffRequest) -> HttpResponse:
    """One-time codes: the key as a picture and in letters, then the first code as the proof."""
    if factors_of(request.user).codes:
        return see_other(reverse("security"))
    form = CodesForm(request.POST or None)
    if request.method == "POST" and SECRET in request.session and form.is_valid():
        done = _set_up(
            request,
            form,
            Kind.TOTP,
            lambda: codes_add(
                user=request.user, secret=request.session[SECRET], code=form.cleaned_data["code"],
                keep=request.session.session_key, at=request.at,
            ),
        )  # fmt: skip
        if done:
            request.session.pop(SECRET, None)
            return done
    secret = request.session.setdefault(SECRET, generate_totp_secret())
    context = _context(
        request,
        _("One-time codes"),
        form=form,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=_picture(request, secret),
    )
    return render(request, "account/codes.html", context, status=422 if request.method == "POST" else 200)


def _picture(request: StaffRequest, secret: str) -> Picture:
    from allauth.mfa.adapter import get_adapter

    return picture_of(get_adapter().build_totp_url(request.user, secret))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
@fresh
def passkey(request: StaffRequest) -> HttpResponse:
    """A passkey: the browser makes it on the device, Oralu keeps its public half."""
    form = NewPasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _set_up(
            request,
            form,
            Kind.WEBAUTHN,
            lambda: passkey_add(
                user=request.user, name=form.cleaned_data["name"], credential=credential_of(request),
                keep=request.session.session_key, at=request.at,
            ),
        )  # fmt: skip
        if done:
            return done
    options = webauthn.begin_registration(request.user, passwordless=True)
    context = _context(request, _("Passkey"), form=form, options=options)
    return render(request, "account/passkey_new.html", context, status=422 if request.method == "POST" else 200)


def _set_up(request: StaffRequest, form: Form, kind: str, act: Callable[[], list[str]]) -> HttpResponse | None:
    """Do it, tell the owner, and show fresh recovery codes once; None with the reason in the form if refused."""
    try:
        with transaction.atomic():
            fresh_codes = act()
            tell(request.user, "factor_added", at=request.at)
    except ValidationError as error:
        add_errors(form, error)
        return None
    request.session[FACTOR] = str(kind)
    if fresh_codes:
        return _recovery_shown(request, fresh_codes)
    messages.success(request, _("The second factor has been set up."))
    return see_other(reverse("security"))


@never_cache
@require_POST
@screen(Permission.ACCOUNT, audit=Audit.NONE)
@fresh
def recovery(request: StaffRequest) -> HttpResponse:
    """Fresh recovery codes; the old ones stop working."""
    try:
        with transaction.atomic():
            fresh_codes = recovery_renew(user=request.user, keep=request.session.session_key, at=request.at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return see_other(reverse("security"))
    return _recovery_shown(request, fresh_codes)


def _recovery_shown(request: StaffRequest, fresh_codes: list[str]) -> HttpResponse:
    """The only answer that carries the codes."""
    return render(request, "account/recovery.html", _context(request, _("Recovery codes"), codes=fresh_codes))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
@fresh
def remove(request: StaffRequest, factor_id: int) -> HttpResponse:
    """Remove one factor, after a question."""
    known = factors_of(request.user)
    found = _factor(known, factor_id)
    if request.method != "POST":
        context = _context(request, _("Remove a second factor"), name=factor_name(found))
        return render(request, "account/remove.html", context)
    try:
        with transaction.atomic():
            factor_remove(
                user=request.user, factor_id=factor_id, is_required=settings.MFA_REQUIRED,
                keep=request.session.session_key, at=request.at,
            )  # fmt: skip
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Removed: %(name)s.") % {"name": factor_name(found)})
    return see_other(reverse("security"))


def _factor(known: Factors, factor_id: int) -> Authenticator:
    own = [*([known.codes] if known.codes else []), *known.passkeys]
    found = next((row for row in own if row.pk == factor_id), None)
    if found is None:
        raise Http404
    return found


def factor_name(found: Authenticator) -> str:
    return found.wrap().name if found.type == Kind.WEBAUTHN else _("One-time codes")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def confirm(request: StaffRequest) -> HttpResponse:
    """The own password once more; who has none signs in anew."""
    onward = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        onward = reverse("security")
    form, status = ConfirmForm(request.POST or None), 200
    if request.method == "POST" and request.user.has_usable_password():
        places = places_here(request, request.user.username, "confirm")
        wait = attempt_begin(places=places, at=request.at) if form.is_valid() else None
        if wait:
            form.add_error(None, too_many(wait))
        elif form.is_valid() and request.user.check_password(form.cleaned_data["password"]):
            attempt_succeed(places=places, at=request.at)
            proved(request, request.at)
            return see_other(onward)
        elif form.is_valid():
            entry_record(kind="user.sign_in_failed", actor=request.user, at=request.at, user=request.user.pk)
            form.add_error("password", _("This is not your password."))
        status = TOO_MANY if wait else 422
    context = _context(request, _("Is it you?"), form=form, has_password=request.user.has_usable_password())
    return render(request, "account/confirm.html", context, status=status)


@require_POST
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def end(request: StaffRequest, mark: str) -> HttpResponse:
    """End one of one's own sessions; one of somebody else does not exist."""
    own = sessions_of(request.user, at=request.at)
    found = next((row for row in own if constant_time_compare(mark_of(row), mark)), None)
    if found is None:
        raise Http404
    session_end(session=found, why="own", actor=request.user, at=request.at)
    messages.success(request, _("Signed out there."))
    return see_other(reverse("security"))


@require_POST
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def end_others(request: StaffRequest) -> HttpResponse:
    sessions_end(user=request.user, why="own", actor=request.user, at=request.at, keep=request.session.session_key)
    messages.success(request, _("Everywhere else you have been signed out."))
    return see_other(reverse("security"))
