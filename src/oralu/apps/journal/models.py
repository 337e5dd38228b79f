"""The journal: one row for every change, written in the transaction of the change. Rows are inserted and never
updated or removed; the application's database role has no right to do either."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """What was done, by whom, when, on which case. `data` holds codes, ids and dates: never names, numbers or texts
    about a person, so that the record can be kept when the person's data are erased."""

    at = models.DateTimeField()
    actor = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=64)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="journal")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["case", "-id"], name="journal_by_case")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
