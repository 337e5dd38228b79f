"""Fields that forms of every part share: a day, a few words, and what proves a statement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.cases.services import EvidenceData
from oralu.web.components import Text

FILE_HELP = lazy(lambda: _("PDF, JPEG or PNG, at most %(mb)s MB.") % {"mb": settings.EVIDENCE_FILE_MB}, str)()


class DayInput(forms.DateInput):
    """The browser's own calendar; its value is ISO in every language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "date-o", **(attrs or {})}, format="%Y-%m-%d")


def day_field(label: Text, *, initial: date | None = None, required: bool = True, help_text: Text = "") -> Any:
    return forms.DateField(
        label=label,
        initial=initial,
        required=required,
        help_text=help_text,
        widget=DayInput(),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
    )


def text_field(label: Text, *, required: bool = False, help_text: Text = "", length: int = 500, rows: int = 2) -> Any:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=length,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class ProofForm(forms.Form):
    """What proves: a document seen, by its name and number, or a file, or both."""

    evidence_title = forms.CharField(label=gettext_lazy("Document that proves it"), max_length=200, required=False)
    evidence_reference = forms.CharField(label=gettext_lazy("Number of the document"), max_length=100, required=False)
    evidence = forms.FileField(label=gettext_lazy("File"), required=False, help_text=FILE_HELP)
    proof_required = False

    def __init__(self, *args: Any, title: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.default_title = title
        if self.proof_required:
            self.fields["evidence_title"].initial = title
            self.fields["evidence_reference"].help_text = _("The number or a file is required.")
            for name in ("evidence_reference", "evidence"):
                self.fields[name].required_as = _("one of the two is required")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.proof_required and not self._is_proved():
            self.add_error("evidence_reference", _("Give the number of the document that you saw, or attach a file."))
        return data

    def _is_proved(self) -> bool:
        return bool(self.cleaned_data.get("evidence_reference") or self.cleaned_data.get("evidence"))

    def proof(self) -> EvidenceData | None:
        if not self._is_proved():
            return None
        data = self.cleaned_data
        title = data["evidence_title"] or self.default_title or _("Document")
        return EvidenceData(title, data["evidence_reference"], data["evidence"])
