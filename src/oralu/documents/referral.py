"""The printed referral, for an agency that has no account: in Kazakh and Russian, from one snapshot. It carries what
the referral may tell the agency (`referrals.disclosure`) and a part on which the agency answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oralu.apps.people.models import Child
from oralu.apps.referrals.disclosure import FACTS, Attribute, KnownChild, disclosed
from oralu.apps.referrals.models import DeclineReason, Referral
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition
from oralu.documents.bilingual import attribute_label, both
from oralu.documents.typesetting import pdf
from oralu.policyfiles import load_edition


def referral_pdf(referral: Referral, *, at: datetime) -> bytes:
    """The referral as PDF/A, dated `at`. `referral` comes with need and clock, agency, case with person, unit, officer
    and region joined. Raises FontsMissingError."""
    return pdf("referral", referral_sheet(referral, at=at), at=at)


def referral_sheet(referral: Referral, *, at: datetime) -> dict[str, Any]:
    """The snapshot that the template gets: every text in both languages."""
    case, need, agency = referral.case, referral.need, referral.agency
    edition = load_edition(need.edition)
    today = load_calendar().local_day(at)
    sheet: dict[str, Any] = {
        "number": str(referral.pk),
        "responsible": agency.named_person,
        "officer": case.officer.full_name if case.officer else "",
        "phone": (case.officer.phone if case.officer else "") or case.unit.phone,
        "person": person_rows(referral, edition, today),
        "reasons": [both("", lambda lang, reason=reason: str(reason.label)) for reason in DeclineReason],
    }
    for name, words in {
        "title": lambda lang: _("Referral No. %(number)s") % {"number": referral.pk},
        "unit": lambda lang: getattr(case.unit, f"name_{lang}"),
        "agency": lambda lang: getattr(agency, f"name_{lang}"),
        "date": lambda lang: date_format(today, "DATE_FORMAT"),
        "service": lambda lang: edition.label("service", need.service, lang),
        "why": lambda lang: edition.rule(need.rule).why(lang),
        "limit": lambda lang: _deadline(referral),
        "notice": lambda lang: _("Personal data are handed over with the written consent of the person."),
    }.items():
        sheet |= both(f"{name}_", words)
    sheet["footer"] = f"Oralu · № {referral.pk}"
    return sheet


def _deadline(referral: Referral) -> str:
    limit = referral.need.clock.limit_at
    if limit is None:
        return _("from the day on which the prerequisite is there")
    local = limit.astimezone(load_calendar().zone)
    return f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'H:i')}"


def person_rows(referral: Referral, edition: Edition, today: date) -> list[dict[str, str]]:
    """What the agency may know of the person, label and value in both languages."""
    return [
        both("label_", lambda lang, a=attribute: attribute_label(edition, a, lang))
        | both("value_", lambda lang, a=attribute, v=value: _value(edition, a, v, lang))
        for attribute, value in disclosed(referral, on=today).items()
    ]


def _value(edition: Edition, attribute: Attribute, value: Any, lang: str) -> str:
    if attribute in FACTS:
        return edition.value_label(attribute, value or "unknown", lang)
    if value is None or value == "":
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if attribute == Attribute.AGE:
        return ngettext("%(n)d year", "%(n)d years", value) % {"n": value}
    if attribute == Attribute.SEX:
        return {"female": _("female"), "male": _("male")}[value]
    if attribute == Attribute.CHILDREN:
        return "; ".join(_child(child) for child in value) or _("none")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or _("not known")
    return str(value)


def _child(child: KnownChild) -> str:
    parts = [
        child.name,
        date_format(child.birth_date, "DATE_FORMAT") if child.birth_date else "",
        str(Child.LivesWith(child.lives_with).label),
    ]
    return ", ".join(part for part in parts if part)
