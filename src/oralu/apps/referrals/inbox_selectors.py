"""The inbox of an agency: what waits for its answer, what it has answered, its places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, F, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from oralu.apps.access import walls
from oralu.apps.access.models import Role
from oralu.apps.agencies.models import Agency, Occupancy, Place
from oralu.apps.cases.caseload_selectors import FAR, beyond
from oralu.apps.cases.reaching import shut_out_of
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.disclosure import Attribute, attributes_for, cases_attach
from oralu.apps.referrals.models import ClockInterval, Referral
from oralu.apps.referrals.selectors import referrals_visible_to
from oralu.core.lifecycle import REFERRAL, UNSENT, WITH_AGENCY

if TYPE_CHECKING:
    from oralu.apps.access.models import User

State = Referral.State
TO_ANSWER = (*WITH_AGENCY, State.DISPUTED)
"""States in which an agency still has something to do."""
ANSWERED = (State.SERVED, State.NOT_SERVED)
UNSEEN = REFERRAL.final | UNSENT
"""States in which nothing of the person is shown by a place that was held for them."""
PLACE_ROLES = frozenset({Role.PROVIDER, Role.LEADERSHIP})


def inbox(actor: User) -> QuerySet[Referral]:
    """The referrals that wait for the actor's agency, the nearest limit first; a clock that stands has no limit now and
    comes last."""
    referrals = referrals_visible_to(actor).filter(state__in=TO_ANSWER)
    return referrals.annotate(due=Coalesce(F("need__clock__limit_at"), Value(FAR))).order_by("due", "id")


@contextmanager
def _in_hand(actor: User) -> Iterator[None]:
    """The cases of what waits are in hand within the block: the agency's referrals have passed the wall, and the walls
    of their needs and clocks need not be asked for each of a thousand rows."""
    waiting = referrals_visible_to(actor).filter(state__in=TO_ANSWER)
    with walls.holding(cases=waiting.order_by().values_list("case_id", flat=True)):
        yield


def inbox_page(actor: User, *, state: str, after: int | None, size: int) -> tuple[list[Referral], bool]:
    """A page after the referral with the id `after`, and whether there are more. `state` empty: all of them."""
    found = inbox(actor).filter(state=state) if state else inbox(actor)
    with _in_hand(actor):
        if after is not None:
            place = found.filter(pk=after).values_list("due", "id").first()
            if place is not None:
                found = found.filter(beyond((("due", False), ("id", False)), place))
        rows = list(found[: size + 1])
    cases_attach(rows[:size])
    return rows[:size], len(rows) > size


def inbox_referral(actor: User, referral_id: int) -> Referral | None:
    """One referral of the actor's agency with what is composed from its case, or None where there is none to see."""
    found = referrals_visible_to(actor).filter(pk=referral_id).first()
    if found is not None:
        cases_attach([found])
    return found


def logs_of(referrals: Sequence[Referral]) -> dict[int, list[ClockInterval]]:
    """The logs of the clocks behind referrals, by clock."""
    return dict(intervals_of(referral.need.clock.pk for referral in referrals))


def inbox_counts(actor: User, *, at: datetime) -> dict[str, int]:
    """How many wait in each state, and under `late` those past their limit."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in TO_ANSWER}
    with _in_hand(actor):
        return inbox(actor).order_by().aggregate(**counts, late=Count("pk", filter=Q(due__lte=at)))


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered referral as its agency may remember it: no person, only the number, the service and the outcome."""

    id: int
    service: str
    edition: str
    state: str
    sent_at: datetime | None
    answered_at: datetime | None
    limit_at: datetime | None
    reason: str


def answered_page(actor: User, *, after: int | None, size: int) -> tuple[list[Answered], bool]:
    """The agency's answers, the latest first. Reads no column of a person."""
    found = referrals_visible_to(actor).filter(state__in=ANSWERED).order_by("-id")
    if after is not None:
        found = found.filter(pk__lt=after)
    columns = ("id", "need__service", "need__edition", "state", "sent_at", "answered_at")
    rows = list(found.values_list(*columns, "need__clock__limit_at", "reason")[: size + 1])
    return [Answered(*row) for row in rows[:size]], len(rows) > size


def occupancies_visible_to(actor: User) -> QuerySet[Occupancy]:
    """What is held and taken in the places of the actor's agency."""
    if actor.role not in PLACE_ROLES:
        return Occupancy.objects.none()
    return (
        Occupancy.objects.filter(place__agency_id=actor.agency_id)
        .exclude(state=Occupancy.State.RELEASED)
        .select_related("place", "referral__need", "referral__agency")
    )


def occupancy_left(actor: User, occupancy_id: int) -> Occupancy | None:
    """A place of the actor's agency that its person has left, where the referral may still be seen."""
    if actor.role not in PLACE_ROLES:
        return None
    left = Occupancy.objects.filter(pk=occupancy_id, place__agency_id=actor.agency_id, state=Occupancy.State.RELEASED)
    seen = referrals_visible_to(actor).order_by().values("pk")
    return left.filter(referral__in=seen).select_related("place", "referral").first()


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place and what stands on it. `who` is empty where the agency may not know the name, or not yet."""

    place: Place
    occupancy: Occupancy | None
    who: str
    is_referral_seen: bool


def places_of(actor: User) -> list[PlaceRow]:
    """The places in use of the actor's agency, in the order of their labels."""
    places = Place.objects.filter(agency_id=actor.agency_id, is_open=True).prefetch_related(
        Prefetch("occupancies", occupancies_visible_to(actor), to_attr="standing")
    )
    cases_attach([occupancy.referral for place in places for occupancy in place.standing])  # type: ignore[attr-defined]
    shut = set(shut_out_of(actor).values_list("case_id", flat=True))
    return sorted(
        (_place_row(place, shut) for place in places), key=lambda row: (len(row.place.label), row.place.label)
    )


def _place_row(place: Place, shut: set[int]) -> PlaceRow:
    occupancy: Occupancy | None = next(iter(place.standing), None)  # type: ignore[attr-defined]
    if occupancy is None:
        return PlaceRow(place, None, "", False)
    referral = occupancy.referral
    seen = referral.state not in UNSEEN and referral.case_id not in shut
    may_know = Attribute.NAME in attributes_for(referral.agency.kind, referral.need.service)
    return PlaceRow(place, occupancy, referral.case.person.full_name if seen and may_know else "", seen)


def counts_places(actor: User) -> bool:
    """Whether the actor's agency counts its places."""
    return Agency.objects.filter(pk=actor.agency_id, counts_places=True).exists() and actor.role in PLACE_ROLES
