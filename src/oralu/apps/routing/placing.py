"""Places that have become free are offered to those who wait without an agency, by the code that routes every need.

A released occupancy is a line of a queue (`offered_at` is null): however a place became free, the worker finds it, and
what it costs follows what was freed. It is the worker's work and not that of who frees the place: an agency that lets a
person go sees nobody of those who wait."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from oralu.apps.agencies.models import Agency, Occupancy
from oralu.apps.agencies.selectors import Directory, free_places
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.facts import case_lock
from oralu.apps.routing.frames import Frame, frames_load, local_day
from oralu.apps.routing.planning import Cause, needs_duty
from oralu.apps.routing.referring import need_refer
from oralu.core.lifecycle import GOING

State = Referral.State
COULD_NOT = (State.DECLINED, State.NOT_SERVED)
SETTLING = (*GOING, State.SERVED, State.DISPUTED, State.NOT_SERVED)
"""States of an attempt after which a need does not wait for a place: it is under way, or the case manager decides."""


def places_offer(*, at: datetime, batch: int = 100) -> int:
    """Offer the places freed since this was last asked, each in a transaction of its own. Returns how many."""
    for done in range(batch):
        with transaction.atomic():
            queue = Occupancy.objects.filter(state=Occupancy.State.RELEASED, offered_at=None)
            locked = queue.select_for_update(skip_locked=True, of=("self",)).select_related("place__agency")
            freed = locked.order_by("released_at", "pk").first()
            if freed is None:
                return done
            freed.offered_at = at
            freed.save(update_fields=["offered_at"])
            _offer(freed, at)
    return batch


def _offer(freed: Occupancy, at: datetime) -> None:
    agency = freed.place.agency
    if not agency.is_active or not free_places(agency)[0]:
        return
    waiting = _waiting(agency)
    frames = frames_load({need.case_id for need in waiting}, lock=False)
    directory = Directory([agency.region_id])
    for need in waiting:
        if not _fits(need, frames[need.case_id], directory, at) or not _refer(need, freed, at):
            continue
        if not free_places(agency)[0]:
            return
        directory = Directory([agency.region_id])


def _waiting(agency: Agency) -> list[Need]:
    """The open needs of the region that nobody of this kind could take, the nearest deadline first. One whose clock
    stands (it waits on something else, or the person is searched for) takes no place from the others."""
    found = Need.objects.filter(
        state=Need.State.OPEN,
        escalated_no_agency=True,
        addressee=agency.kind,
        case__region_id=agency.region_id,
        clock__limit_at__isnull=False,
    ).exclude(referrals__state__in=SETTLING)
    return list(found.select_related("clock", "case__officer").order_by("clock__limit_at", "pk"))


def _fits(need: Need, frame: Frame, directory: Directory, at: datetime) -> bool:
    could_not = [r.agency_id for r in frame.referrals if r.need_id == need.pk and r.state in COULD_NOT]
    duty = needs_duty(need.clock.limit, at)
    seeker = frame.seeker(local_day(at))
    return directory.anybody_fits(need.addressee, seeker, needs_duty=duty, without=could_not)


def _refer(need: Need, freed: Occupancy, at: datetime) -> bool:
    """Whether the need has found an agency. Under the lock of its case it is looked at once more: it may have been
    closed or referred meanwhile."""
    try:
        case_lock(need.case, at)
    except ValidationError:
        return False
    need.refresh_from_db()
    if need.state != Need.State.OPEN or need.referrals.filter(state__in=SETTLING).exists():
        return False
    referral = need_refer(need=need, actor=None, at=at)
    if referral is None:
        return False
    entry_record(
        kind="place.offered", actor=None, at=at, case_id=need.case_id, referral=referral.pk, place=freed.place_id
    )
    _tell_officer(need, referral, at)
    cases_evaluate(case_ids=[need.case_id], actor=None, at=at, cause=Cause("referral"))
    return True


def _tell_officer(need: Need, referral: Referral, at: datetime) -> None:
    officer = need.case.officer
    if officer is None or not officer.is_active:
        return
    message = Outgoing(
        key=f"referral-{referral.pk}-place-found",
        user_id=officer.pk,
        template="place_found",
        case_id=need.case_id,
        data={"service": need.service, "edition": need.edition, "case": need.case_id},
        email=bool(officer.email),
    )
    messages_write(outgoing=[message], at=at)
