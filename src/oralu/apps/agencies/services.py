"""Places held and released."""

from __future__ import annotations

from datetime import datetime, timedelta

from oralu.apps.agencies.models import Agency, Occupancy, Place

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


def holds_expire(*, at: datetime) -> int:
    """Release holds older than 72 hours that nobody accepted. Returns how many."""
    return Occupancy.objects.filter(state=Occupancy.State.HELD, held_until__lte=at).update(
        state=Occupancy.State.RELEASED, released_at=at, held_until=None
    )
