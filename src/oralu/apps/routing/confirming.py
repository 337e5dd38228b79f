"""The two other sides of a closure: the person confirms or disputes that the help came, the case manager accepts it or
decides the dispute. Until both have spoken, what the agency reported closes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.cases.services import EvidenceData, evidence_add
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.services import needs_close, referral_move
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import case_lock
from oralu.apps.routing.planning import Cause
from oralu.policyfiles import load_edition

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def referral_person_confirms(*, referral: Referral, actor: User, at: datetime) -> None:
    """The person says that the help came. Until the person has an account of their own it is recorded on their behalf,
    and shown and counted as such."""
    case_lock(referral.case, at)
    _person_answers(referral, "confirmed", actor, at)


@transaction.atomic
def referral_person_disputes(*, referral: Referral, note: str, actor: User, at: datetime) -> Referral:
    """The person says that the help did not come: the referral no longer counts as served."""
    case_lock(referral.case, at)
    _person_answers(referral, "disputed", actor, at)
    referral = referral_move(referral=referral, event="dispute", actor=actor, at=at, note=note)
    cases_evaluate(case_ids=[referral.case_id], actor=actor, at=at, cause=Cause("referral"))
    return referral


def _person_answers(referral: Referral, answer: str, actor: User, at: datetime) -> None:
    referral.refresh_from_db()
    if referral.state not in (Referral.State.SERVED, Referral.State.DISPUTED) or referral.person_answer == answer:
        raise ValidationError(_("There is nothing to confirm: the agency has not reported help, or it is answered."))
    referral.person_answer, referral.person_answered_at, referral.person_answer_by = answer, at, actor
    referral.save(update_fields=["person_answer", "person_answered_at", "person_answer_by"])
    entry_record(kind=f"referral.person_{answer}", actor=actor, at=at, case_id=referral.case_id, referral=referral.pk)


@transaction.atomic
def referral_accept_service(*, referral: Referral, actor: User, at: datetime) -> None:
    """The case manager accepts the help as given: the third signature. Where the policy says that being served meets
    the need (the conference of the agencies, the assessment of the family), the need is met by it."""
    case_lock(referral.case, at)
    referral = Referral.objects.select_for_update().select_related("need").get(pk=referral.pk)
    if referral.state != Referral.State.SERVED or referral.case_accepted_at is not None:
        raise ValidationError(_("There is nothing to accept here. Reload the page to see what has happened."))
    referral.case_accepted_at, referral.case_accepted_by = at, actor
    referral.save(update_fields=["case_accepted_at", "case_accepted_by"])
    entry_record(kind="referral.accepted_by_case", actor=actor, at=at, case_id=referral.case_id, referral=referral.pk)
    _meet_by_service(referral.need, actor, at)


@transaction.atomic
def dispute_uphold(*, referral: Referral, note: str, actor: User, at: datetime) -> None:
    """The case manager finds that the person is right: the help was not given."""
    case_lock(referral.case, at)
    referral = referral_move(referral=referral, event="uphold", actor=actor, at=at, note=note)
    cases_evaluate(case_ids=[referral.case_id], actor=actor, at=at, cause=Cause("referral"))


@transaction.atomic
def dispute_overrule(*, referral: Referral, note: str, actor: User, at: datetime) -> None:
    """The case manager finds by the proof that the help was given."""
    case_lock(referral.case, at)
    referral = referral_move(referral=referral, event="overrule", actor=actor, at=at, note=note)
    cases_evaluate(case_ids=[referral.case_id], actor=actor, at=at, cause=Cause("referral"))


def _meet_by_service(need: Need, actor: User, at: datetime) -> None:
    rule = load_edition(need.edition).rule(need.rule)
    if need.state == Need.State.OPEN and rule.served_meets:
        needs_close(needs=[need], state=Need.State.MET, reason=Need.Reason.SERVED, actor=actor, at=at, still_holds=True)
        cases_evaluate(case_ids=[need.case_id], actor=actor, at=at, cause=Cause("referral"))


@transaction.atomic
def own_need_serve(*, need: Need, note: str, evidence: EvidenceData, actor: User, at: datetime) -> None:
    """The unit has done what a need of its own asks (the conference of the agencies held: decision and date in the
    proof)."""
    case = case_lock(need.case, at)
    need = Need.objects.select_for_update().get(pk=need.pk)
    if not load_edition(need.edition).rule(need.rule).served_meets or need.state != Need.State.OPEN:
        raise ValidationError(_("This need is met by facts, not by a report."))
    evidence_add(case=case, data=evidence, actor=actor, at=at)
    need.close_note = note
    _meet_by_service(need, actor, at)
