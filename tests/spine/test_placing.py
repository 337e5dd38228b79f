"""A place that becomes free goes to those who wait without an agency, the nearest deadline first."""

from __future__ import annotations

from datetime import date, timedelta

from oralu.apps.agencies.models import Agency, Occupancy
from oralu.apps.agencies.services import HOLD, agency_save, place_release
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.placing import places_offer
from oralu.apps.routing.referring import referral_accept
from oralu.apps.routing.refusing import need_refused
from oralu.apps.routing.worker import turn
from world import World

DANGER = {"housing": "with_aggressor", "violence_threat": "yes"}
HOUR = timedelta(hours=1)


def shelter(case: Case) -> Need:
    return Need.objects.get(case=case, addressee="crisis_centre", state=Need.State.OPEN)


def full(world: World) -> list[Case]:
    """Both places of the crisis centre are taken."""
    cases = [world.enrol(facts=DANGER), world.enrol(facts=DANGER)]
    for case in cases:
        referral = Referral.objects.get(need=shelter(case))
        referral_accept(referral=referral, actor=world.gulnar, at=world.at)
    return cases


def leaves(world: World, case: Case, at) -> None:
    place_release(occupancy=Occupancy.objects.get(referral__case=case), actor=world.gulnar, at=at)


def test_who_waits_longest_gets_the_freed_place_and_the_case_manager_is_told(world: World) -> None:
    first, _second = full(world)
    early = world.enrol(facts=DANGER)
    late = world.enrol(facts=DANGER, at=world.at + HOUR)
    assert shelter(early).escalated_no_agency
    assert not Referral.objects.filter(need__in=[shelter(early), shelter(late)]).exists()
    at = world.at + 2 * HOUR
    assert places_offer(at=at) == 0
    leaves(world, first, at)
    turn(at)
    referral = Referral.objects.get(need=shelter(early))
    assert referral.agency == world.agencies["crisis_centre"]
    assert referral.state == Referral.State.SENT
    assert Occupancy.objects.get(referral=referral).state == Occupancy.State.HELD
    assert not Referral.objects.filter(need=shelter(late)).exists()
    assert Message.objects.filter(user=world.aigul, template="place_found", data__case=early.pk).count() == 1
    assert Entry.objects.filter(kind="place.offered", case_id=early.pk).count() == 1
    turn(at + HOUR)
    assert Referral.objects.filter(need__service=referral.need.service, case=early).count() == 1


def test_a_hold_that_lapses_is_offered_too(world: World) -> None:
    held, _other = world.enrol(facts=DANGER), full_one(world)
    waiting = world.enrol(facts=DANGER)
    assert not Referral.objects.filter(need=shelter(waiting)).exists()
    turn(world.at + HOLD + HOUR)
    assert Occupancy.objects.filter(referral__case=held, state=Occupancy.State.RELEASED).exists()
    assert Referral.objects.filter(need=shelter(waiting)).exists()


def full_one(world: World) -> Case:
    case = world.enrol(facts=DANGER)
    referral_accept(referral=Referral.objects.get(need=shelter(case)), actor=world.gulnar, at=world.at)
    return case


def test_a_place_is_not_offered_to_whom_it_does_not_fit_nor_to_a_need_that_is_closed(world: World) -> None:
    first, second = full(world)
    Agency.objects.filter(kind="crisis_centre").update(max_age=60)
    old = world.enrol(facts=DANGER, person=world.person(born=date(1950, 1, 1)))
    refused = world.enrol(facts=DANGER)
    waiting = world.enrol(facts=DANGER)
    need_refused(need=shelter(refused), note="", actor=world.aigul, at=world.at + HOUR)
    leaves(world, first, world.at + HOUR)
    leaves(world, second, world.at + HOUR)
    assert places_offer(at=world.at + HOUR) == 2
    assert Referral.objects.filter(need=shelter(waiting)).exists()
    assert not Referral.objects.filter(need=shelter(old)).exists()
    assert not Referral.objects.filter(case=refused, need__addressee="crisis_centre").exists()


def test_a_place_taken_out_of_use_is_offered_to_nobody(world: World) -> None:
    first, _second = full(world)
    waiting = world.enrol(facts=DANGER)
    leaves(world, first, world.at + HOUR)
    agency_save(agency=world.agencies["crisis_centre"], places=1, refuge_address="", actor=None, at=world.at + HOUR)
    places_offer(at=world.at + HOUR)
    assert not Referral.objects.filter(need=shelter(waiting)).exists()
