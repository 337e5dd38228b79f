"""Which edition of the policy is in force where, and when the worker was last alive."""

from __future__ import annotations

from django.db import models

from oralu.apps.routing.erasure_models import Erasure, ErasureItem, LegalHold

__all__ = ["Adoption", "Erasure", "ErasureItem", "Heartbeat", "LegalHold"]


class Adoption(models.Model):
    """An edition adopted for a region from a date by a named person."""

    region = models.ForeignKey("agencies.Region", on_delete=models.PROTECT, related_name="adoptions")
    edition = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    from_date = models.DateField()
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-from_date", "-id")
        constraints = [models.UniqueConstraint(fields=["region", "from_date"], name="adoption_one_a_day")]


class Heartbeat(models.Model):
    """One row: when the worker last finished a turn. A monitor raises an alarm when it falls silent."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="heartbeat_one_row")]
