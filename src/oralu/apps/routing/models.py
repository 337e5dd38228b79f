"""Which edition of the policy is in force where, when the worker was last alive, and figures that take too long to
count while somebody waits."""

from __future__ import annotations

from django.db import models

from oralu.apps.routing.erasure_models import Erasure, ErasureItem, LegalHold

__all__ = ["Adoption", "BoardFigure", "Erasure", "ErasureItem", "Heartbeat", "LegalHold"]


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


class BoardFigure(models.Model):
    """The figures of the board of a region or a unit, as they were at a moment (`routing.board_figures`), and those of
    the country, as they were told at the beginning of a month (`routing.country_figures`). `data` is null where there
    are few enough cases to be counted while its reader waits; `entry` is the last row of the journal by then."""

    class Scope(models.TextChoices):
        REGION = "region"
        UNIT = "unit"
        COUNTRY = "country"

    scope = models.CharField(max_length=16, choices=Scope.choices)
    key = models.CharField(max_length=16)
    at = models.DateTimeField()
    entry = models.BigIntegerField(default=0)
    data = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="board_figure_once")]
