"""The person, the children, the written consent."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Sex(models.TextChoices):
    FEMALE = "female", _("female")
    MALE = "male", _("male")


class Person(models.Model):
    """A person on the register. Names stand as in the person's papers. `search_key` is `surname given patronymic` in
    lower case with ё folded, so that a search by its beginning uses an index. `erased`: the classes of data that are
    gone; `erased_on`: since when nothing says who it was, and of the date of birth only the year stands."""

    surname = models.CharField(_("surname"), max_length=100)
    given_name = models.CharField(_("given name"), max_length=100)
    patronymic = models.CharField(_("patronymic"), max_length=100, blank=True)
    iin = models.CharField(_("IIN"), max_length=12, blank=True, db_index=True)
    birth_date = models.DateField(_("date of birth"))
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices)
    languages = ArrayField(models.CharField(max_length=8), verbose_name=_("languages"), default=list, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    is_generated = models.BooleanField(default=False)
    search_key = models.CharField(max_length=310, editable=False)
    erased_on = models.DateField(null=True, editable=False)
    erased = ArrayField(models.CharField(max_length=16), default=list, blank=True, editable=False)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        indexes = [
            models.Index(OpClass("search_key", name="text_pattern_ops"), name="person_search"),
            models.Index(fields=["birth_date", "surname"], name="person_birth"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """As in the papers; of a person whose data were erased, when that was."""
        if not self.surname and self.erased_on is not None:
            return gettext("data erased on %(day)s") % {"day": date_format(self.erased_on, "DATE_FORMAT")}
        return " ".join(part for part in (self.surname, self.given_name, self.patronymic) if part)

    def age_on(self, day: date) -> int:
        """Whole years on a day."""
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))


class Child(models.Model):
    """A child of the person. A row without a birth date says only that there is a minor child (an imported count)."""

    class LivesWith(models.TextChoices):
        PERSON = "person", _("with the person")
        RELATIVES = "relatives", _("with relatives")
        GUARDIAN = "guardian", _("with a guardian")
        INSTITUTION = "institution", _("in an institution")
        UNKNOWN = "unknown", _("not known")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="children")
    name = models.CharField(_("name"), max_length=200, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    lives_with = models.CharField(_("lives"), max_length=16, choices=LivesWith.choices, default=LivesWith.UNKNOWN)

    class Meta:
        ordering = ("birth_date", "id")


class Consent(models.Model):
    """Written consent of the person to hand personal data to the agencies of the route (law 38-VI, art. 11).
    `withdrawn_on` is the day on the person's paper, `withdrawn_at` when it was recorded and takes effect here."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    given_on = models.DateField(_("date of the written consent"))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_on = models.DateField(_("date of the withdrawal"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], name="consent_one_standing", condition=models.Q(withdrawn_at=None)
            )
        ]


class Merge(models.Model):
    """Two records found to be one person. Keeps what was moved, so that it can be undone."""

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
