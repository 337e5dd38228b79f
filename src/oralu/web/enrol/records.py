"""A record of a person in words: as one of several that may be the same, and next to another with its differences."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oralu.apps.people.models import Child, Person
from oralu.apps.routing.enrol_selectors import Duplicate, Standing
from oralu.web.acting import case_address
from oralu.web.components import Term
from oralu.web.enrol.forms import LANGUAGES


@dataclass(frozen=True)
class Record:
    """A record that may be the same person. `usable`: its only cases are closed, so it can be enrolled anew."""

    person_id: str
    name: str
    terms: tuple[Term, ...]
    usable: bool
    is_open: bool
    same_iin: bool
    href: str


def record_words(duplicate: Duplicate, iin: str) -> Record:
    """A record of the own unit, with its data."""
    person, case = duplicate.person, duplicate.case
    assert person is not None
    assert case is not None
    born = date_format(person.birth_date, "DATE_FORMAT")
    since = date_format(case.enrolled_on, "DATE_FORMAT")
    until = date_format(case.closed_on, "DATE_FORMAT") if case.closed_on else ""
    period = _("%(since)s to %(until)s") if until else _("since %(since)s")
    return Record(
        person_id=str(person.pk),
        name=person.full_name,
        terms=(
            Term(_("Date of birth"), born),
            Term(_("IIN"), person.iin or _("none yet")),
            Term(_("On the register"), period % {"since": since, "until": until}),
            Term(_("Case"), _("No. %(case)s") % {"case": case.pk}, href=case_address(case)),
        ),
        usable=duplicate.standing == Standing.CLOSED_HERE,
        is_open=duplicate.standing == Standing.OPEN_HERE,
        same_iin=bool(iin) and person.iin == iin,
        href=case_address(case),
    )


@dataclass(frozen=True)
class Compared:
    """A line of two records side by side."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


def compare(left: Person, right: Person, children: dict[int, list[Child]]) -> list[Compared]:
    """Two records, line by line."""
    spoken = {code: str(words) for code, words in LANGUAGES}

    def values(person: Person) -> list[str]:
        return [
            person.surname,
            person.given_name,
            person.patronymic,
            str(person.get_sex_display()),
            date_format(person.birth_date, "DATE_FORMAT"),
            person.iin,
            ", ".join(spoken.get(code, code) for code in person.languages),
            person.phone,
            person.address,
            ", ".join(child_words(child) for child in children[person.pk]),
        ]

    labels = [
        _("Surname"),
        _("Given name"),
        _("Patronymic"),
        _("Sex"),
        _("Date of birth"),
        _("IIN"),
        _("Languages"),
        _("Phone"),
        _("Address"),
        _("Children"),
    ]
    return [Compared(*line) for line in zip(labels, values(left), values(right), strict=True)]


def child_words(child: Child) -> str:
    born = date_format(child.birth_date, "DATE_FORMAT") if child.birth_date else _("date of birth not known")
    return f"{child.name or _('Child')} ({born})"
