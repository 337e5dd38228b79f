"""The kinds of agencies, from the editions of the policy: those that answer for needs and those who are told of missed
deadlines. The head of a unit is told as a person of the unit, and is no agency."""

from __future__ import annotations

from django.utils.translation import gettext as _

from oralu.apps.access.composed import PRISON
from oralu.apps.referrals.escalation_services import UNIT_HEAD
from oralu.policyfiles import edition_names, load_edition
from oralu.web.screens import lang


def kinds() -> dict[str, str]:
    """Words by kind, in the order of the editions."""
    found: dict[str, str] = {}
    for name in edition_names():
        edition = load_edition(name)
        for code in (*edition.agencies, *edition.addressees):
            if code != UNIT_HEAD:
                found.setdefault(code, edition.label("agency", code, lang()))
    found.setdefault(PRISON, _("penal institution"))
    return found


def kind_label(code: str) -> str:
    """The words for a kind; of one that no edition knows any more, that it is so."""
    return kinds().get(code, code)
