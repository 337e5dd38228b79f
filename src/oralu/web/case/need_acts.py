"""What may be done about a need now: the one act that moves it on, and the others. Apart from its row, since an act is
chosen from states alone and a row is words."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.cases.models import Plan
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.case_file import CaseFile
from oralu.apps.routing.earlier_selectors import decides_on
from oralu.apps.routing.planning import OWN_UNIT
from oralu.core.lifecycle import GOING, REFERRAL, WITH_AGENCY
from oralu.web.case.answer_views import answers_of
from oralu.web.case.need_facts import records_of
from oralu.web.components import Act, Text
from oralu.web.presenting import rule_of

State = Referral.State
PLAN = "plan"


def latest_of(file: CaseFile, need: Need) -> Referral | None:
    """The attempt under way, or the last there was."""
    return next(reversed(file.referrals.get(need.pk, ())), None)


def is_unsettled(referral: Referral | None) -> bool:
    """Help is reported, and the case manager has not accepted it; or the person disputes it."""
    return referral is not None and (
        (referral.state == State.SERVED and referral.case_accepted_at is None) or referral.state == State.DISPUTED
    )


def reached_act(file: CaseFile, need: Need) -> Act | None:
    """To record the very facts that the need is about."""
    if file.is_closed or need.state != Need.State.OPEN or not records_of(file.edition, need.service):
        return None
    return _act(_("Record what has been done"), "need-facts", need.pk, "secondary")


def acts_of(file: CaseFile, need: Need, latest: Referral | None) -> list[Act]:
    """The act that moves the need on, first and primary if there is one, then the others, quiet."""
    if need.state != Need.State.OPEN:
        return _acts_of_closed(need, latest)
    first = _own_act(file, need) if need.addressee == OWN_UNIT else _referral_act(file, need, latest)
    acts = [first] if first else []
    if latest is not None and _by_system_alone(latest):
        acts.append(_act(_("Hand over on paper"), "referral-hand-over", latest.pk, "quiet"))
    if latest is not None and latest.state in GOING:
        acts.append(_act(_("Send to another agency"), "referral-withdraw", latest.pk, "quiet"))
    if is_unsettled(latest) and latest is not None and latest.state == State.SERVED:
        acts.append(_act(_("Accept without the person's word"), "referral-accept", latest.pk, "quiet"))
    if need.addressee != OWN_UNIT:
        acts.append(_act(_("The person refuses"), "need-refused", need.pk, "quiet"))
    acts += _clock_acts(file, need)
    acts.append(_act(_("Withdraw"), "need-withdraw", need.pk, "quiet"))
    return [a for n, a in enumerate(acts) if n == 0 or a.href != acts[0].href]


def _by_system_alone(referral: Referral) -> bool:
    """Whether nobody but a system of the agency can answer: where it does not, there is the paper."""
    return referral.state in WITH_AGENCY and not referral.on_paper and referral.has_account and not referral.has_people


def _acts_of_closed(need: Need, latest: Referral | None) -> list[Act]:
    acts = []
    if latest is not None and is_unsettled(latest):
        acts.append(_closure_act(latest))
        if latest.state == State.SERVED and not latest.person_answer:
            acts.append(_act(_("Accept without the person's word"), "referral-accept", latest.pk, "quiet"))
    if need.still_holds and need.state in (Need.State.REFUSED, Need.State.WITHDRAWN):
        acts.append(_act(_("Open anew"), "need-reopen", need.pk, "quiet"))
    return acts


def earlier_acts(file: CaseFile, need: Need, actor: User) -> list[Act]:
    """A met need may have been met earlier; a claim is decided by a second person, in a closed case too."""
    if need.state != Need.State.MET:
        return []
    claim = getattr(need, "earlier_meeting", None)
    if claim is None:
        return [] if file.is_closed else [_act(_("It was met earlier"), "need-earlier", need.pk, "quiet")]
    if claim.is_approved is not None or not decides_on(actor, claim):
        return []
    return [_act(_("Decide on the earlier time"), "earlier-decide", claim.pk, "secondary")]


def _act(label: Text, name: str, pk: int, tone: str = "primary") -> Act:
    return Act(label, reverse(name, args=[pk]), tone=tone)


def _own_act(file: CaseFile, need: Need) -> Act | None:
    """What the unit itself owes: the plan, its agreement, the conference of the agencies."""
    rule = rule_of(need)
    if rule.served_meets:
        return _act(_("Record the conference"), "need-served", need.pk)
    if PLAN not in rule.facts:
        return None
    if file.plans and file.plans[0].state == Plan.State.DRAFT:
        return _act(_("Record the agreement"), "plan-agree", file.case.pk)
    return _act(_("Write the plan"), "plan", file.case.pk)


def _referral_act(file: CaseFile, need: Need, latest: Referral | None) -> Act | None:
    if latest is None or latest.state in REFERRAL.final:
        helpers = file.helpers.get(need.pk)
        if helpers is not None and not helpers.is_fitting and not nobody_else(need, latest):
            return None
        log = file.logs.get(need.clock.pk, [])
        waits = bool(log) and log[-1].kind == "waiting"
        if latest is not None and nobody_else(need, latest):
            return _act(_("Ask again"), "need-agency", need.pk)
        return None if latest is None and waits else _act(_("Refer to an agency"), "need-agency", need.pk)
    if latest.state == State.WAITING_CONSENT:
        return _act(_("Record the consent"), "consent", file.case.pk)
    if latest.state == State.DRAFT:
        return _act(_("Hand over"), "referral-hand-over", latest.pk)
    if is_unsettled(latest):
        return _closure_act(latest)
    if answers_of(latest) and (latest.on_paper or not latest.has_account):
        return _act(_("Record the answer"), "referral-answer", latest.pk)
    if need.clock.breached_at is not None and latest.state in GOING:
        return _act(_("Send to another agency"), "referral-withdraw", latest.pk)
    return None


def nobody_else(need: Need, latest: Referral | None) -> bool:
    """Whether the agency that was asked last declined and the choice found no other: nothing goes on by itself."""
    return (
        latest is not None
        and latest.state == State.DECLINED
        and need.escalated_no_agency
        and need.state == Need.State.OPEN
    )


def _closure_act(referral: Referral) -> Act:
    if referral.state == State.DISPUTED:
        return _act(_("Decide the dispute"), "referral-accept", referral.pk)
    if not referral.person_answer:
        return _act(_("What the person says"), "referral-person", referral.pk)
    return _act(_("Accept the help"), "referral-accept", referral.pk)


def _clock_acts(file: CaseFile, need: Need) -> list[Act]:
    log = file.logs.get(need.clock.pk, [])
    standing = log[-1].kind if log else ""
    if standing == "running":
        return [_act(_("Pause the deadline"), "clock-pause", need.pk, "quiet")]
    if standing == "paused":
        return [_act(_("Let the deadline run on"), "clock-resume", need.pk, "quiet")]
    return []
