"""The journal: one row for every change, written in the transaction of the change (`Entry`), and one for every answer
that showed somebody's data (`Access`). Rows are inserted and never updated or removed; the application's database role
has no right to do either. `Seal` closes them in batches, `Pending` is the queue of what no seal covers yet
(docs/decisions/0008)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Stream(models.IntegerChoices):
    """The two tables whose rows are sealed."""

    ENTRY = 1
    ACCESS = 2


OF_NO_CASE = models.Q(case=None) | models.Q(kind="erasure.asked")
"""Entries about Oralu itself; the request for an erasure stands in the journal of its case besides."""


class Entry(models.Model):
    """What was done, by whom, when, on which case. `data` holds codes, ids and dates: never names, numbers or texts
    about a person, so that the record can be kept when the person's data are erased. `commitment` (32 bytes) binds all
    of it together with `salt` (16 bytes): without the salt it tells nothing about what it was made of."""

    at = models.DateTimeField()
    actor = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=64)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="journal")
    data = models.JSONField(default=dict)
    salt = models.BinaryField(null=True)
    commitment = models.BinaryField()

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["case", "-id"], name="journal_by_case"),
            models.Index(fields=["kind", "-id"], name="journal_by_kind", condition=OF_NO_CASE),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class AccessKind(models.TextChoices):
    """In what way somebody came to see data, or did not."""

    READ = "read", _("read on a page")
    EXPORT = "export", _("taken out as a file")
    DENIED = "denied", _("refused")
    EMERGENCY = "emergency", _("read under emergency access")


class Access(models.Model):
    """One answer that showed somebody's data, or one that was refused. `actor` and `agency` are plain ids: a refusal is
    written by a connection of its own, which must not wait for what another has not committed. `subjects`: the ids of
    the cases shown; `route`: the name of the address; `object`: what was asked for, where no case was shown."""

    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    role = models.CharField(max_length=32)
    agency = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=16, choices=AccessKind.choices)
    route = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32)
    subjects = ArrayField(models.BigIntegerField())
    object = models.CharField(max_length=64)
    salt = models.BinaryField(null=True)
    commitment = models.BinaryField()

    class Meta:
        ordering = ("-id",)
        indexes = [
            GinIndex(fields=["subjects"], name="access_by_subject"),
            models.Index(fields=["-id"], name="access_not_read", condition=~models.Q(kind="read")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.route} #{self.pk}"


class Pending(models.Model):
    """Rows that no seal covers yet: a run of ids of one table, put here by a trigger at every insertion, so that nobody
    who may write a row can leave this out. `since` is of the database's clock: the moment of an act may lie years back.
    """

    stream = models.SmallIntegerField(choices=Stream.choices)
    records = BigIntegerRangeField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{Stream(self.stream).name} {self.records}"


class Seal(models.Model):
    """A batch of rows, closed. `entries` and `accesses`: the ids it covers, as ranges in which every id exists; `root`:
    the hash over these ids with their commitments; `hash`: over all columns here and the hash of the seal before;
    `signature`: Ed25519 over the hash, by the key whose fingerprint is `key`."""

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    count = models.BigIntegerField()
    entries = ArrayField(BigIntegerRangeField())
    accesses = ArrayField(BigIntegerRangeField())
    root = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    key = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"seal {self.number}"
