"""What signing in leaves behind: sessions, counted attempts, invitations, and the identity providers of agencies."""

from __future__ import annotations

from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be. It names its user, so that all sessions of an account end by one
    statement; `started_at` and `seen_at` bound it. The key is a secret: it is shown nowhere."""

    user = models.ForeignKey("access.User", null=True, on_delete=models.CASCADE, related_name="sessions")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    agent = models.CharField(max_length=80, blank=True)
    address = models.GenericIPAddressField(null=True)


class Attempt(models.Model):
    """How often a secret was tried from one place. `key` is a keyed hash of the place (see `throttling`), so that
    neither logins nor addresses can be read from the table."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    free_at = models.DateTimeField()


class Invitation(models.Model):
    """A way in for an account whose password nobody knows: once, until `expires_at`. The link is made of the id and
    `nonce` with the installation's key, so that who reads the table cannot make one."""

    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="invitations")
    made_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=43)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)


class IdentityProvider(models.Model):
    """The OpenID Connect provider of an agency. The client's secret stands in the environment or in a file of the data
    folder under `key`, never here. `is_only`: accounts of the agency sign in by no other way."""

    agency = models.OneToOneField(
        "agencies.Agency", verbose_name=_("agency"), on_delete=models.PROTECT, related_name="identity_provider"
    )
    key = models.CharField(
        _("short name"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9-]*\Z", _("Small Latin letters, digits and hyphens only."))],
    )
    name = models.CharField(_("name on the page of sign-in"), max_length=100)
    issuer = models.CharField(_("address of the provider (issuer)"), max_length=300, validators=[URLValidator()])
    client_id = models.CharField(_("client id"), max_length=200)
    is_only = models.BooleanField(_("accounts of the agency sign in only through it"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class ExternalIdentity(models.Model):
    """Who an account is at the provider of its agency: the subject that the provider vouched for when the invitation
    was taken up. Never found by an e-mail address."""

    user = models.OneToOneField("access.User", on_delete=models.CASCADE, related_name="external_identity")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.PROTECT, related_name="identities")
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "subject"], name="identity_of_one_account")]
