"""Systems of agencies that speak to Oralu by its API: whose they are, what they may do, and the keys that they show."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiClient(models.Model):
    """A system of an agency. It acts as `user`, an account that nobody signs in with: what that role may do to a case
    bounds it, and `scopes` (values of `permissions.Permission`) bound it further. `owner` is the person who answers for
    it."""

    name = models.CharField(_("name of the system"), max_length=100)
    agency = models.ForeignKey(
        "agencies.Agency", verbose_name=_("agency"), on_delete=models.PROTECT, related_name="api_clients"
    )
    owner = models.ForeignKey(
        "access.User", verbose_name=_("who answers for it"), on_delete=models.PROTECT, related_name="+"
    )
    user = models.OneToOneField("access.User", on_delete=models.PROTECT, related_name="api_client")
    scopes = ArrayField(models.CharField(max_length=32), verbose_name=_("what it may do"))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A key of a system: found by `prefix`, known by the SHA-256 of the whole. The key itself is shown once and stored
    nowhere. A system may have two at a time, so that one replaces the other without a gap."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.prefix


class ApiAct(models.Model):
    """What was answered to an act under an Idempotency-Key, written in the transaction of the act: who asks again gets
    the same answer and nothing happens twice. `answer` holds ids and codes, nothing about a person."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="acts")
    key = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    etag = models.CharField(max_length=80, blank=True)
    answer = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="api_act_once")]
        indexes = [models.Index(fields=["client", "at"], name="api_act_by_age")]
