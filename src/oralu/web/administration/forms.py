"""Forms of the administration. A serious change with nobody to stand in asks for a tick under the words of what
follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.composed import PRISON
from oralu.apps.access.models import OF_NO_AGENCY, Role, User
from oralu.apps.agencies.admin_selectors import (
    Duty,
    duties_of,
    is_last_administrator,
    is_only_of_kind,
    staff_of,
    workplaces,
)
from oralu.apps.agencies.models import Agency
from oralu.apps.routing.planning import OWN_UNIT
from oralu.web.administration.kinds import kinds
from oralu.web.components import Text

MOST_PLACES = 1000
UNIT_ROLES = (Role.CASE_MANAGER, Role.UNIT_HEAD, Role.PSYCHOLOGIST)


class Confirmed(forms.ModelForm):
    """A form that refuses a change with consequences until these are confirmed in words, and that knows what it was
    opened on. `never_shown`: fields whose value the page does not tell."""

    never_shown: tuple[str, ...] = ()
    confirm = forms.BooleanField(label=gettext_lazy("I know what follows, and do it all the same"), required=False)

    def ask(self, consequences: Sequence[Text]) -> None:
        """Call in `clean` with what the change brings about."""
        self.consequences = consequences
        if consequences and not self.cleaned_data.get("confirm"):
            self.add_error("confirm", ValidationError([str(line) for line in consequences]))

    def standing(self) -> dict[str, Any]:
        """What the record holds, by field."""
        return {
            name: self.get_initial_for_field(field, name) for name, field in self.fields.items() if name != "confirm"
        }

    def again(self, data: QueryDict) -> Confirmed:
        """The same form with other data in it."""
        return type(self)(data, instance=self.instance)


SECTIONS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (
        gettext_lazy("What it is"),
        ("kind", "region", "name_ru", "name_kk", "address", "address_kk", "phone", "is_active"),
    ),
    (
        gettext_lazy("Whom it serves"),
        ("localities", "accepts_sex", "min_age", "max_age", "accepts_children"),
    ),
    (gettext_lazy("Places"), ("counts_places", "places", "is_refuge", "refuge_address")),
    (
        gettext_lazy("Who answers"),
        ("responsible", "responsible_name", "deputy", "deputy_name", "duty_contact"),
    ),
)
"""The fields of an agency, as the page shows them."""


class AgencyForm(Confirmed):
    never_shown = ("refuge_address",)
    places = forms.IntegerField(
        label=gettext_lazy("How many places"),
        required=False,
        min_value=0,
        max_value=MOST_PLACES,
        help_text=gettext_lazy("Only where places are counted. A place that is taken cannot be removed."),
    )
    refuge_address = forms.CharField(
        label=gettext_lazy("Hidden address of the refuge"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Seen only by who places a person there. It is not shown here; leave empty to keep it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Agency
        fields = (*(name for _title, names in SECTIONS for name in names), "confirm")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        known = kinds()
        if self.instance.pk and self.instance.kind not in known:
            known[self.instance.kind] = self.instance.kind
        choices = [("", _("choose")), *((code, label) for code, label in known.items())]
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=choices)
        self.fields["localities"].help_text = _("Separated by commas. Empty: the whole region.")
        self.fields["places"].initial = getattr(self.instance, "places_open", None) or None
        for name in ("responsible", "deputy"):
            self.fields[name].queryset = staff_of(self.instance)
            self.fields[name].empty_label = _("nobody with an account")
        self.order_fields(self.Meta.fields)
        self.was_active = bool(self.instance.pk and self.instance.is_active)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        youngest, oldest = data.get("min_age"), data.get("max_age")
        if youngest is not None and oldest is not None and youngest > oldest:
            self.add_error("max_age", _("The oldest age is below the youngest."))
        if data.get("counts_places") and data.get("places") is None and not self.instance.pk:
            self.add_error("places", _("Say how many places there are."))
        has_address = getattr(self.instance, "has_refuge_address", False)
        if data.get("is_refuge") and not data.get("refuge_address") and not has_address:
            self.add_error("refuge_address", _("Give the address: it is kept apart and shown to nobody else."))
        if self.was_active and not data.get("is_active"):
            self.ask(self._closing())
        return data

    def _closing(self) -> list[Text]:
        found: list[Text] = []
        under_way = getattr(self.instance, "under_way", 0)
        if under_way:
            found.append(_("Referrals under way stay with it: %(n)s.") % {"n": under_way})
        if is_only_of_kind(self.instance):
            found.append(_("It is the only one of its kind in the region: its needs will have nobody to go to."))
        return found

    def standing(self) -> dict[str, Any]:
        return super().standing() | {"refuge_address": getattr(self.instance, "refuge_mark", None) or ""}

    def sections(self) -> list[tuple[Text, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def places_wanted(self) -> int | None:
        return self.cleaned_data["places"] if self.cleaned_data["counts_places"] else None


class UserForm(Confirmed):
    class Meta:
        model = User
        fields = (
            "full_name", "post", "role", "agency", "username", "email", "phone", "language", "is_active", "confirm",
        )  # fmt: skip

    def __init__(self, *args: Any, editor: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.editor = editor
        self.fields["agency"].queryset = workplaces()
        self.fields["agency"].label_from_instance = lambda agency: f"{agency}, {agency.region}"
        self.fields["agency"].empty_label = _("none (administrators, analysts, auditors)")
        self.fields["role"].choices = [("", _("choose")), *Role.choices]
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "autocomplete": "off"}
        self.before = User(
            pk=self.instance.pk,
            role=self.instance.role,
            agency_id=self.instance.agency_id,
            is_active=self.instance.is_active,
        )
        self.order_fields(self.Meta.fields)

    def again(self, data: QueryDict) -> UserForm:
        return UserForm(data, instance=self.instance, editor=self.editor)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        role, agency = data.get("role"), data.get("agency")
        if role in OF_NO_AGENCY:
            data["agency"] = None
        elif role and agency is None and "agency" not in self.errors:
            self.add_error("agency", _("Choose the agency in which this person works."))
        elif role and agency and (role in UNIT_ROLES) != (agency.kind == OWN_UNIT):
            words = _("Officers, heads and psychologists of units work in a probation unit, others do not.")
            self.add_error("agency", words)
        elif role and agency and (role == Role.PRISON) != (agency.kind == PRISON):
            self.add_error("agency", _("Staff of a penal institution work in one, others do not."))
        if self.before.pk:
            self._leaving(data)
        return data

    def _leaving(self, data: dict[str, Any]) -> None:
        """What is asked of a change that takes an account out of its place."""
        stays = data.get("is_active") and data.get("role") == self.before.role
        if not stays and self.before.pk == self.editor.pk:
            self.add_error("is_active", _("Nobody closes the own account or changes the own role."))
        elif not stays and is_last_administrator(self.before):
            self.add_error("is_active", _("This is the only administrator: appoint another one first."))
        agency = data.get("agency")
        moves = not data.get("is_active") or (agency.pk if agency else None) != self.before.agency_id
        if moves and self.before.is_active:
            self.ask([duty_words(duty) for duty in duties_of(self.before)])


def duty_words(duty: Duty) -> str:
    """What an agency loses with an account."""
    if duty.is_only_named and duty.is_only_account:
        words = _("%(agency)s: the only responsible person and the only account. No referral can go there then.")
    elif duty.is_only_named:
        words = _("%(agency)s: the only responsible person. No referral can go there until another one is named.")
    else:
        words = _("%(agency)s: the only account. Referrals will go on paper, and nobody reads its escalations.")
    return words % {"agency": duty.agency}
