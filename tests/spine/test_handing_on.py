"""What went up goes with the case: a matter that waits lies with the leadership of the case's own region, always."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.agencies.services import agency_save
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.messages.models import Message
from oralu.apps.referrals.escalation_services import UNIT_HEAD, escalation_answer, measure_done
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Need, Referral
from oralu.apps.routing.lifecycle import case_transfer
from oralu.apps.routing.policies import edition_adopt
from oralu.apps.routing.worker import turn
from world import EDITION, ON_PAPER, World

KINDS = ("leb_leadership", "police_chief", "health_authority")
FACTS = {"housing": "homeless", "violence_threat": "yes", "medical_need": "high", "identity_document": "none"}


@pytest.fixture
def kostanay(world: World) -> dict[str, User]:
    """Another region: who answers for it, by the addressee of the policy, and its crisis centre."""
    region = Region.objects.get(code="39")
    people = {}
    for kind in ("probation_unit", "crisis_centre", "one_stop_shop", *KINDS, *ON_PAPER):
        agency = Agency(
            kind=kind,
            region=region,
            name_ru=f"{kind} 39",
            name_kk=f"{kind} 39",
            responsible_name="Ответственное лицо",
            duty_contact="+7 700 000 00 00",
        )
        agency_save(agency=agency, places=None, refuge_address="", actor=None, at=world.at)
        if kind in (*ON_PAPER, "one_stop_shop"):
            continue
        role = {"probation_unit": Role.UNIT_HEAD, "crisis_centre": Role.PROVIDER}.get(kind, Role.LEADERSHIP)
        people[kind] = User.objects.create_user(
            f"{kind}-39",
            "long-password-of-a-test",
            role=role,
            agency=agency,
            full_name=f"{kind} Костанай",
            language="en",
        )
    start = world.at.date() - timedelta(days=30)
    edition_adopt(edition_name=EDITION, region=region, from_date=start, actor=world.admin, at=world.at)
    return people


def moved(case: Case, unit: Agency, world: World, days: int) -> Case:
    return case_transfer(
        case=case,
        unit=unit,
        officer=None,
        locality="",
        reason="Переезд.",
        actor=world.bolat,
        at=world.at + timedelta(days=days),
    )


def assert_with_its_own_leadership(case: Case) -> None:
    """The invariant: what waits for an answer or a measure is in front of who answers for the case now."""
    case.refresh_from_db()
    for escalation in Escalation.objects.filter(case=case).select_related("agency", "measure"):
        measure = getattr(escalation, "measure", None)
        if escalation.answered_at is not None and (measure is None or measure.done_at is not None):
            continue
        assert escalation.agency is not None
        if escalation.addressee == UNIT_HEAD:
            assert escalation.agency_id == case.unit_id
        else:
            assert (escalation.agency.kind, escalation.agency.region_id) == (escalation.addressee, case.region_id)


def answered(escalation: Escalation, actor: User, world: World, *, days: int) -> CorrectiveMeasure:
    return escalation_answer(
        escalation=escalation,
        cause="no_resources",
        cause_note="",
        measure="Найти место",
        responsible="Ответственное лицо",
        due_on=(world.at + timedelta(days=days + 3)).date(),
        actor=actor,
        at=world.at + timedelta(days=days),
    )


def test_what_waits_goes_with_the_case_and_what_is_over_stays(world: World, kostanay: dict[str, User]) -> None:
    case = world.enrol(facts=FACTS)
    turn(world.at + timedelta(days=10))
    found = Escalation.objects.filter(case=case)
    assert {e.addressee for e in found} == {UNIT_HEAD, *KINDS}
    assert_with_its_own_leadership(case)
    of_leb = list(found.filter(addressee="leb_leadership").order_by("pk"))
    done = answered(of_leb[0], world.kairat, world, days=10)
    measure_done(measure=done, note="", actor=world.kairat, at=world.at + timedelta(days=11))
    going = answered(of_leb[1], world.kairat, world, days=11)
    moved(case, kostanay["probation_unit"].agency, world, days=12)
    assert_with_its_own_leadership(case)
    of_leb[0].refresh_from_db()
    assert (of_leb[0].agency, of_leb[0].handed_on_at) == (world.kairat.agency, None)
    entries = Entry.objects.filter(kind="escalation.handed_on", case_id=case.pk)
    assert entries.count() == found.exclude(handed_on_at=None).count() == found.count() - 1
    told = Message.objects.filter(case=case, user=kostanay["health_authority"])
    assert told.count() == found.filter(addressee="health_authority").count() > 0
    measure_done(measure=going, note="", actor=kostanay["leb_leadership"], at=world.at + timedelta(days=13))
    turn(world.at + timedelta(days=100))
    assert_with_its_own_leadership(case)


def test_there_and_back_again_tells_each_time(world: World, kostanay: dict[str, User]) -> None:
    case = world.enrol(facts=FACTS)
    turn(world.at + timedelta(days=10))
    before = Message.objects.filter(case=case, user=world.kairat, template="escalation").count()
    moved(case, kostanay["probation_unit"].agency, world, days=11)
    moved(case, world.unit, world, days=12)
    assert_with_its_own_leadership(case)
    assert Message.objects.filter(case=case, user=world.kairat, template="escalation").count() > before


def test_another_unit_of_the_region_has_another_head_and_the_same_leadership(world: World) -> None:
    case = world.enrol(facts=FACTS)
    turn(world.at + timedelta(days=10))
    moved(case, world.erlan.agency, world, days=11)
    assert_with_its_own_leadership(case)
    handed_on = Escalation.objects.filter(case=case).exclude(handed_on_at=None)
    assert {e.addressee for e in handed_on} == {UNIT_HEAD}


def test_what_nobody_there_could_take_is_asked_for_here(world: World, kostanay: dict[str, User]) -> None:
    world.agencies["crisis_centre"].responsible_name = ""
    world.agencies["crisis_centre"].save()
    case = world.enrol(facts=FACTS)
    need = Need.objects.get(case=case, service="safe_place")
    assert need.escalated_no_agency
    assert not need.referrals.exists()
    moved(case, kostanay["probation_unit"].agency, world, days=0)
    referral = need.referrals.get()
    assert (referral.agency, referral.state) == (kostanay["crisis_centre"].agency, Referral.State.SENT)
    assert_with_its_own_leadership(case)


def test_the_new_leadership_answers_and_the_old_one_sees_it_no_more(
    world: World, kostanay: dict[str, User], client: Client
) -> None:
    case = world.enrol(facts=FACTS)
    turn(world.at + timedelta(days=10))
    escalation = Escalation.objects.filter(case=case, addressee="leb_leadership").first()
    assert escalation is not None
    page = reverse("escalation", args=[escalation.pk])
    moved(case, kostanay["probation_unit"].agency, world, days=11)
    client.force_login(world.kairat)
    assert client.get(page).status_code == 404
    client.force_login(kostanay["leb_leadership"])
    assert 'name="cause"' in client.get(page).content.decode()
    client.force_login(kostanay["probation_unit"])
    shown = client.get(reverse("case", args=[case.pk]), headers={"accept-language": "en"}).content.decode()
    assert "with the transfer of the case, it went on to leb_leadership 39" in shown
