"""Accounts of the staff. Whoever is new is invited and chooses the password; where no link can be opened, a temporary
one is made, shown once, and kept nowhere in clear."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from oralu.apps.access.invitations import invitation_make
from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.services import user_save
from oralu.apps.agencies.admin_selectors import UserFilter, duties_of, regions, user_of, users_page
from oralu.web.acting import see_other
from oralu.web.administration.forms import UserForm, duty_words
from oralu.web.administration.guarding import guard_of, invited
from oralu.web.administration.standing import meanwhile, seen_of, status_of
from oralu.web.administration.views import after_of
from oralu.web.components import Crumb, Empty, Filter, Pager, WorkRow
from oralu.web.screens import StaffRequest, add_errors, screen, searched_text

PAGE = 40
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that are mistaken for one another."""


def temporary_password() -> str:
    """Four groups of four, about 79 bits, to be read out or copied."""
    return "-".join("".join(secrets.choice(ALPHABET) for _n in range(4)) for _group in range(4))


@require_safe
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def users(request: StaffRequest) -> HttpResponse:
    asked = {name: text for name in ("q", "role", "region", "state") if (text := searched_text(request.GET, name))}
    agency = request.GET.get("agency", "")
    wanted = UserFilter(**asked, agency=int(agency) if agency.isascii() and agency.isdigit() else None)
    rows, has_more = users_page(wanted, after=after_of(request), size=PAGE)
    kept = {**asked, **({"agency": agency} if wanted.agency is not None else {})}
    context = {
        "title": _("Accounts"),
        "crumbs": (Crumb(_("Administration"), reverse("administration")), Crumb(_("Accounts"))),
        "filters": (
            Filter("q", _("Name or login"), asked.get("q", "")),
            Filter("role", _("Role"), asked.get("role", ""), (("", _("all roles")), *Role.choices)),
            Filter(
                "region",
                _("Region"),
                asked.get("region", ""),
                (("", _("all regions")), *((region.code, str(region)) for region in regions())),
            ),
            Filter(
                "state",
                _("State"),
                asked.get("state", ""),
                (("", _("active")), ("closed", pgettext("account or agency", "closed"))),
            ),
        ),
        "rows": [_row(user) for user in rows],
        "pager": Pager(
            f"?{urlencode({**kept, 'after': rows[-1].pk})}" if has_more else "",
            f"?{urlencode(kept)}" if after_of(request) else "",
        ),
        "empty": Empty(_("No account fits"), _("Change the filter, or create the account."), "search"),
    }
    return render(request, "administration/users.html", context)


def _row(user: User) -> WorkRow:
    where = (str(user.agency), str(user.agency.region)) if user.agency else ()
    return WorkRow(
        key=f"u{user.pk}",
        title=user.full_name,
        href=reverse("admin-user", args=[user.pk]),
        what=str(user.get_role_display()),
        meta=(user.username, *where),
    )


@never_cache
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def user_new(request: StaffRequest) -> HttpResponse:
    first = {name: request.GET[name] for name in ("agency", "role") if request.GET.get(name)}
    return _edit(request, User(), first)


@screen(Permission.ADMINISTER, audit=Audit.NONE)
def user(request: StaffRequest, user_id: int) -> HttpResponse:
    return _edit(request, _user(user_id, lock=request.method == "POST"), {})


def _user(user_id: int, *, lock: bool = False) -> User:
    found = user_of(user_id, lock=lock)
    if found is None:
        raise Http404
    return found


def _edit(request: StaffRequest, found: User, first: dict[str, str]) -> HttpResponse:
    is_new = found.pk is None
    title = _("New account") if is_new else found.full_name
    duties = [duty_words(duty) for duty in duties_of(found)]
    shown = UserForm(instance=found, initial=first, editor=request.user)
    seen, changes = seen_of(shown), None
    form = UserForm(request.POST, instance=found, editor=request.user) if request.method == "POST" else shown
    if request.method == "POST" and not is_new:
        changes = meanwhile(request, form, shown)
        form = changes.form if changes else form
    if request.method == "POST" and changes is None and form.is_valid():
        try:
            with transaction.atomic():
                saved = user_save(user=form.instance, password=None, actor=request.user, at=request.at)
                invitation = invitation_make(user=saved, actor=request.user, at=request.at) if is_new else None
        except ValidationError as error:
            if is_new:
                form.instance.pk = None
            add_errors(form, error)
        else:
            if invitation:
                return invited(request, saved, invitation)
            messages.success(request, _("Recorded: %(name)s.") % {"name": saved})
            return see_other(reverse("admin-users"))
    context = {
        "title": title,
        "crumbs": _crumbs(title),
        "form": form,
        "duties": duties,
        "guard": None if is_new else guard_of(request, found),
        "seen": "" if is_new else seen,
        "changes": changes,
    }
    return render(request, "administration/user.html", context, status=status_of(request, changes))


def _crumbs(title: str) -> tuple[Crumb, ...]:
    return (
        Crumb(_("Administration"), reverse("administration")),
        Crumb(_("Accounts"), reverse("admin-users")),
        Crumb(title),
    )


@never_cache
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def password(request: StaffRequest, user_id: int) -> HttpResponse:
    """A new temporary password in place of a forgotten one."""
    found = _user(user_id)
    if request.method == "POST":
        words = temporary_password()
        with transaction.atomic():
            user_save(user=found, password=words, actor=request.user, at=request.at)
        return _shown_once(request, found, words)
    context = {"title": _("New temporary password"), "account": found, "crumbs": _crumbs(found.full_name)}
    return render(request, "administration/password_ask.html", context)


def _shown_once(request: StaffRequest, account: User, words: str) -> HttpResponse:
    """The only answer that carries the password; it is not stored in the session and not repeated."""
    context = {
        "title": _("Temporary password"),
        "account": account,
        "password": words,
        "crumbs": _crumbs(account.full_name),
    }
    return render(request, "administration/password.html", context)
