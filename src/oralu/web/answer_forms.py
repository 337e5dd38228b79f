"""What an agency answers, whoever writes it down: the agency in its inbox, or the case manager on its behalf."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from oralu.apps.referrals.models import DeclineReason
from oralu.apps.routing.facts import FactData
from oralu.core.edition import Edition
from oralu.web.fields import ProofForm, day_field, text_field


class ServedForm(ProofForm):
    """What a service has brought: the facts that the policy names for it, with the proof."""

    proof_required = True

    def __init__(
        self,
        *args: Any,
        edition: Edition,
        facts: Iterable[tuple[str, tuple[str, ...]]],
        today: date,
        lang: str,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.names = []
        fields: dict[str, Any] = {}
        for name, codes in facts:
            self.names.append(name)
            choices = [(code, edition.value_label(name, code, lang)) for code in codes]
            fields[f"fact_{name}"] = forms.ChoiceField(
                label=edition.label("fact", name, lang),
                choices=[("", pgettext_lazy("fact", "nothing new")), *choices],
                required=False,
                initial=codes[0] if len(codes) == 1 else "",
            )
        fields["effective_on"] = day_field(_("On which day"), initial=today)
        fields["until"] = day_field(
            _("Until which day"), required=False, help_text=_("If it is given for a time: the day on which it ends.")
        )
        facts_asked = [fields[f"fact_{name}"] for name in self.names]
        for field in facts_asked:
            field.required_as = _("at least one is required") if len(facts_asked) > 1 else _("required")
        self.fields = {**fields, **self.fields, "note": text_field(_("Note"))}

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.names and not any(self.cleaned_data.get(f"fact_{name}") for name in self.names):
            self.add_error(
                f"fact_{self.names[0]}", _("Choose what is so now: without a fact nothing has been reached.")
            )
        return data

    def facts(self) -> list[FactData]:
        data = self.cleaned_data
        chosen = [(name, data[f"fact_{name}"]) for name in self.names if data[f"fact_{name}"]]
        return [FactData(name, value, data["effective_on"], data["until"]) for name, value in chosen]


class CannotForm(forms.Form):
    """Why an agency cannot help or did not."""

    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=DeclineReason.choices, widget=forms.RadioSelect)
    note = text_field(gettext_lazy("Note"))
