"""From a referral to what its agency is shown: words for what may be disclosed, rows, and the acts that would work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from oralu.apps.people.models import Child, Sex
from oralu.apps.referrals.disclosure import FACTS, Attribute, KnownChild, summary
from oralu.apps.referrals.models import ClockInterval, Referral
from oralu.apps.routing.frames import local_day
from oralu.core.edition import Edition
from oralu.core.facts import UNKNOWN
from oralu.core.lifecycle import REFERRAL
from oralu.policyfiles import load_edition
from oralu.web.components import Act, Countdown, Term, Text, WorkRow
from oralu.web.enrol.forms import LANGUAGES
from oralu.web.presenting import need_countdown, service_label
from oralu.web.screens import lang
from oralu.web.templatetags.oralu import localdate

State = Referral.State
EVENT_ROUTES: Mapping[str, str] = {
    "acknowledge": "inbox-acknowledge",
    "accept": "inbox-accept",
    "report_served": "inbox-serve",
    "report_not_served": "inbox-not-served",
    "decline": "inbox-decline",
}
"""The events of a referral that belong to its agency, in the order in which they are offered."""


def number(referral_id: int) -> str:
    return _("Referral No. %(n)s") % {"n": referral_id}


def years(age: int) -> str:
    return ngettext("%(n)d year old", "%(n)d years old", age) % {"n": age}


def who(referral: Referral, at: datetime) -> str:
    """Whom a referral is about, as far as this agency may know: the name, else the age, else only the number."""
    known = summary(referral, on=local_day(at))
    if Attribute.NAME in known:
        return str(known[Attribute.NAME])
    if Attribute.AGE in known:
        return f"{number(referral.pk)}, {years(known[Attribute.AGE])}"
    return number(referral.pk)


def events(referral: Referral) -> tuple[str, ...]:
    """What the agency may do now. Help is reported after acceptance, so it is offered then."""
    allowed = REFERRAL.allowed(referral.state)
    return tuple(event for event in EVENT_ROUTES if event in allowed)


def act_of(event: str, referral: Referral, tone: str = "primary") -> Act:
    words: dict[str, Text] = {
        "acknowledge": pgettext("referral", "Received"),
        "accept": pgettext("referral", "Accept"),
        "report_served": pgettext("referral", "Help given"),
        "report_not_served": pgettext("referral", "Help not given"),
        "decline": pgettext("referral", "Cannot"),
    }
    return Act(words[event], reverse(EVENT_ROUTES[event], args=[referral.pk]), tone=tone)


def acts_of(referral: Referral) -> tuple[Act, ...]:
    """The acts of the detail page; the first is the one that settles it."""
    return tuple(
        act_of(event, referral, "primary" if place == 0 else "secondary")
        for place, event in enumerate(events(referral))
    )


def clock_of(referral: Referral, logs: Mapping[int, list[ClockInterval]], at: datetime) -> Countdown:
    return need_countdown(referral.need, referral.need.clock, logs.get(referral.need.clock.pk, []), at)


def row_of(referral: Referral, logs: Mapping[int, list[ClockInterval]], at: datetime) -> WorkRow:
    """A row of the inbox: who, the service in words, the countdown and the one act."""
    offered = events(referral)
    return WorkRow(
        key=f"r{referral.pk}",
        title=who(referral, at),
        href=reverse("inbox-referral", args=[referral.pk]),
        what=service_label(referral.need).capitalize(),
        meta=(f"№ {referral.pk}", str(referral.get_state_display())),
        countdown=clock_of(referral, logs, at),
        act=act_of(offered[0], referral) if offered else None,
    )


def terms_of(values: Mapping[Attribute, Any], edition: Edition, on: date) -> list[Term]:
    """What is disclosed, in words."""
    return [
        Term(_label(attribute, edition), _words(attribute, value, edition, on)) for attribute, value in values.items()
    ]


def _label(attribute: Attribute, edition: Edition) -> str:
    if attribute in FACTS and attribute in edition.fact_by_name:
        return _upper(edition.label("fact", attribute, lang()))
    return _upper(str(attribute.label))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(attribute: Attribute, value: Any, edition: Edition, on: date) -> str:
    if attribute in FACTS:
        return edition.value_label(attribute, value or UNKNOWN, lang())
    if attribute == Attribute.THREAT:
        return {True: _("yes"), False: _("no"), None: _("not known")}[value]
    if attribute == Attribute.MINOR_CHILDREN:
        return str(value) if value else pgettext("children", "none recorded")
    if attribute == Attribute.CHILDREN:
        return "; ".join(_child(child, on) for child in value) or pgettext("children", "none recorded")
    if attribute == Attribute.AGE:
        return years(value)
    if value is None:
        return ""
    if attribute == Attribute.SEX:
        return str(Sex(value).label)
    if attribute == Attribute.LANGUAGES:
        names = dict(LANGUAGES)
        return ", ".join(str(names.get(code, code)) for code in value)
    return localdate(value) if isinstance(value, date) else str(value)


def _child(child: KnownChild, on: date) -> str:
    parts = [child.name or _("a child"), localdate(child.birth_date), str(Child.LivesWith(child.lives_with).label)]
    return ", ".join(part for part in parts if part)


def result_of(edition: Edition, service: str) -> str:
    """What has to be so for the service to count as given, in the words of the policy."""
    parts = []
    for fact, values in edition.service_facts(service):
        words = _(" or ").join(edition.value_label(fact, value, lang()) for value in values)
        parts.append(f"{edition.label('fact', fact, lang())}: {words}")
    return "; ".join(parts)


def edition_of(referral: Referral) -> Edition:
    return load_edition(referral.need.edition)
