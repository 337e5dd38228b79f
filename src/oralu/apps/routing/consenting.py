"""The written consent to hand over data: given, what waited on it goes out; taken back, nothing more goes. It concerns
every open case of the person, where an act on a referral concerns one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from oralu.apps.access import walls
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.people.models import Person
from oralu.apps.people.services import consent_record, consent_withdraw
from oralu.apps.referrals.models import Referral
from oralu.apps.referrals.services import referral_move
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.passing import cases_catch_up
from oralu.apps.routing.planning import Cause
from oralu.apps.routing.sending import referrals_announce
from oralu.core.lifecycle import REFERRAL, can

if TYPE_CHECKING:
    from oralu.apps.access.models import User


@transaction.atomic
def consent_recorded(*, person: Person, given_on: date, actor: User | None, at: datetime) -> int:
    """Record the written consent; every referral that waited on it goes out. Returns how many."""
    cases = _open_cases_lock(person, at)
    consent_record(person=person, given_on=given_on, actor=actor, at=at, case_id=next(iter(cases), None))
    waiting = list(
        Referral.objects.filter(case__in=cases, state=Referral.State.WAITING_CONSENT)
        .select_related("need", "agency__responsible", "agency__deputy")
        .order_by("pk")
    )
    for referral in waiting:
        has_account = referral.agency.staff.filter(is_active=True).exists()
        event = "consent_given" if has_account else "consent_given_on_paper"
        referral.state = can(REFERRAL, referral.state, event)
        referral.sent_at = at if has_account else None
    Referral.objects.bulk_update(waiting, ["state", "sent_at"])
    referrals_announce(waiting, actor=actor, at=at)
    cases_evaluate(case_ids=cases, actor=actor, at=at, cause=Cause("consent"))
    return len(waiting)


@transaction.atomic
def consent_withdrawn(*, person: Person, withdrawn_on: date, actor: User, at: datetime) -> int:
    """The person takes the written consent back: from now on nothing more is handed over. Referrals that are still to
    go on paper wait for a consent again, as every new one will; what was sent stays with who has it. Returns how many
    wait again. Raises ValidationError (`people.services.consent_withdraw`)."""
    cases = _open_cases_lock(person, at)
    consent_withdraw(person=person, withdrawn_on=withdrawn_on, actor=actor, at=at, case_id=next(iter(cases), None))
    drafts = list(Referral.objects.filter(case__in=cases, state=Referral.State.DRAFT).order_by("pk"))
    for referral in drafts:
        referral_move(referral=referral, event="ask_consent", actor=actor, at=at)
    cases_evaluate(case_ids=cases, actor=actor, at=at, cause=Cause("consent"))
    return len(drafts)


def _open_cases_lock(person: Person, at: datetime) -> list[int]:
    open_cases = Case.objects.filter(person=person).exclude(state=CaseState.CLOSED)
    walls.take(cases=open_cases.values_list("pk", flat=True))
    cases = [c.pk for c in open_cases.select_for_update(of=("self",)).order_by("pk")]
    cases_catch_up(case_ids=cases, at=at)
    return cases
