"""What happens to a case as a whole: transfer, suspension while the person is searched for, a moved release date,
closure. The written reasons are notes of the case; the journal keeps the id of the note and no word of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access.composed import PRISON
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, ClosingGround
from oralu.apps.cases.restriction_services import reach_hand_on
from oralu.apps.cases.services import reason_note
from oralu.apps.journal.services import entry_record
from oralu.apps.referrals.clocks import MAX_PAUSE, clocks_save, interval_switch
from oralu.apps.referrals.escalation_services import escalations_hand_on
from oralu.apps.referrals.models import ClockInterval, Need, PauseParty, PauseReason, Referral
from oralu.apps.referrals.services import needs_close, referral_move
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import case_lock
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.passing import cases_catch_up
from oralu.apps.routing.placing import SETTLING
from oralu.apps.routing.planning import OWN_UNIT, Cause
from oralu.apps.routing.policies import EditionsInForce
from oralu.apps.routing.referring import need_refer
from oralu.apps.routing.transfer_answers import requests_settle
from oralu.core.lifecycle import CASE, GOING, UNSENT, TransitionError, can

if TYPE_CHECKING:
    from oralu.apps.access.models import User


def _moved(case: Case, event: str) -> str:
    try:
        return can(CASE, case.state, event)
    except TransitionError as error:
        raise ValidationError(
            _("This case is “%(state)s”: that cannot be done now.") % {"state": case.get_state_display()}
        ) from error


@transaction.atomic
def case_assign(*, case: Case, officer: User, reason: str, actor: User, at: datetime) -> Case:
    """Give the case to another officer of the same unit, with a written reason."""
    case = case_lock(case, at)
    if officer.agency_id != case.unit_id or not officer.is_active:
        raise ValidationError({"officer": _("This officer does not work in the unit of the case.")})
    reach_hand_on(case=case, unit=case.unit, officers=[officer])
    case.officer = officer
    case.save(update_fields=["officer", "listed"])
    note = reason_note(case=case, about="case.assigned", text=reason, actor=actor, at=at)
    entry_record(kind="case.assigned", actor=actor, at=at, case_id=case.pk, officer=officer.pk, **note)
    return case


@transaction.atomic
def case_transfer(
    *, case: Case, unit: Agency, officer: User | None, locality: str, reason: str, actor: User, at: datetime
) -> Case:
    """Move the case to another unit, in another region too. The cohort unit stays; attempts under way with agencies of
    the old place are withdrawn and go to agencies of the new one, with the time used kept; what nobody there could take
    is asked for here; what went up and still waits goes to who answers for the case now."""
    case = case_lock(case, at)
    EditionsInForce([unit.region_id]).on(unit.region_id, local_day(at))
    if unit.pk == case.unit_id:
        raise ValidationError({"unit": _("The case is in this unit already.")})
    if unit.kind != OWN_UNIT or not unit.is_active:
        raise ValidationError({"unit": _("Choose an active probation unit.")})
    left = {"unit": case.unit_id, "region": case.region_id}
    moved = case.region_id != unit.region_id
    reach_hand_on(case=case, unit=unit, officers=[officer] if officer is not None else [])
    case.unit, case.region_id, case.officer, case.locality = unit, unit.region_id, officer, locality
    case.save(update_fields=["unit", "region", "officer", "locality", "listed"])
    note = reason_note(case=case, about="case.transferred", text=reason, actor=actor, at=at)
    entry_record(kind="case.transferred", actor=actor, at=at, case_id=case.pk, left=left, unit=unit.pk, **note)
    escalations_hand_on(case=case, actor=actor, at=at)
    if moved:
        _reroute(case, actor, at)
    requests_settle(case=case, actor=actor, at=at)
    cases_evaluate(case_ids=[case.pk], actor=actor, at=at, cause=Cause("transfer"))
    case.refresh_from_db()
    return case


def _reroute(case: Case, actor: User, at: datetime) -> None:
    going = Referral.objects.filter(case=case, state__in=GOING).select_related("need", "agency")
    for referral in list(going):
        event = "discard" if referral.state in UNSENT else "withdraw"
        referral_move(referral=referral, event=event, actor=actor, at=at, answered_at=at)
        need_refer(need=referral.need, actor=actor, at=at)
    untaken = Need.objects.filter(case=case, state=Need.State.OPEN, escalated_no_agency=True)
    for need in list(untaken.exclude(referrals__state__in=SETTLING).select_related("case").order_by("pk")):
        need_refer(need=need, actor=actor, at=at)


@transaction.atomic
def case_suspend(*, case: Case, reason: str, actor: User, at: datetime) -> Case:
    """The person is searched for: the case is suspended, its clocks pause, waiting for the person; those that were
    paused for another reason too, so that none of them runs on by itself meanwhile."""
    case = case_lock(case, at)
    Case.objects.filter(pk=case.pk).update(state=_moved(case, "suspend"))
    standing = ClockInterval.objects.filter(
        clock__case=case, clock__need__isnull=False, clock__stopped_at=None, end=None
    ).exclude(kind=ClockInterval.Kind.WAITING)
    clocks = [interval.clock for interval in standing.select_related("clock")]
    for clock in clocks:
        interval_switch(
            clock=clock,
            kind=ClockInterval.Kind.PAUSED,
            at=at,
            reason=PauseReason.SEARCH,
            party=PauseParty.PERSON,
            maximum=at + MAX_PAUSE,
            by=actor,
        )
    clocks_save(clocks)
    note = reason_note(case=case, about="case.suspended", text=reason, actor=actor, at=at)
    entry_record(kind="case.suspended", actor=actor, at=at, case_id=case.pk, **note)
    case.refresh_from_db()
    return case


@transaction.atomic
def case_resume(*, case: Case, actor: User, at: datetime) -> Case:
    """The person is found: the clocks that paused for the search run on, the days that passed are looked at in
    order."""
    case = case_lock(case, at)
    Case.objects.filter(pk=case.pk).update(state=_moved(case, "resume"))
    paused = ClockInterval.objects.filter(
        clock__case=case, end=None, kind=ClockInterval.Kind.PAUSED, reason=PauseReason.SEARCH
    ).select_related("clock")
    clocks = [interval.clock for interval in paused]
    for clock in clocks:
        interval_switch(clock=clock, kind=ClockInterval.Kind.RUNNING, at=at, by=actor)
    clocks_save(clocks)
    entry_record(kind="case.resumed", actor=actor, at=at, case_id=case.pk)
    cases_catch_up(case_ids=[case.pk], at=at)
    cases_evaluate(case_ids=[case.pk], actor=actor, at=at, cause=Cause("human"))
    case.refresh_from_db()
    return case


@transaction.atomic
def release_date_move(*, case: Case, released_on: date | None, reason: str, actor: User, at: datetime) -> Case:
    """The date of release is another than was thought. Under an edition that counts from release the whole case
    shifts."""
    case = case_lock(case, at)
    if released_on is not None and released_on <= case.person.birth_date:
        raise ValidationError({"released_on": _("The date of release lies before the date of birth.")})
    old = case.released_on
    case.released_on = released_on
    case.save(update_fields=["released_on"])
    entry_record(
        kind="case.release_moved",
        actor=actor,
        at=at,
        case_id=case.pk,
        old=old.isoformat() if old else None,
        new=released_on.isoformat() if released_on else None,
        **reason_note(case=case, about="case.release_moved", text=reason, actor=actor, at=at),
    )
    cases_evaluate(case_ids=[case.pk], actor=actor, at=at, cause=Cause("human"))
    case.refresh_from_db()
    return case


@transaction.atomic
def prison_name(*, case: Case, prison: Agency | None, actor: User, at: datetime) -> Case:
    """Say which institution prepares the release: until that day its staff see the papers, the date and the plan."""
    case = case_lock(case, at)
    if prison is not None and (prison.kind != PRISON or not prison.is_active):
        raise ValidationError({"prison": _("Choose a penal institution.")})
    case.prison = prison
    case.save(update_fields=["prison"])
    agency = prison.pk if prison is not None else None
    entry_record(kind="case.prison_named", actor=actor, at=at, case_id=case.pk, agency=agency)
    return case


@transaction.atomic
def case_close(*, case: Case, ground: str, closed_on: date, note: str, actor: User, at: datetime) -> Case:
    """Take the person off the register by a ground. What is open is withdrawn with that reason; the clocks stop."""
    case = case_lock(case, at)
    if ground not in ClosingGround.values:
        raise ValidationError({"ground": _("Choose the ground of the closure.")})
    if not case.enrolled_on <= closed_on <= local_day(at):
        raise ValidationError({"closed_on": _("The day of closure lies between enrolment and today.")})
    needs_close(
        needs=list(Need.objects.filter(case=case, state=Need.State.OPEN)),
        state=Need.State.WITHDRAWN,
        reason=Need.Reason.CASE_CLOSED,
        actor=actor,
        at=at,
    )
    Case.objects.filter(pk=case.pk).update(
        state=_moved(case, "close"),
        closed_on=closed_on,
        closing_ground=ground,
        next_change_on=None,
        next_due_at=None,
        next_need="",
        breached=[],
    )
    kind = "case.died" if ground == ClosingGround.DEATH else "case.closed"
    entry_record(
        kind=kind,
        actor=actor,
        at=at,
        case_id=case.pk,
        ground=ground,
        on=closed_on.isoformat(),
        **reason_note(case=case, about=kind, text=note, actor=actor, at=at),
    )
    case.refresh_from_db()
    return case
