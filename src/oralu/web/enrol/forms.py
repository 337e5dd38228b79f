"""What is typed about the person, the case and the consent, and how it is checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case, Ground, ProbationKind
from oralu.apps.people.models import Person, Sex
from oralu.apps.people.services import ChildData, PersonData
from oralu.core.identifiers import Problem, iin_problems
from oralu.core.identifiers import Sex as SexCode
from oralu.web.fields import day_field

OLDEST = 110
LANGUAGES = (
    ("kk", gettext_lazy("Kazakh")),
    ("ru", gettext_lazy("Russian")),
    ("uz", gettext_lazy("Uzbek")),
    ("ug", gettext_lazy("Uyghur")),
    ("en", gettext_lazy("English")),
    ("other", gettext_lazy("another language")),
)
GROUNDS: dict[str, tuple[str, ...]] = {
    ProbationKind.SENTENCE: (Ground.CONDITIONAL_SENTENCE, Ground.RESTRICTION_OF_LIBERTY, Ground.SUBSTITUTED),
    ProbationKind.POST_PENITENTIARY: (Ground.RELEASED_FULL_TERM, Ground.CONDITIONAL_RELEASE, Ground.SUBSTITUTED),
    ProbationKind.PENITENTIARY: (Ground.BEFORE_RELEASE,),
    ProbationKind.PRE_TRIAL: (Ground.PRE_TRIAL,),
}
"""The grounds of each type of probation (law 38-VI, arts 13–17): chosen together, they cannot contradict."""
RELEASED = {Ground.RELEASED_FULL_TERM, Ground.CONDITIONAL_RELEASE}


class IinField(forms.CharField):
    """Not optional, yet it may be empty: the form asks for the number or for the mark that there is none."""

    def validate(self, value: str) -> None:
        """Emptiness is judged by the form, together with the mark."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        widget.use_required_attribute = lambda initial: False  # type: ignore[method-assign]
        return dict(super().widget_attrs(widget))


def iin_words(problem: Problem, typed: str) -> str:
    """What is wrong with an IIN, in words, and what to look at."""
    words = {
        "not_twelve_digits": ngettext(
            "An IIN has 12 digits; here is %(n)d character.",
            "An IIN has 12 digits; here are %(n)d characters.",
            len(typed),
        )
        % {"n": len(typed)}
        if len(typed) != 12
        else _("An IIN has 12 digits and nothing else."),
        "control_digit": _("The last digit does not fit the others: one of the digits is mistyped."),
        "not_issuable": _("Such a number is never issued: one of the digits is mistyped."),
        "birth_date": _("The first six digits are no date (year, month, day)."),
        "century_and_sex": _("The seventh digit can only be from 1 to 6."),
        "birth_date_differs": _("The IIN and the date of birth disagree. Compare both with the document."),
        "sex_differs": _("The seventh digit and the sex disagree. Compare both with the document."),
    }
    return words[problem.code]


class IdentityForm(forms.Form):
    """The person as written in the papers. Used at enrolment and for corrections."""

    surname = forms.CharField(label=gettext_lazy("Surname"), max_length=100)
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=100)
    patronymic = forms.CharField(label=gettext_lazy("Patronymic"), max_length=100, required=False)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=Sex.choices, widget=forms.RadioSelect)
    birth_date = day_field(gettext_lazy("Date of birth"))
    iin = IinField(
        label=gettext_lazy("IIN"),
        max_length=20,
        help_text=gettext_lazy("12 digits from the document."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short-o"}),
    )
    no_iin = forms.BooleanField(label=gettext_lazy("No IIN yet"), required=False)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages that the person speaks"),
        choices=LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "class": "short-o"}),
    )
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    locality = forms.CharField(
        label=gettext_lazy("Town, village or district"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Agencies that serve this place are chosen first."),
        widget=forms.TextInput(attrs={"list": "localities", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for name in ("surname", "given_name", "patronymic"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_birth_date(self) -> date:
        born: date = self.cleaned_data["birth_date"]
        if born >= self.today:
            raise ValidationError(_("The date of birth lies in the future."))
        if self.today.year - born.year > OLDEST:
            raise ValidationError(_("More than 110 years ago: check the year."))
        return born

    def clean_iin(self) -> str:
        return "".join(str(self.cleaned_data["iin"]).split())

    def clean(self) -> None:
        data = self.cleaned_data
        iin = data.get("iin", "")
        if not iin and not data.get("no_iin"):
            self.add_error("iin", _("Type the IIN, or mark that there is none yet."))
        elif iin and data.get("no_iin"):
            self.add_error("no_iin", _("An IIN is typed and marked as absent: leave one of the two."))
        elif iin:
            sex = cast(SexCode, data["sex"]) if data.get("sex") else None
            for problem in iin_problems(iin, birth_date=data.get("birth_date"), sex=sex):
                self.add_error("iin", iin_words(problem, iin))

    def person(self, *, is_generated: bool = False, children: Iterable[ChildData] = ()) -> PersonData:
        """What was typed, once it is valid."""
        data = self.cleaned_data
        return PersonData(
            surname=data["surname"],
            given_name=data["given_name"],
            patronymic=data["patronymic"],
            sex=data["sex"],
            birth_date=data["birth_date"],
            iin=data["iin"],
            languages=tuple(data["languages"]),
            phone=data["phone"],
            address=data["address"],
            is_generated=is_generated,
            children=tuple(children),
        )

    @staticmethod
    def initial_of(person: Person, case: Case) -> dict[str, Any]:
        names = ("surname", "given_name", "patronymic", "sex", "birth_date", "iin", "languages", "phone", "address")
        values = {name: getattr(person, name) for name in names}
        return values | {"no_iin": not person.iin, "locality": case.locality}


class CaseForm(forms.Form):
    """The ground with its type of probation, the dates, the officer."""

    ground = forms.ChoiceField(label=gettext_lazy("Ground"), widget=forms.RadioSelect)
    enrolled_on = day_field(
        gettext_lazy("Date of enrolment"),
        help_text=gettext_lazy("Day 0: milestones and deadlines are counted from it."),
    )
    released_on = day_field(
        gettext_lazy("Date of release"),
        required=False,
        help_text=gettext_lazy("Where the person comes or will come from prison."),
    )
    officer = forms.ModelChoiceField(label=gettext_lazy("Who leads the case"), queryset=None, empty_label=None)

    def __init__(self, *args: Any, today: date, officers: Any, born: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.born = today, born
        self.fields["ground"].choices = [
            (ProbationKind(kind).label, [(f"{kind}.{ground}", Ground(ground).label) for ground in grounds])
            for kind, grounds in GROUNDS.items()
        ]
        self.fields["officer"].queryset = officers

    def clean_enrolled_on(self) -> date:
        day: date = self.cleaned_data["enrolled_on"]
        if day > self.today:
            raise ValidationError(_("The date of enrolment lies in the future."))
        if self.born is not None and day <= self.born:
            raise ValidationError(_("The date of enrolment lies before the date of birth."))
        return day

    def clean(self) -> None:
        released = self.cleaned_data.get("released_on")
        _kind, _dot, ground = self.cleaned_data.get("ground", "").partition(".")
        if released is not None and self.born is not None and released <= self.born:
            self.add_error("released_on", _("The date of release lies before the date of birth."))
        elif released is None and ground in RELEASED | {Ground.BEFORE_RELEASE}:
            self.add_error("released_on", _("This ground needs the date of release."))
        elif released is not None and ground in RELEASED and released > self.today:
            self.add_error("released_on", _("By this ground the person is free already: the date lies ahead."))

    @property
    def probation_kind(self) -> str:
        return str(self.cleaned_data["ground"]).partition(".")[0]

    @property
    def ground_code(self) -> str:
        return str(self.cleaned_data["ground"]).partition(".")[2]

    @property
    def officer_chosen(self) -> User:
        return cast(User, self.cleaned_data["officer"])


class ConsentForm(forms.Form):
    """The written consent to hand personal data to the agencies (law 38-VI, art. 11)."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Has the person signed the consent on paper?"),
        choices=[
            ("given", gettext_lazy("yes, the signed sheet is in the file")),
            ("later", gettext_lazy("not yet")),
            ("refused", gettext_lazy("no, the person does not agree")),
        ],
        widget=forms.RadioSelect,
    )
    given_on = day_field(gettext_lazy("Date on the sheet"), required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> None:
        data = self.cleaned_data
        given_on = data.get("given_on")
        if data.get("answer") == "given" and given_on is None and "given_on" not in self.errors:
            self.add_error("given_on", _("Type the date that stands on the sheet."))
        elif given_on is not None and given_on > self.today:
            self.add_error("given_on", _("The date of the consent cannot lie in the future."))

    @property
    def consent_given_on(self) -> date | None:
        return self.cleaned_data["given_on"] if self.cleaned_data["answer"] == "given" else None
