"""Signing in and out, one's own account, and the page that a role begins with."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.services import profile_change, user_save
from oralu.apps.access.throttling import attempt_begin, attempt_succeed
from oralu.web.account.entering import keep_signed_in, places_here
from oralu.web.account.forms import PasswordForm, ProfileForm
from oralu.web.acting import see_other
from oralu.web.components import Term
from oralu.web.context import address
from oralu.web.screens import StaffRequest, add_errors, screen

FIRST_PAGES = {
    Role.CASE_MANAGER: "today",
    Role.UNIT_HEAD: "today",
    Role.PROVIDER: "inbox",
    Role.LEADERSHIP: "board",
    Role.PSYCHOLOGIST: "care",
    Role.PRISON: "release",
    Role.ANALYST: "figures",
    Role.AUDITOR: "control",
    Role.ADMINISTRATOR: "administration",
}


@require_safe
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def home(request: StaffRequest) -> HttpResponse:
    """To the page that the role begins with; to the own account while that page does not exist."""
    return redirect(address(FIRST_PAGES[Role(request.user.role)]) or "profile")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def profile(request: StaffRequest) -> HttpResponse:
    user = request.user
    if request.method != "POST":
        kept = {"language": user.language, "phone": user.phone, "email": user.email}
        return _page(request, ProfileForm(initial=kept), PasswordForm(user))
    form = ProfileForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                profile_change(user=user, at=request.at, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
    if form.errors:
        user.refresh_from_db()
        return _page(request, form, PasswordForm(user), status=422)
    translation.activate(user.language)
    messages.success(request, _("Your account has been changed."))
    return _back()


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNT, audit=Audit.NONE)
def password(request: StaffRequest) -> HttpResponse:
    """Change the password; every other session of the account ends, this one goes on. A temporary password is changed
    on a page of its own, before anything else."""
    user, was_due = request.user, request.user.must_change_password
    if request.method != "POST":
        return _password_page(request, PasswordForm(user))
    places = places_here(request, user.username, "confirm")
    wait = attempt_begin(places=places, at=request.at)
    form = PasswordForm(user, request.POST, wait=wait)
    form.full_clean()
    if not wait and "old_password" not in form.errors:
        attempt_succeed(places=places, at=request.at)
    if form.is_valid():
        try:
            with transaction.atomic():
                user_save(
                    user=user,
                    password=form.cleaned_data["new_password1"],
                    actor=user,
                    at=request.at,
                    keep=request.session.session_key,
                )
        except ValidationError as error:
            add_errors(form, error)
    if form.errors:
        user.refresh_from_db()
        if was_due:
            return _password_page(request, form, status=422)
        kept = {"language": user.language, "phone": user.phone, "email": user.email}
        return _page(request, ProfileForm(initial=kept), form, status=422)
    keep_signed_in(request, user)
    messages.success(request, _("The password has been changed. Everywhere else you have been signed out."))
    return see_other(address("home")) if was_due else _back()


def _password_page(request: StaffRequest, form: BaseForm, *, status: int = 200) -> HttpResponse:
    return render(
        request, "account/password.html", {"form": form, "is_due": request.user.must_change_password}, status=status
    )


def _back() -> HttpResponse:
    return see_other(address("profile"))


def _page(request: StaffRequest, form: BaseForm, password_form: BaseForm, *, status: int = 200) -> HttpResponse:
    user = request.user
    terms = (
        Term(_("Name"), user.full_name),
        Term(_("Role"), user.get_role_display()),
        Term(_("Post"), user.post),
        Term(_("Place of work"), str(user.agency or "")),
        Term(_("Login"), user.username),
    )
    context = {"form": form, "password_form": password_form, "terms": terms}
    return render(request, "account/profile.html", context, status=status)
