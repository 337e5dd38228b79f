"""What was said, once in words, and the same as the service takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oralu.apps.cases.models import Ground, ProbationKind
from oralu.apps.people.models import Child, Sex
from oralu.apps.people.services import ChildRow, PersonData
from oralu.apps.routing.enrol_selectors import intake_facts
from oralu.apps.routing.enrolment import EnrolmentData
from oralu.apps.routing.facts import FactData
from oralu.web.components import Term, Text
from oralu.web.enrol.flow import FACTS, Flow
from oralu.web.enrol.forms import LANGUAGES
from oralu.web.screens import lang


@dataclass(frozen=True)
class Section:
    """The answers of one step, to be read over."""

    key: str
    title: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Told:
    """A finished draft, as `draft_enrol` takes it. `children` None: nobody could say, a record keeps what it has."""

    enrolment: EnrolmentData
    person: PersonData
    children: tuple[ChildRow, ...] | None


def told(flow: Flow) -> Told:
    """What the draft holds. Every step is done. Raises ValidationError where an attached file has gone meanwhile."""
    identity, case = flow.identity(), flow.case()
    identity.is_valid()
    case.is_valid()
    unit = flow.user.agency
    assert unit is not None
    rows = children_told(flow)
    facts: list[FactData] = []
    for domain in intake_facts(flow.edition):
        form = flow.facts(domain)
        if not form.is_valid():
            raise ValidationError(
                _("An answer changed meanwhile. Look at “%(step)s” again.") % {"step": domain_title(flow, domain)}
            )
        facts += form.answers(lang=lang())
    person = identity.person(
        is_generated=flow.user.is_demo, children=() if flow.person_id else [row.data for row in rows]
    )
    data = case.cleaned_data
    enrolment = EnrolmentData(
        person=person,
        unit=unit,
        officer=case.officer_chosen,
        ground=case.ground_code,
        probation_kind=case.probation_kind,
        enrolled_on=data["enrolled_on"],
        released_on=data["released_on"],
        locality=identity.cleaned_data["locality"],
        facts=tuple(facts),
        consent_given_on=consent_told(flow),
    )
    answer = flow.children()[0]
    is_known = answer.is_valid() and answer.cleaned_data["has_children"] in ("yes", "no")
    return Told(enrolment, person, tuple(rows) if is_known else None)


def children_told(flow: Flow) -> list[ChildRow]:
    any_children, rows = flow.children()
    if not any_children.is_valid() or any_children.cleaned_data["has_children"] != "yes" or not rows.is_valid():
        return []
    return rows.rows


def consent_told(flow: Flow) -> date | None:
    """The date of the sheet; None where a consent stands already or none was given."""
    form = flow.consent()
    if flow.standing_consent is not None or not form.is_bound or not form.is_valid():
        return None
    return form.consent_given_on


def domain_title(flow: Flow, domain: str) -> str:
    return flow.title(f"{FACTS}{domain}")


def sections(flow: Flow) -> list[Section]:
    """Everything said so far, step by step; what is not valid yet is left out and stands among the undone steps."""
    made = [
        ("identity", _identity(flow)),
        ("case", _case(flow)),
        ("children", _children(flow)),
        *((f"{FACTS}{domain}", _facts(flow, domain)) for domain in intake_facts(flow.edition)),
        ("consent", _consent(flow)),
    ]
    return [Section(key, flow.title(key), tuple(terms)) for key, terms in made if flow.is_done(key)]


def day(value: date | None) -> str:
    return date_format(value, "DATE_FORMAT") if value else ""


def _identity(flow: Flow) -> list[Term]:
    form = flow.identity()
    if not form.is_bound or not form.is_valid():
        return []
    data = form.cleaned_data
    spoken = dict(LANGUAGES)
    names = (data["surname"], data["given_name"], data["patronymic"])
    terms = [
        Term(_("Full name"), " ".join(filter(None, names))),
        Term(_("Sex"), Sex(data["sex"]).label),
        Term(_("Date of birth"), day(data["birth_date"])),
        Term(_("IIN"), data["iin"] or _("none yet")),
        Term(_("Languages"), ", ".join(str(spoken[code]) for code in data["languages"])),
        Term(_("Phone"), data["phone"]),
        Term(_("Address"), data["address"]),
        Term(_("Town, village or district"), data["locality"]),
    ]
    if flow.person_id:
        terms.append(Term(_("Earlier record"), _("the person's earlier record in this unit is used and corrected")))
    return terms


def _case(flow: Flow) -> list[Term]:
    form = flow.case()
    if not form.is_bound or not form.is_valid():
        return []
    data = form.cleaned_data
    return [
        Term(_("Type of probation"), ProbationKind(form.probation_kind).label),
        Term(_("Ground"), Ground(form.ground_code).label),
        Term(_("Date of enrolment"), day(data["enrolled_on"])),
        Term(_("Date of release"), day(data["released_on"])),
        Term(_("Unit"), str(flow.user.agency)),
        Term(_("Who leads the case"), str(data["officer"])),
    ]


def _children(flow: Flow) -> list[Term]:
    any_children, _rows = flow.children()
    if not any_children.is_bound or not any_children.is_valid():
        return []
    rows = children_told(flow)
    if not rows:
        answers = dict(any_children.fields["has_children"].choices)
        return [Term(_("Children under 18"), answers[any_children.cleaned_data["has_children"]])]
    count = ngettext("%(n)d child", "%(n)d children", len(rows)) % {"n": len(rows)}
    return [Term(_("Children"), count), *(child_term(row) for row in rows)]


def child_term(row: ChildRow) -> Term:
    born = day(row.data.birth_date) or _("date of birth not known")
    return Term(row.data.name or _("Child"), f"{born}; {Child.LivesWith(row.data.lives_with).label}")


def _facts(flow: Flow, domain: str) -> list[Term]:
    form = flow.facts(domain)
    if not form.is_bound or not form.is_valid():
        return []
    return [
        Term(
            fact.question(lang()),
            value_words(flow, fact.name, form.cleaned_data[fact.name]),
            note=_note(form, fact.name),
        )
        for fact in form.facts
    ]


def value_words(flow: Flow, fact: str, value: str) -> Text:
    return flow.edition.value_label(fact, value, lang()) if value else _("not asked")


def _note(form: object, name: str) -> str:
    data, stored = form.cleaned_data, form.file_of(name)  # type: ignore[attr-defined]
    parts = []
    if data[f"{name}-on"]:
        parts.append(_("since %(day)s") % {"day": day(data[f"{name}-on"])})
    if data[f"{name}-until"]:
        parts.append(_("until %(day)s") % {"day": day(data[f"{name}-until"])})
    proof = " ".join(filter(None, (data[f"{name}-title"], data[f"{name}-number"])))
    parts += [text for text in (proof, stored.name if stored else "") if text]
    return "; ".join(parts)


def _consent(flow: Flow) -> list[Term]:
    if flow.standing_consent is not None:
        return [Term(_("Written consent"), _("stands since %(day)s") % {"day": day(flow.standing_consent.given_on)})]
    form = flow.consent()
    if not form.is_bound or not form.is_valid():
        return []
    answers = dict(form.fields["answer"].choices)
    return [Term(_("Written consent"), answers[form.cleaned_data["answer"]], note=day(form.consent_given_on))]
