"""A way in for an account whose password nobody knows: a signed link, once, for three days. What it opens is the choice
of a password, or the first meeting with the identity provider of the agency."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from oralu.apps.access.entry_models import ExternalIdentity, IdentityProvider, Invitation
from oralu.apps.access.machine_models import ApiClient
from oralu.apps.access.models import User
from oralu.apps.access.session_services import sessions_end
from oralu.apps.journal.services import entry_record

VALID = timedelta(hours=72)


@transaction.atomic
def invitation_make(*, user: User, actor: User | None, at: datetime) -> Invitation:
    """Invite an account, new or one whose password is lost: the old password stops working at once, the account is
    signed out, an earlier invitation is withdrawn.

    Raises ValidationError: the account is closed."""
    if not user.is_active:
        raise ValidationError(_("This account is closed: open it first."))
    if ApiClient.objects.filter(user=user).exists():
        raise ValidationError(_("A system acts by this account: nobody signs in with it."))
    Invitation.objects.filter(user=user, used_at=None, withdrawn_at=None).update(withdrawn_at=at)
    user.set_unusable_password()
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    sessions_end(user=user, why="invitation", actor=actor, at=at)
    invitation = Invitation.objects.create(
        user=user, made_by=actor, nonce=secrets.token_urlsafe(32), made_at=at, expires_at=at + VALID
    )
    entry_record(kind="user.invited", actor=actor, at=at, user=user.pk)
    return invitation


def token_make(invitation_id: int, nonce: str) -> str:
    """The secret part of the link."""
    return signing.dumps([invitation_id, nonce], salt="oralu.invitation")


def invitation_of(token: str, *, at: datetime) -> Invitation | None:
    """The invitation behind a link, while it can be used: not used, withdrawn, run out, nor of a closed account."""
    try:
        invitation_id, nonce = signing.loads(token, salt="oralu.invitation")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Invitation.objects.select_related("user__agency").filter(pk=invitation_id).first()
    return found if found and constant_time_compare(found.nonce, nonce) and _is_open(found, at) else None


def pending_invitation(user: User, *, at: datetime) -> Invitation | None:
    """The invitation that an account has not taken up yet."""
    found = Invitation.objects.filter(user=user, used_at=None, withdrawn_at=None, expires_at__gt=at)
    return found.order_by("-pk").first()


def _is_open(invitation: Invitation, at: datetime) -> bool:
    is_spent = invitation.used_at is not None or invitation.withdrawn_at is not None
    return not is_spent and at < invitation.expires_at and invitation.user.is_active


@transaction.atomic
def invitation_use(*, invitation: Invitation, password: str, at: datetime) -> User:
    """Take up an invitation by choosing a password. Raises ValidationError: spent meanwhile, a weak password."""
    user = _claim(invitation, at)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"new_password1": error.messages}) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    entry_record(kind="user.invitation_used", actor=user, at=at, user=user.pk, by="password")
    return user


@transaction.atomic
def identity_link(*, invitation: Invitation, provider: IdentityProvider, subject: str, at: datetime) -> User:
    """Take up an invitation by the identity provider of the account's agency: from now on this subject is the account.

    Raises ValidationError: spent meanwhile, a provider of another agency, a subject that is another account's."""
    user = _claim(invitation, at)
    if not provider.is_active or user.agency_id != provider.agency_id:
        raise ValidationError(_("This identity provider is not that of your agency."))
    if ExternalIdentity.objects.filter(provider=provider, subject=subject).exclude(user=user).exists():
        raise ValidationError(_("At the identity provider you are known as another account of Oralu already."))
    ExternalIdentity.objects.update_or_create(
        user=user, defaults={"provider": provider, "subject": subject, "linked_at": at}
    )
    entry_record(kind="user.invitation_used", actor=user, at=at, user=user.pk, by="provider")
    return user


def _claim(invitation: Invitation, at: datetime) -> User:
    held = Invitation.objects.select_for_update(of=("self",)).select_related("user__agency").get(pk=invitation.pk)
    if not _is_open(held, at):
        raise ValidationError(_("This invitation has been used or has run out. Ask the administrator for a new one."))
    held.used_at = at
    held.save(update_fields=["used_at"])
    return held.user
