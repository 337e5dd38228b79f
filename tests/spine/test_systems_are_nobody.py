"""The account as which a system acts belongs to its agency, and is no person in it: nobody reads what it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from oralu.apps.access.models import ApiClient, Role, User
from oralu.apps.access.selectors import heads_of, officers_of
from oralu.apps.agencies.admin_selectors import duties_of, staff_of
from oralu.apps.agencies.models import Agency
from oralu.apps.messages.models import Message
from oralu.apps.referrals.models import Escalation, Referral
from oralu.apps.routing.policies import edition_adopt, unmanned_addressees
from oralu.apps.routing.worker import turn
from oralu.policyfiles import load_edition
from systems import CALM, systems_of_every_role
from world import EDITION, World

THREAT = {"violence_threat": "yes", "identity_document": "none"}


def only_systems(*agencies: Agency) -> None:
    """Every person of these agencies has gone; their systems go on."""
    User.objects.filter(agency__in=agencies, api_client=None).update(is_active=False)


def test_an_addressee_with_a_system_alone_is_unmanned(world: World) -> None:
    systems_of_every_role(world)
    edition, leadership = load_edition(EDITION), world.agencies["leb_leadership"]
    assert unmanned_addressees(edition=edition, region=world.region) == []
    only_systems(leadership, world.unit)
    assert unmanned_addressees(edition=edition, region=world.region) == ["leb_leadership", "unit_head"]
    with pytest.raises(ValidationError, match="nobody is appointed"):
        edition_adopt(
            edition_name=EDITION,
            region=world.region,
            from_date=world.at.date() + timedelta(days=9),
            actor=world.admin,
            at=world.at,
        )


def test_no_message_is_written_to_a_system(world: World) -> None:
    systems_of_every_role(world)
    machines = set(ApiClient.objects.values_list("user_id", flat=True))
    for agency in world.agencies.values():
        Agency.objects.filter(pk=agency.pk).update(responsible=None, deputy=None)
    world.enrol(facts=THREAT)
    only_systems(world.agencies["one_stop_shop"])
    world.enrol(facts={"identity_document": "none", **CALM})
    turn(world.at + timedelta(days=40))
    assert Referral.objects.filter(agency=world.agencies["one_stop_shop"], state="sent").exists()
    told = set(Message.objects.values_list("user_id", flat=True))
    assert {world.kairat.pk, world.bolat.pk, world.gulnar.pk} <= told
    assert Escalation.objects.exists()
    assert not told & machines


def test_a_system_leads_no_case_and_answers_for_no_agency(world: World) -> None:
    machines = {system.client.user for system in systems_of_every_role(world).values()}
    shop = world.agencies["one_stop_shop"]
    assert {world.aigul, world.bolat} == set(officers_of(world.unit.pk))
    assert list(heads_of(world.unit.pk)) == [world.bolat]
    assert list(staff_of(shop)) == [world.dana]
    assert machines & set(User.objects.filter(agency=shop, role=Role.PROVIDER))
    [duty] = [one for one in duties_of(world.dana) if one.agency == shop]
    assert duty.is_only_account
