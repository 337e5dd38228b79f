"""What an administrator does for an account that its owner cannot open: an invitation, a reset of the second factor,
an end to its sessions."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from oralu.apps.access.demo import is_shared
from oralu.apps.access.factors import factors_of, factors_reset
from oralu.apps.access.identity import provider_of_user
from oralu.apps.access.invitations import invitation_make, pending_invitation, token_make
from oralu.apps.access.models import Invitation, User
from oralu.apps.access.permissions import Audit, Permission
from oralu.apps.access.session_services import sessions_end, sessions_of
from oralu.apps.agencies.admin_selectors import user_of
from oralu.apps.messages.services import Outgoing, message_read, messages_write
from oralu.web.account.telling import tell
from oralu.web.acting import see_other
from oralu.web.components import Crumb, Term
from oralu.web.screens import StaffRequest, screen


@dataclass(frozen=True)
class Guard:
    """How an account is guarded, in words, and what may be done about it."""

    terms: tuple[Term, ...]
    invite_href: str
    password_href: str
    factors_href: str
    sign_out_href: str


def guard_of(request: StaffRequest, account: User) -> Guard:
    known, places = factors_of(account), sessions_of(account, at=request.at).count()
    factors = [*([_("One-time codes")] if known.codes else []), *([_("Passkey")] if known.passkeys else [])]
    provider = provider_of_user(account)
    is_alone = provider is not None and provider.is_only
    return Guard(
        terms=(
            Term(_("First sign-in"), _first(request, account)),
            Term(_("Second factor"), ", ".join(factors) or _("none")),
            Term(_("Signed in"), str(places)),
            *((Term(_("Identity provider"), provider.name),) if provider else ()),
        ),
        invite_href=reverse("admin-user-invite", args=[account.pk]) if account.is_active else "",
        password_href="" if is_alone else reverse("admin-user-password", args=[account.pk]),
        factors_href=reverse("admin-user-factors", args=[account.pk]) if known else "",
        sign_out_href=reverse("admin-user-sign-out", args=[account.pk]) if places else "",
    )


def _first(request: StaffRequest, account: User) -> str:
    invitation = pending_invitation(account, at=request.at)
    if invitation is not None:
        until = date_format(localtime(invitation.expires_at), "DATETIME_FORMAT")
        return _("invited; the invitation stands until %(until)s") % {"until": until}
    if account.has_usable_password() or account.last_login is not None:
        return _("done") if account.last_login else _("not yet; has a password")
    return _("not yet; needs an invitation")


def _user(user_id: int) -> User:
    found = user_of(user_id)
    if found is None:
        raise Http404
    return found


def _context(account: User, title: str, **more: object) -> dict[str, object]:
    crumbs = (
        Crumb(_("Administration"), reverse("administration")),
        Crumb(_("Accounts"), reverse("admin-users")),
        Crumb(account.full_name, reverse("admin-user", args=[account.pk])),
        Crumb(title),
    )
    return {"title": title, "account": account, "crumbs": crumbs, **more}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def invite(request: StaffRequest, user_id: int) -> HttpResponse:
    """A new invitation, for who never came or has forgotten the password."""
    account = _user(user_id)
    if is_shared(account):
        messages.error(request, _("The password of a demo account cannot be changed: others sign in with it too."))
        return see_other(reverse("admin-user", args=[account.pk]))
    if request.method != "POST":
        return render(request, "administration/invite_ask.html", _context(account, _("Invitation")))
    try:
        with transaction.atomic():
            invitation = invitation_make(user=account, actor=request.user, at=request.at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return see_other(reverse("admin-user", args=[account.pk]))
    return invited(request, account, invitation)


def invited(request: StaffRequest, account: User, invitation: Invitation) -> HttpResponse:
    """Send the invitation by e-mail, or show it once, to be handed over on paper. The link is kept nowhere in clear."""
    origin = request.build_absolute_uri("/").rstrip("/")
    link = origin + reverse("invitation-link", args=[token_make(invitation.pk, invitation.nonce)])
    is_sent = bool(settings.EMAIL_HOST and account.email)
    if is_sent:
        data = {"invitation": invitation.pk, "nonce": invitation.nonce, "origin": origin}
        key = f"invited-{invitation.pk}"
        outgoing = Outgoing(key, account.pk, "invited", None, data, email=True)
        for message in messages_write(outgoing=[outgoing], at=request.at):
            message_read(message=message, at=request.at)
    until = date_format(localtime(invitation.expires_at), "DATETIME_FORMAT")
    context = _context(account, _("Invitation"), link="" if is_sent else link, until=until)
    return render(request, "administration/invited.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def factors(request: StaffRequest, user_id: int) -> HttpResponse:
    """Take away a lost second factor; its owner is told, since it may not be the owner who asked."""
    account = _user(user_id)
    if request.method != "POST":
        return render(request, "administration/factors_ask.html", _context(account, _("Reset the second factor")))
    with transaction.atomic():
        factors_reset(user=account, actor=request.user, at=request.at)
        tell(account, "factors_reset", at=request.at)
    messages.success(request, _("The second factor of %(name)s has been reset.") % {"name": account})
    return see_other(reverse("admin-user", args=[account.pk]))


@require_POST
@screen(Permission.ADMINISTER, audit=Audit.NONE)
def sign_out(request: StaffRequest, user_id: int) -> HttpResponse:
    account = _user(user_id)
    with transaction.atomic():
        sessions_end(user=account, why="administrator", actor=request.user, at=request.at)
    messages.success(request, _("%(name)s has been signed out everywhere.") % {"name": account})
    return see_other(reverse("admin-user", args=[account.pk]))
