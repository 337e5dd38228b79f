"""The attempts to meet a need, as a row each: with whom, how far, what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from oralu.apps.referrals.models import Referral
from oralu.core.lifecycle import REFERRAL
from oralu.web.case.cards import Proof, proof_of
from oralu.web.case.referral_views import knows_refuge
from oralu.web.components import Tone
from oralu.web.context import address
from oralu.web.countdown import moment

State = Referral.State


@dataclass(frozen=True)
class ReferralRow:
    """One attempt: with whom, how far, what was answered."""

    agency: str
    person: str
    phone: str
    state: str
    tone: Tone
    steps: tuple[str, ...]
    note: str = ""
    proof: Proof | None = None
    where: str = ""
    pdf_href: str = ""
    whereabouts_href: str = ""


def attempt_of(referral: Referral) -> ReferralRow:
    """The row of an attempt. Where a refuge is stands in none."""
    agency = referral.agency
    return ReferralRow(
        agency=str(agency),
        person=agency.named_person,
        phone=agency.phone,
        where="" if agency.is_refuge else agency.where,
        state=referral.get_state_display(),
        tone=_tone(referral),
        steps=tuple(_steps(referral)),
        note=referral.note,
        proof=proof_of(referral.evidence),
        pdf_href=address("referral-pdf", referral.pk) if referral.state != State.WAITING_CONSENT else "",
        whereabouts_href=reverse("referral-whereabouts", args=[referral.pk]) if knows_refuge(referral) else "",
    )


def _tone(referral: Referral) -> Tone:
    if referral.state == State.SERVED:
        return Tone.DONE
    if referral.state in (State.DISPUTED, State.DECLINED, State.NOT_SERVED):
        return Tone.LATE
    return Tone.QUIET if referral.state in REFERRAL.final else Tone.CALM


def _steps(referral: Referral) -> Sequence[str]:
    """What has happened to an attempt, each step with its time."""
    steps = []
    if referral.sent_at:
        is_paper = referral.on_paper and referral.paper_at in (None, referral.sent_at)
        word = _("handed over on paper %(when)s") if is_paper else _("sent %(when)s")
        steps.append(word % {"when": moment(referral.sent_at)})
        if referral.on_paper and referral.paper_at is not None and not is_paper:
            steps.append(_("handed over on paper %(when)s") % {"when": moment(referral.paper_at)})
    if referral.acknowledged_at:
        steps.append(_("read %(when)s") % {"when": moment(referral.acknowledged_at)})
    if referral.accepted_at:
        steps.append(_("accepted %(when)s") % {"when": moment(referral.accepted_at)})
    if referral.answered_at and referral.state not in (State.WITHDRAWN, State.DISCARDED):
        steps.append(_("answered %(when)s") % {"when": moment(referral.answered_at)})
    if referral.reason:
        steps.append(_("reason: %(reason)s") % {"reason": referral.get_reason_display()})
    if referral.person_answer:
        said = _("the person confirms") if referral.person_answer == "confirmed" else _("the person disputes")
        by = referral.person_answer_by.full_name if referral.person_answer_by else ""
        steps.append(_("%(said)s (recorded on their behalf: %(who)s)") % {"said": said, "who": by} if by else said)
    if referral.case_accepted_at:
        by = referral.case_accepted_by.full_name if referral.case_accepted_by else ""
        steps.append(_("accepted by the case manager %(who)s") % {"who": by})
    return steps
