"""What is kept apart from the case, each in a table of its own with rights of its own: the offence, medical detail, who
is shut out of a case, and who has opened one in an emergency."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

EMERGENCY_LASTS = timedelta(hours=3)


class Offence(models.Model):
    """The sentence behind a case. Read by the officers and the head of the leading unit; no evaluation, referral,
    export, message or paper carries it."""

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="offence")
    article = models.CharField(_("article of the Criminal Code"), max_length=200)
    court = models.CharField(_("court"), max_length=200, blank=True)
    sentenced_on = models.DateField(_("date of the sentence"), null=True, blank=True)
    term_ends_on = models.DateField(_("end of the term"), null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")


class HealthNote(models.Model):
    """Medical detail in free words, by the psychologist of the unit or by a clinic about a referral that it has served.
    Only the psychologist of the unit and the agency that wrote it read it; others learn that there is one."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="health_notes")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey("referrals.Referral", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    author = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("medical note"), max_length=4000)

    class Meta:
        ordering = ("-id",)


class Exclusion(models.Model):
    """Somebody may not know of a case. `Case.excluded` says the same in the row of the case; this table says it to
    those who meet a case without seeing its row, and why it is so. `note` holds the words."""

    class Reason(models.TextChoices):
        RELATIVE = "relative", _("a relative or a close person")
        CONFLICT = "conflict", _("a conflict of interest")
        THREAT = "threat", _("a danger to the person of the case")
        OTHER = "other", pgettext_lazy("why somebody may not see a case", "another reason")

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="exclusions")
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    since = models.DateTimeField()
    by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["user", "case"], name="exclusion_once")]


class Emergency(models.Model):
    """A case opened in an emergency by somebody whose it is not: to read, until `until`. `unit` led the case then; its
    head says afterwards whether it was justified."""

    class Reason(models.TextChoices):
        LIFE = "life", _("a danger to life or health")
        CHILD = "child", _("a danger to a child")
        HERE = "here", _("the person is here and needs help at once")
        AUTHORITY = "authority", _("an urgent question of the police, the ambulance or a court")
        OTHER = "other", pgettext_lazy("why a case is opened in an emergency", "another reason")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="emergencies")
    unit = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    words = models.CharField(_("what has happened"), max_length=500)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    is_justified = models.BooleanField(null=True)
    review = models.CharField(_("in words"), max_length=500, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["user", "until"], name="emergency_by_user"),
            models.Index(fields=["unit", "-id"], name="emergency_by_unit"),
        ]
