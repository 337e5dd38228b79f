"""Writing agencies, and holding and releasing their places."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access import walls
from oralu.apps.agencies.models import Agency, Occupancy, Place, RefugeAddress
from oralu.apps.journal.services import entry_record
from oralu.apps.messages.services import Outgoing, messages_write

if TYPE_CHECKING:
    from oralu.apps.access.models import User

HOLD = timedelta(hours=72)


def place_hold(*, agency: Agency, referral_id: int, at: datetime) -> Occupancy | None:
    """Hold a free place of the agency for a referral; None when there is none. Skips places that another transaction is
    taking at this moment."""
    place = (
        Place.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(agency=agency, is_open=True)
        .exclude(occupancies__state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN])
        .order_by("pk")
        .first()
    )
    if place is None:
        return None
    return Occupancy.objects.create(place=place, referral_id=referral_id, since=at, held_until=at + HOLD)


def place_take(*, referral_id: int, agency: Agency, at: datetime) -> Occupancy | None:
    """Turn the held place into a taken one; where the hold has lapsed, take another free place. None when there is
    none."""
    occupancy = (
        Occupancy.objects.select_for_update()
        .filter(referral_id=referral_id, state__in=[Occupancy.State.HELD, Occupancy.State.TAKEN])
        .first()
    ) or place_hold(agency=agency, referral_id=referral_id, at=at)
    if occupancy is not None:
        occupancy.state, occupancy.held_until = Occupancy.State.TAKEN, None
        occupancy.save(update_fields=["state", "held_until"])
    return occupancy


def places_release(*, referral_ids: list[int], at: datetime) -> int:
    """Release what is held or taken for the referrals. Returns how many places became free."""
    return (
        Occupancy.objects.filter(referral_id__in=referral_ids)
        .exclude(state=Occupancy.State.RELEASED)
        .update(state=Occupancy.State.RELEASED, released_at=at, held_until=None)
    )


@transaction.atomic
def place_release(*, occupancy: Occupancy, actor: User, at: datetime) -> Occupancy:
    """The person has left: the place is free again, and the case manager is told, since nobody knows where the person
    lives now. Raises ValidationError when it is only held or free already."""
    walls.take(cases=[occupancy.referral.case_id])
    found = Occupancy.objects.select_related("referral__need", "referral__case__officer")
    occupancy = found.select_for_update(of=("self",)).get(pk=occupancy.pk)
    if occupancy.state != Occupancy.State.TAKEN:
        raise ValidationError(_("This place is not taken any more. Reload the page to see what has happened."))
    occupancy.state, occupancy.released_at = Occupancy.State.RELEASED, at
    occupancy.save(update_fields=["state", "released_at"])
    entry_record(
        kind="place.released",
        actor=actor,
        at=at,
        case_id=occupancy.referral.case_id,
        referral=occupancy.referral_id,
        place=occupancy.place_id,
    )
    _tell_officer(occupancy, at)
    return occupancy


def _tell_officer(occupancy: Occupancy, at: datetime) -> None:
    case, need = occupancy.referral.case, occupancy.referral.need
    if case.officer is None or not case.officer.is_active or case.state == "closed":
        return
    message = Outgoing(
        key=f"place-{occupancy.pk}-left",
        user_id=case.officer_id,
        template="place_left",
        case_id=case.pk,
        data={"service": need.service, "edition": need.edition, "case": case.pk},
    )
    messages_write(outgoing=[message], at=at)


def holds_expire(*, at: datetime) -> int:
    """Release holds older than 72 hours that nobody accepted. Returns how many."""
    return Occupancy.objects.filter(state=Occupancy.State.HELD, held_until__lte=at).update(
        state=Occupancy.State.RELEASED, released_at=at, held_until=None
    )


@transaction.atomic
def agency_save(*, agency: Agency, places: int | None, refuge_address: str, actor: User | None, at: datetime) -> Agency:
    """Create or change an agency with its places and, for a refuge, its hidden address.

    `places` is how many places it shall have in use (None: leave them). A place that is taken is never removed: raises
    ValidationError when more are taken than shall remain."""
    is_new = agency.pk is None
    shown = [name for name in ("address", "address_kk") if getattr(agency, name)]
    if agency.is_refuge and shown:
        apart = _("The address of a refuge is kept apart, in the field for hidden addresses.")
        raise ValidationError(dict.fromkeys(shown, apart))
    agency.full_clean(exclude=["responsible", "deputy"])
    agency.save()
    if agency.is_refuge and refuge_address:
        RefugeAddress.objects.update_or_create(agency=agency, defaults={"address": refuge_address})
    if places is not None:
        _places_set(agency, places)
    entry_record(
        kind="agency.created" if is_new else "agency.changed", actor=actor, at=at, agency=agency.pk, places=places
    )
    return agency


def _places_set(agency: Agency, count: int) -> None:
    in_use = list(Place.objects.select_for_update().filter(agency=agency, is_open=True).order_by("pk"))
    closed = list(Place.objects.filter(agency=agency, is_open=False).order_by("pk"))
    for place in closed[: max(0, count - len(in_use))]:
        place.is_open = True
        place.save(update_fields=["is_open"])
    known = len(in_use) + len(closed)
    Place.objects.bulk_create(Place(agency=agency, label=str(n + 1)) for n in range(known, count))
    busy = set(Occupancy.objects.exclude(state=Occupancy.State.RELEASED).values_list("place_id", flat=True))
    free = [place for place in in_use if place.pk not in busy]
    surplus = len(in_use) - count
    if surplus > len(free):
        raise ValidationError({"places": _("More places are taken or held than shall remain.")})
    for place in reversed(free[len(free) - surplus :] if surplus > 0 else []):
        place.is_open = False
        place.save(update_fields=["is_open"])
