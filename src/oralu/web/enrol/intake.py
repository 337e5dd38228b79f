"""The first interview: one form for each domain, made from the vocabulary of the edition in force. Nothing of any
edition is written here, so another edition asks its own questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.cases.services import EvidenceData
from oralu.apps.routing.facts import FactData
from oralu.core.edition import Edition, Fact
from oralu.core.facts import ANSWERS_WITHOUT_VALUE, ASKED_UNKNOWN, REFUSED
from oralu.web.components import FormError
from oralu.web.enrol.uploads import StoredFile, is_there, opened, store
from oralu.web.fields import FILE_HELP, day_field

MORE = ("on", "until", "title", "number", "file", "drop")


@dataclass(frozen=True)
class Question:
    """A fact with its fields, for the template."""

    name: str
    answer: BoundField
    more: tuple[BoundField, ...]
    stored: StoredFile | None

    @property
    def is_open(self) -> bool:
        """Whether the dates and the proof are shown at once: something is typed there or wrong."""
        return self.stored is not None or any(field.errors or field.value() for field in self.more)


class IntakeForm(forms.Form):
    """The facts of one domain. `files` are the proofs attached so far, by fact; `new_files` those of this request that
    were found good, also when something else is refused. The values that need an earlier one of the same fact are not
    offered: at enrolment nothing is recorded yet."""

    def __init__(
        self,
        *args: Any,
        edition: Edition,
        facts: Sequence[Fact],
        lang: str,
        today: date,
        enrolled_on: date,
        kept: Mapping[str, StoredFile],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.facts, self.today, self.enrolled_on = facts, today, enrolled_on
        self.kept = dict(kept)
        self.new_files: dict[str, StoredFile] = {}
        self.dropped: set[str] = set()
        for fact in facts:
            offered = [v for v in fact.values if v.requires is None]
            choices = [(v.code, edition.value_label(fact.name, v.code, lang)) for v in offered]
            choices += [(code, edition.value_label(fact.name, code, lang)) for code in (ASKED_UNKNOWN, REFUSED)]
            choices.append(("", _("not asked")))
            self.fields[fact.name] = forms.ChoiceField(
                label=fact.question(lang),
                help_text=fact.help(lang),
                choices=choices,
                required=False,
                widget=forms.RadioSelect,
            )
            self.fields |= _more(fact)

    def clean(self) -> None:
        for fact in self.facts:
            self._check_file(fact.name)
            self._check(fact.name)

    def _check_file(self, name: str) -> None:
        upload = self.cleaned_data.get(f"{name}-file")
        if upload:
            try:
                self.new_files[name] = store(upload)
            except ValidationError as error:
                self.add_error(f"{name}-file", error)
        if self.cleaned_data.get(f"{name}-drop"):
            self.dropped.add(name)
        kept = self.file_of(name)
        if kept is not None and not is_there(kept):
            self.dropped.add(name)
            self.add_error(f"{name}-file", _("The attached file is no longer kept. Attach it again."))

    def file_of(self, name: str) -> StoredFile | None:
        """The proof of a fact as it stands after this request."""
        return self.new_files.get(name) or (None if name in self.dropped else self.kept.get(name))

    def _check(self, name: str) -> None:
        data = self.cleaned_data
        value = data.get(name, "")
        on, until = data.get(f"{name}-on"), data.get(f"{name}-until")
        title, number = data.get(f"{name}-title"), data.get(f"{name}-number")
        proof = title or number or self.file_of(name)
        if proof and (not value or value in ANSWERS_WITHOUT_VALUE):
            self.add_error(name, _("A document is named: choose the answer that it proves."))
        elif title and not number and not self.file_of(name):
            self.add_error(f"{name}-number", _("Type the number of the document that you saw, or attach a file."))
        if (on or until) and not value:
            self.add_error(name, _("A date is typed: choose the answer that it belongs to."))
        if on and on > self.today:
            self.add_error(f"{name}-on", _("A fact cannot be dated in the future."))
        if until and until <= (on or self.enrolled_on):
            self.add_error(f"{name}-until", _("The end of validity must be later than its beginning."))

    @property
    def questions(self) -> Iterator[Question]:
        for fact in self.facts:
            stored = self.file_of(fact.name)
            names = [part for part in MORE if part != "drop" or stored is not None]
            more = tuple(self[f"{fact.name}-{part}"] for part in names)
            yield Question(fact.name, self[fact.name], more, stored)

    @property
    def mistakes(self) -> list[FormError]:
        """The lines of the summary: an error next to a date or a document names the question that it belongs to."""
        return [
            FormError(_first_id(field), question.answer.label, message)
            for question in self.questions
            for field in (question.answer, *question.more)
            for message in field.errors
        ]

    def answers(self, *, lang: str) -> list[FactData]:
        """What was told, once it is valid, with the proofs opened."""
        return [self._told(fact, lang) for fact in self.facts if self.cleaned_data[fact.name]]

    def _told(self, fact: Fact, lang: str) -> FactData:
        data, name = self.cleaned_data, fact.name
        stored = self.file_of(name)
        upload = opened(stored) if stored else None
        evidence = None
        if data[f"{name}-number"] or upload is not None:
            title = data[f"{name}-title"] or fact.label(lang)
            evidence = EvidenceData(title, data[f"{name}-number"], upload)
        return FactData(name, data[name], data[f"{name}-on"], data[f"{name}-until"], evidence)


def _first_id(field: BoundField) -> str:
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label


def _more(fact: Fact) -> dict[str, forms.Field]:
    return {
        f"{fact.name}-on": day_field(
            gettext_lazy("Since when"), required=False, help_text=gettext_lazy("Empty: from the date of enrolment.")
        ),
        f"{fact.name}-until": day_field(
            gettext_lazy("Valid until"), required=False, help_text=gettext_lazy("Where the document or the stay ends.")
        ),
        f"{fact.name}-title": forms.CharField(label=gettext_lazy("Document seen"), max_length=200, required=False),
        f"{fact.name}-number": forms.CharField(
            label=gettext_lazy("Number of the document"), max_length=100, required=False
        ),
        f"{fact.name}-file": forms.FileField(
            label=gettext_lazy("File"),
            required=False,
            allow_empty_file=True,
            help_text=FILE_HELP,
            widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        ),
        f"{fact.name}-drop": forms.BooleanField(label=gettext_lazy("Remove the attached file"), required=False),
    }
