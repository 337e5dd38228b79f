"""Forms of the case page: small parts from which each act composes its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import ClosingGround
from oralu.apps.referrals.models import PauseParty, PauseReason, Referral
from oralu.apps.routing.facts import FactData
from oralu.core.edition import Edition
from oralu.core.facts import ASKED_UNKNOWN, REFUSED
from oralu.web.components import Text
from oralu.web.countdown import ALMATY
from oralu.web.fields import ProofForm, day_field, text_field


class NoteForm(forms.Form):
    """A few words with an act."""

    def __init__(self, *args: Any, label: Text, required: bool = False, length: int = 500, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["note"] = text_field(label, required=required, length=length, rows=5 if length > 500 else 2)


class FactForm(ProofForm):
    """A statement about one fact."""

    field_order = ["value", "effective_on", "until", "evidence_title", "evidence_reference", "evidence"]

    def __init__(self, *args: Any, edition: Edition, fact: str, today: date, lang: str, **more: Any) -> None:
        known = edition.fact(fact)
        super().__init__(*args, title=known.label(lang), **more)
        self.fact = fact
        codes = (*known.codes, ASKED_UNKNOWN, REFUSED)
        self.fields["value"] = forms.ChoiceField(
            label=known.question(lang),
            help_text=known.help(lang),
            choices=[(code, edition.value_label(fact, code, lang)) for code in codes],
            widget=forms.RadioSelect,
        )
        self.fields["effective_on"] = day_field(
            _("Since which day it is so"), initial=today, help_text=_("The day of the fact, not of its recording.")
        )
        self.fields["until"] = day_field(
            _("Until which day"),
            required=False,
            help_text=_("For what ends by itself: a temporary registration, a place in a shelter."),
        )
        self.order_fields(self.field_order)

    def data_of_fact(self) -> FactData:
        data = self.cleaned_data
        return FactData(self.fact, data["value"], data["effective_on"], data["until"], self.proof())


class AgencyForm(forms.Form):
    """To which agency. Without a choice the system takes the first that fits. `again`: the last attempts with agencies
    that could not, to be asked once more by name; they stand behind the others."""

    def __init__(
        self,
        *args: Any,
        agencies: Sequence[tuple[Agency, int | None]],
        with_note: bool,
        again: Sequence[Referral] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        choices = [(str(agency.pk), agency_words(agency, free)) for agency, free in agencies]
        self.by_id = {str(agency.pk): agency for agency, _free in agencies}
        for referral in again:
            self.by_id[str(referral.agency_id)] = referral.agency
            choices.append((str(referral.agency_id), again_words(referral)))
        if again and not agencies:
            choices.append(("leadership", _("none of them: the leadership decides")))
        self.fields["agency"] = forms.ChoiceField(
            label=_("Agency"),
            choices=choices,
            widget=forms.RadioSelect,
            initial=next(iter(self.by_id), None),
            required=bool(self.by_id),
            help_text=_("Only those that serve this place, take such a person and have a named responsible person."),
        )
        if not self.by_id:
            del self.fields["agency"]
        if with_note:
            self.fields["note"] = text_field(_("Why it is sent elsewhere"), required=True)

    def chosen(self) -> Agency | None:
        return self.by_id.get(self.cleaned_data.get("agency", ""))


def agency_words(agency: Agency, free: int | None) -> str:
    parts = [str(agency), agency.named_person]
    if free is not None:
        parts.append(_("free places: %(n)d") % {"n": free})
    return ", ".join(part for part in parts if part)


def again_words(referral: Referral) -> str:
    """An agency that is asked again, with what it answered the last time."""
    words = {
        "agency": agency_words(referral.agency, None),
        "state": referral.get_state_display(),
        "reason": referral.get_reason_display() or _("no reason given"),
    }
    return _("ask again: %(agency)s (%(state)s: %(reason)s)") % words


class PauseForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=PauseReason.choices, widget=forms.RadioSelect)
    party = forms.ChoiceField(label=gettext_lazy("Who is waited for"), choices=PauseParty.choices)
    until = day_field(
        gettext_lazy("Until which day at the latest"),
        help_text=gettext_lazy("At most 90 days; then it runs on by itself."),
    )


class DayForm(forms.Form):
    """One date."""

    def __init__(self, *args: Any, label: Text, initial: date | None, required: bool = True, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["day"] = day_field(label, initial=initial, required=required)


class WithdrawalForm(forms.Form):
    withdrawn_on = day_field(gettext_lazy("Day of the withdrawal, as the paper says"))


class EarlierForm(ProofForm):
    """When a need was met in truth, and what proves it."""

    proof_required = True
    met_on = day_field(gettext_lazy("On which day it was met"))
    met_time = forms.TimeField(
        label=gettext_lazy("At what time"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "date-o"}, format="%H:%M"),
    )
    field_order = ("met_on", "met_time", "evidence_title", "evidence_reference", "evidence")

    def met_at(self) -> datetime:
        data = self.cleaned_data
        return datetime.combine(data["met_on"], data["met_time"], tzinfo=ALMATY)


class EarlierDecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("approve", gettext_lazy("the document proves the earlier time")),
            ("reject", gettext_lazy("the document does not prove it")),
        ],
        widget=forms.RadioSelect,
    )


class AssignForm(forms.Form):
    def __init__(self, *args: Any, officers: Iterable[User], **more: Any) -> None:
        super().__init__(*args, **more)
        self.by_id = {str(user.pk): user for user in officers}
        self.fields["officer"] = forms.ChoiceField(
            label=_("Officer"), choices=[(pk, user.full_name) for pk, user in self.by_id.items()]
        )
        self.fields["reason"] = text_field(_("Reason"), required=True)


class TransferForm(forms.Form):
    def __init__(self, *args: Any, units: Iterable[Agency], **more: Any) -> None:
        super().__init__(*args, **more)
        self.by_id = {str(unit.pk): unit for unit in units}
        self.fields["unit"] = forms.ChoiceField(
            label=_("Probation unit"),
            choices=[("", "—"), *((pk, f"{unit.region}: {unit}") for pk, unit in self.by_id.items())],
        )
        self.fields["locality"] = forms.CharField(
            label=_("Town, village or district"), max_length=100, required=False,
            help_text=_("Where the person will live: it decides which agencies are near."),
        )  # fmt: skip
        self.fields["reason"] = text_field(_("Reason"), required=True)


class PrisonForm(forms.Form):
    def __init__(self, *args: Any, prisons: Iterable[Agency], **more: Any) -> None:
        super().__init__(*args, **more)
        self.by_id = {str(prison.pk): prison for prison in prisons}
        self.fields["prison"] = forms.ChoiceField(
            label=_("Penal institution"),
            choices=[("", _("none")), *((pk, str(prison)) for pk, prison in self.by_id.items())],
            required=False,
        )


class ReleaseForm(forms.Form):
    released_on = day_field(gettext_lazy("Date of release"), required=False)
    reason = text_field(gettext_lazy("Reason"), required=True)


class CloseForm(forms.Form):
    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=ClosingGround.choices, widget=forms.RadioSelect)
    closed_on = day_field(gettext_lazy("Day of closure"))
    note = text_field(gettext_lazy("Note"))


class PersonSaysForm(forms.Form):
    """What the person says of the help, recorded on their behalf."""

    answer = forms.ChoiceField(
        label=gettext_lazy("What the person says"),
        choices=[
            ("confirmed", gettext_lazy("the help came")),
            ("disputed", gettext_lazy("the help did not come, or not as reported")),
        ],
        widget=forms.RadioSelect,
    )
    note = text_field(gettext_lazy("In the person's words"))

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if data and data.get("answer") == "disputed" and not data.get("note", "").strip():
            self.add_error("note", ValidationError(_("Write down what is wrong, in the person's words.")))
        return data


class DisputeForm(forms.Form):
    """The case manager's decision on a dispute."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("uphold", gettext_lazy("the person is right: the help was not given")),
            ("overrule", gettext_lazy("the proof shows that the help was given")),
        ],
        widget=forms.RadioSelect,
    )
    note = text_field(gettext_lazy("Reasons of the decision"), required=True)
