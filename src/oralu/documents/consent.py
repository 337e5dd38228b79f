"""The blank of the written consent: in Kazakh and Russian on one sheet, to be read, signed by hand and kept in the
file. It names each kind of agency with what it learns and for which help, from the same table by which referrals
disclose, so that nobody signs for more or for less than is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oralu.apps.agencies.models import Agency
from oralu.apps.referrals.disclosure import DISCLOSED, attributes_for
from oralu.calendarfiles import load_calendar
from oralu.core.edition import Edition
from oralu.documents.bilingual import attribute_label, both
from oralu.documents.typesetting import pdf


@dataclass(frozen=True)
class Signer:
    """Who signs. What is not known yet is left as a line to be filled by hand."""

    full_name: str = ""
    birth_date: date | None = None
    iin: str = ""


def consent_pdf(*, signer: Signer, unit: Agency, officer: str, edition: Edition, at: datetime) -> bytes:
    """The blank as PDF/A, dated `at`. Raises FontsMissingError."""
    return pdf("consent", consent_sheet(signer=signer, unit=unit, officer=officer, edition=edition, at=at), at=at)


def consent_sheet(*, signer: Signer, unit: Agency, officer: str, edition: Edition, at: datetime) -> dict[str, Any]:
    """The snapshot that the template gets: every text in both languages."""
    sheet: dict[str, Any] = {
        "name": signer.full_name,
        "birth_date": signer.birth_date.strftime("%d.%m.%Y") if signer.birth_date else "",
        "iin": signer.iin,
        "officer": officer,
        "agencies": told_to(edition),
    }
    sheet |= both("unit_", lambda lang: str(getattr(unit, f"name_{lang}")))
    sheet |= both("title_", lambda lang: _("Consent to the handing over of personal data"))
    sheet |= both("printed_", lambda lang: date_format(load_calendar().local_day(at), "DATE_FORMAT"))
    return sheet


def told_to(edition: Edition) -> list[dict[str, str]]:
    """Each kind of agency to which a rule of the edition may send the person: what it helps with and what it learns."""
    rows = []
    for kind in edition.agencies:
        services = list(dict.fromkeys(rule.service for rule in edition.rules if rule.agency == kind))
        told = {a for service in services for a in attributes_for(kind, service)}
        if not told:
            continue
        attributes = [a for a in DISCLOSED[kind] if a in told]
        row = both("agency_", lambda lang, k=kind: edition.label("agency", k, lang))
        row |= both("help_", lambda lang, s=services: _listed(edition.label("service", code, lang) for code in s))
        row |= both("told_", lambda lang, a=attributes: _listed(attribute_label(edition, x, lang) for x in a))
        rows.append(row)
    return rows


def _listed(words: Any) -> str:
    return ", ".join(word[:1].lower() + word[1:] if word[1:2].islower() else word for word in words)
