"""The rows of "Today": a need and its next step in words, with the one act that settles it."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.worklist_rows import Item, Step
from oralu.policyfiles import load_edition
from oralu.web.components import Act, Fold, Text, WorkRow, days_between
from oralu.web.context import address
from oralu.web.countdown import ALMATY, moment
from oralu.web.line import day_label
from oralu.web.presenting import (
    addressee_label,
    edition_of,
    need_countdown,
    rule_of,
    service_label,
    strip_of,
    why_line,
)
from oralu.web.screens import lang

ACTS: dict[Step, tuple[Text, str, str]] = {
    Step.DISPUTE: (gettext_lazy("Decide the dispute"), "referral-accept", "referral"),
    Step.PERSON: (gettext_lazy("Confirm with the person"), "referral-person", "referral"),
    Step.ACCEPT: (gettext_lazy("Accept"), "referral-accept", "referral"),
    Step.CONSENT: (gettext_lazy("Record consent"), "consent", "case"),
    Step.HAND_OVER: (gettext_lazy("Print and hand over"), "referral-hand-over", "referral"),
    Step.ANSWER: (gettext_lazy("Record the answer"), "referral-answer", "referral"),
    Step.CALL: (gettext_lazy("Call the agency"), "referral-contact", "referral"),
    Step.PLAN: (gettext_lazy("Write the plan"), "plan", "case"),
    Step.AGREE: (gettext_lazy("Agree the plan"), "plan-agree", "case"),
    Step.OWN: (gettext_lazy("Record what was decided"), "need-served", "need"),
    Step.CHOOSE: (gettext_lazy("Choose an agency"), "need-agency", "need"),
}
"""The label of each act, its address by name, and whose number the address takes."""
QUIET = frozenset({Step.CALL})
PAGES = frozenset({Step.PLAN})
"""Acts that take a page of their own."""


def row_of(item: Item, at: datetime, *, with_officer: bool, is_first: bool = True, rest: Fold | None = None) -> WorkRow:
    """A need as a row of work. The strip and what else is said of a case stand at its first row only; `rest` are its
    further rows."""
    need, case = item.need, item.need.case
    day = days_between(case.enrolled_on, at.astimezone(ALMATY).date())
    meta: list[Text] = [day_label(day), _("No. %(case)s") % {"case": case.pk}]
    if with_officer:
        meta.append(case.officer.full_name if case.officer else _("no case manager"))
    return WorkRow(
        key=f"need-{need.pk}",
        title=case.person.full_name,
        href=case_address(need),
        what=_what(item),
        meta=tuple(meta) if is_first else (),
        strip=strip_of(case) if is_first else None,
        countdown=need_countdown(need, item.clock, item.log, at) if need.state == Need.State.OPEN else None,
        act=_act(item),
        why=why_line(rule_of(need), load_edition(need.edition)),
        risk=_risk(item),
        rest=rest,
    )


def case_address(need: Need) -> str:
    """The page of the case, at the need."""
    page = address("case", need.case_id)
    return f"{page}#need-{need.pk}" if page else ""


def _risk(item: Item) -> str:
    if not item.at_highest_risk:
        return ""
    return edition_of(item.need.case).risk_levels[-1]


def _act(item: Item) -> Act | None:
    if item.step not in ACTS:
        return None
    if item.step == Step.CHOOSE and item.referral is None and item.need.escalated_no_agency:
        return Act(_("See whom to call"), case_address(item.need), tone="secondary", in_place=False)
    label, name, whose = ACTS[item.step]
    numbers = {
        "referral": item.referral.pk if item.referral else None,
        "case": item.need.case_id,
        "need": item.need.pk,
    }
    href = address(name, numbers[whose])
    if not href:
        return None
    return Act(label, href, tone="quiet" if item.step in QUIET else "primary", in_place=item.step not in PAGES)


def _what(item: Item) -> str:
    """What is needed, from whom, and how far it is: "Safe place. Crisis centre: sent 3 June, 10:15"."""
    service = capfirst(service_label(item.need))
    return _("%(service)s. %(state)s") % {"service": service, "state": _state(item)}


def _state(item: Item) -> str:
    referral, step = item.referral, item.step
    if step == Step.WAIT:
        return _("Waits: %(why)s") % {"why": rule_of(item.need).waits_why(lang()) or addressee_label(item.need)}
    if step in (Step.PLAN, Step.AGREE, Step.OWN):
        return _("For you to do.")
    if referral is None:
        return _("No agency has been found: %(kind)s.") % {"kind": addressee_label(item.need)}
    words = {
        "agency": str(referral.agency),
        "state": referral.get_state_display(),
        "when": moment(changed_at(referral)),
    }
    if step == Step.ACCEPT:
        answer = referral.get_person_answer_display()
        return _("%(agency)s: %(state)s; the person: %(answer)s.") % {**words, "answer": answer}
    if step == Step.CHOOSE:
        reason = referral.get_reason_display()
        words["state"] = f"{words['state']} ({reason})" if reason else words["state"]
        return _("%(agency)s: %(state)s. Another agency is needed.") % words
    return _("%(agency)s: %(state)s, %(when)s.") % words


def changed_at(referral: Referral) -> datetime:
    """When the referral came into the state that it is in."""
    known = {
        Referral.State.SENT: referral.sent_at,
        Referral.State.ACKNOWLEDGED: referral.acknowledged_at,
        Referral.State.ACCEPTED: referral.accepted_at,
        Referral.State.DISPUTED: referral.person_answered_at,
    }
    return known.get(Referral.State(referral.state), referral.answered_at) or referral.created_at
