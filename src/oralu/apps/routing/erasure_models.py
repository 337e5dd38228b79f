"""Erasures: what was asked for, what it would take, who agreed, how far it has come; and what holds a case back from
it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """The erasure of personal data of a unit's closed cases. Asked for by one person, worked out by the worker (a dry
    run: nothing goes), approved by another, carried out by the worker in batches. `case`: of one person alone.
    `terms`: the digest of the file of terms. `counts`: persons by class of data. `decision`: the number of the act
    that orders it."""

    class State(models.TextChoices):
        ASKED = "asked", _("being worked out")
        PROPOSED = "proposed", _("waits for a second person")
        APPROVED = "approved", _("being carried out")
        DONE = "done", _("carried out")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EMPTY = "empty", _("nothing is due")

    class Ground(models.TextChoices):
        TERM = "term", _("the term of storage has ended")
        COURT = "court", _("by decision of a court")
        REQUEST = "request", _("at the lawful request of the person")

    unit = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(_("ground"), max_length=16, choices=Ground.choices)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(_("number and date of the act"), max_length=100, blank=True)
    on = models.DateField()
    terms = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    decided_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(_("why not"), max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="erasure_two_people",
                condition=models.Q(decided_by=None)
                | ~models.Q(decided_by=models.F("asked_by"))
                | models.Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="erasure_approved_by_somebody",
                condition=~models.Q(state__in=["approved", "done", "refused"]) | models.Q(decided_by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["unit"],
                name="erasure_one_at_a_time",
                condition=models.Q(state__in=["asked", "proposed", "approved"], case=None),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="erasure_open", condition=models.Q(state__in=["asked", "approved"]))
        ]


class ErasureItem(models.Model):
    """One person of an erasure: which classes of data, of which cases; when it was done, or why it was not."""

    class Skipped(models.TextChoices):
        HOLD = "hold", _("a case is held")
        OPEN = "open", _("on the register again")

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="items")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    cases = ArrayField(models.BigIntegerField())
    classes = ArrayField(models.CharField(max_length=16))
    done_at = models.DateTimeField(null=True)
    skipped = models.CharField(max_length=8, choices=Skipped.choices, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["erasure", "person"], name="erasure_item_once")]
        indexes = [models.Index(fields=["erasure", "id"], name="erasure_item_left", condition=models.Q(done_at=None))]


class LegalHold(models.Model):
    """Nothing of the person of a case is erased while this stands: a court, a complaint, an inspection needs it."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(_("reason"), max_length=300)
    placed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["case"], name="hold_one_standing", condition=models.Q(lifted_at=None))
        ]
