"""What is typed about the children: whether there are any, and a form for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.people.models import Child
from oralu.apps.people.services import ChildData, ChildRow
from oralu.web.fields import day_field


class AnyChildrenForm(forms.Form):
    """Whether there are children at all. What is not known is an answer too."""

    has_children = forms.ChoiceField(
        label=gettext_lazy("Are there children under 18?"),
        choices=[
            ("yes", gettext_lazy("yes")),
            ("no", gettext_lazy("no")),
            ("asked_unknown", gettext_lazy("asked, not known")),
            ("refused", gettext_lazy("refused to answer")),
        ],
        widget=forms.RadioSelect,
    )


class ChildForm(forms.Form):
    """A child. A row in which nothing is typed is no child."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("Name of the child"), max_length=200, required=False)
    birth_date = day_field(
        gettext_lazy("Date of birth"),
        required=False,
        help_text=gettext_lazy("Not known: leave empty, the child counts as a minor."),
    )
    lives_with = forms.ChoiceField(
        label=gettext_lazy("Lives"),
        choices=[("", gettext_lazy("not asked")), *Child.LivesWith.choices],
        required=False,
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove this child"), required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born is not None and born > self.today:
            raise ValidationError(_("The date of birth lies in the future."))
        return born

    @property
    def is_told(self) -> bool:
        data = self.cleaned_data
        told = bool(data.get("name") or data.get("birth_date") or data.get("lives_with") or data.get("pk"))
        return told and not data.get("remove")

    def row(self) -> ChildRow:
        data = self.cleaned_data
        lives_with = data["lives_with"] or Child.LivesWith.UNKNOWN
        return ChildRow(ChildData(data["name"], data["birth_date"], lives_with), data["pk"])


class ChildrenFormSet(forms.BaseFormSet):
    """The children, a form each."""

    @cached_property
    def rows(self) -> list[ChildRow]:
        """What was told, once it is valid; children marked for removal are left out."""
        return [form.row() for form in self.forms if form.is_told]

    @staticmethod
    def initial_of(children: Iterable[Child]) -> list[dict[str, Any]]:
        return [{"pk": c.pk, **asdict(ChildData(c.name, c.birth_date, c.lives_with))} for c in children]


def children_formset(*args: Any, today: date, extra: int = 0, **kwargs: Any) -> ChildrenFormSet:
    """Not more than twenty children, so that a forged number of forms is refused."""
    made = forms.formset_factory(ChildForm, formset=ChildrenFormSet, extra=extra, max_num=20, absolute_max=20)
    return cast(ChildrenFormSet, made(*args, prefix="child", form_kwargs={"today": today}, **kwargs))
