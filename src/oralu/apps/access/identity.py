"""Identity providers of agencies: who has one, and whom a subject stands for."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from oralu.apps.access.entry_models import ExternalIdentity, IdentityProvider
from oralu.apps.access.models import User
from oralu.apps.access.session_services import sessions_end
from oralu.apps.journal.services import entry_record

SECOND_FACTOR_METHODS = frozenset({"mfa", "otp", "hwk"})
"""Words of `amr` (RFC 8176) that say that the provider itself has asked for a second factor."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def providers() -> QuerySet[IdentityProvider]:
    return IdentityProvider.objects.select_related("agency__region")


def provider_of(key: str) -> IdentityProvider | None:
    """An active provider by its short name."""
    return providers().filter(key=key, is_active=True).first()


def provider_of_user(user: User) -> IdentityProvider | None:
    """The active provider of the agency where an account works."""
    if user.agency_id is None:
        return None
    return IdentityProvider.objects.filter(agency_id=user.agency_id, is_active=True).first()


def provider_that_alone_signs_in(user: User) -> IdentityProvider | None:
    """The provider past which this account may not sign in, if there is one."""
    found = provider_of_user(user)
    return found if found and found.is_only else None


def user_of_subject(provider: IdentityProvider, subject: str) -> User | None:
    """The account that a subject stands for: open, and still in the agency of the provider."""
    found = (
        ExternalIdentity.objects.select_related("user__agency")
        .filter(provider=provider, subject=subject, user__is_active=True, user__agency_id=provider.agency_id)
        .first()
    )
    return found.user if found else None


def is_second_factor(methods: object) -> bool:
    """Whether the provider's `amr` says that it has asked for more than a password; anything unreadable does not."""
    words = methods if isinstance(methods, list) else []
    return any(isinstance(word, str) and word in SECOND_FACTOR_METHODS for word in words)


@transaction.atomic
def provider_save(*, provider: IdentityProvider, actor: User, at: datetime) -> IdentityProvider:
    """Create or change the provider of an agency. With another issuer the accounts known there are strangers again.

    Raises ValidationError: a plain HTTP address, a short name or an agency that has one already."""
    is_new = provider.pk is None
    provider.issuer = provider.issuer.rstrip("/")
    address = urlsplit(provider.issuer)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise ValidationError({"issuer": _("Write an address that begins with https://.")})
    provider.full_clean()
    before = None if is_new else IdentityProvider.objects.get(pk=provider.pk)
    provider.save()
    if before and before.issuer != provider.issuer:
        ExternalIdentity.objects.filter(provider=provider).delete()
    if before and before.is_active and not provider.is_active:
        for user in User.objects.filter(external_identity__provider=provider):
            sessions_end(user=user, why="provider", actor=actor, at=at)
    entry_record(
        kind="provider.created" if is_new else "provider.changed", actor=actor, at=at, agency=provider.agency_id
    )
    return provider
