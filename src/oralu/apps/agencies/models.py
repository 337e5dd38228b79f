"""Agencies and what they can offer. A probation unit is an agency too, so that one rule finds the addressee of every
need."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A region by its ISO 3166-2:KZ number."""

    code = models.CharField(primary_key=True, max_length=2)
    name_kk = models.CharField(max_length=100)
    name_ru = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return str(getattr(self, f"name_{get_language() or 'ru'}", self.name_ru))


class Agency(models.Model):
    """A body that answers for needs. `kind` is an addressee of the policy (`one_stop_shop`, `crisis_centre`,
    `probation_unit`, `leb_leadership`, …)."""

    kind = models.CharField(_("kind"), max_length=64)
    region = models.ForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT, related_name="agencies")
    name_ru = models.CharField(_("name in Russian"), max_length=200)
    name_kk = models.CharField(_("name in Kazakh"), max_length=200)
    address = models.CharField(
        _("address"), max_length=300, blank=True, help_text=_("Leave empty for a refuge: its address is kept apart.")
    )
    address_kk = models.CharField(
        _("address in Kazakh"),
        max_length=300,
        blank=True,
        help_text=_("Shown on Kazakh pages; empty: the address above is shown there too."),
    )
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    localities = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("localities served"),
        default=list,
        blank=True,
        help_text=_("Empty: the whole region."),
    )
    accepts_sex = models.CharField(
        _("accepts"),
        max_length=6,
        blank=True,
        choices=[("", _("women and men")), ("female", _("women only")), ("male", _("men only"))],
    )
    min_age = models.PositiveSmallIntegerField(_("youngest age accepted"), null=True, blank=True)
    max_age = models.PositiveSmallIntegerField(_("oldest age accepted"), null=True, blank=True)
    accepts_children = models.BooleanField(_("accepts a mother with children"), default=True)
    counts_places = models.BooleanField(_("its places are counted"), default=False)
    is_refuge = models.BooleanField(_("refuge with a hidden address"), default=False)
    responsible = models.ForeignKey(
        "access.User",
        verbose_name=_("responsible person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    responsible_name = models.CharField(
        _("responsible person without an account"), max_length=200, blank=True, help_text=_("Name and post.")
    )
    deputy = models.ForeignKey(
        "access.User", verbose_name=_("deputy"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deputy_name = models.CharField(_("deputy without an account"), max_length=200, blank=True)
    duty_contact = models.CharField(
        _("duty contact outside working hours"), max_length=200, blank=True, help_text=_("Phone that answers at night.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("region", "kind", "name_ru")
        indexes = [
            models.Index(fields=["region", "kind"], name="agency_by_region_kind", condition=models.Q(is_active=True))
        ]

    def __str__(self) -> str:
        return self.name_kk if get_language() == "kk" else self.name_ru

    @property
    def where(self) -> str:
        """The address in the reader's language, if it is known in it."""
        return (self.address_kk if get_language() == "kk" else "") or self.address

    @property
    def named_person(self) -> str:
        """The person who answers, or the deputy; empty when nobody is named."""
        for user, name in ((self.responsible, self.responsible_name), (self.deputy, self.deputy_name)):
            if user is not None and user.is_active:
                return user.full_name
            if name:
                return name
        return ""


class RefugeAddress(models.Model):
    """Where a refuge is. A table of its own, read only through `agencies.selectors.refuge_address`."""

    agency = models.OneToOneField(Agency, primary_key=True, on_delete=models.CASCADE, related_name="refuge")
    address = models.CharField(_("address"), max_length=300)


class Place(models.Model):
    """A physical place in an agency that counts its places (a bed, a room for a mother with children)."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="places")
    label = models.CharField(_("place"), max_length=100)
    is_open = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("agency", "label")
        constraints = [models.UniqueConstraint(fields=["agency", "label"], name="place_label_once")]

    def __str__(self) -> str:
        return self.label


class Occupancy(models.Model):
    """A place held for a referral or taken by its person. A place has at most one that is not released. `offered_at`:
    when the released place was offered to those who wait; null while the worker has not come to it."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        TAKEN = "taken", _("taken")
        RELEASED = "released", _("released")

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="occupancies")
    referral = models.ForeignKey("referrals.Referral", on_delete=models.PROTECT, related_name="occupancies")
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    since = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place"], name="place_one_occupancy", condition=~models.Q(state="released"))
        ]
        indexes = [
            models.Index(fields=["held_until"], name="occupancy_held", condition=models.Q(state="held")),
            models.Index(
                fields=["released_at", "id"],
                name="occupancy_to_offer",
                condition=models.Q(state="released", offered_at=None),
            ),
        ]
