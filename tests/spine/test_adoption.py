"""Adopting an edition for a region: refused while somebody is missing, and the open cases are looked at anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Region
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.routing.models import Adoption
from oralu.apps.routing.policies import edition_adopt, unmanned_addressees
from oralu.apps.routing.worker import turn
from oralu.policyfiles import load_edition
from world import EDITION, World


def adopt(world: World, from_date: date, region: Region | None = None) -> Adoption:
    return edition_adopt(
        edition_name=EDITION, region=region or world.region, from_date=from_date, actor=world.admin, at=world.at
    )


def test_open_cases_of_the_region_are_looked_at_on_the_day_from_which_it_is_in_force(world: World) -> None:
    case = world.enrol(facts={"housing": "stable"})
    later = world.at.date() + timedelta(days=3)
    Case.objects.filter(pk=case.pk).update(next_change_on=None)
    adopt(world, later)
    case.refresh_from_db()
    assert case.next_change_on == later
    turn(world.at + timedelta(days=3))
    case.refresh_from_db()
    assert case.evaluated_on == later


def test_an_earlier_day_that_waits_already_is_kept(world: World) -> None:
    case = world.enrol()
    soon = world.at.date() + timedelta(days=1)
    Case.objects.filter(pk=case.pk).update(next_change_on=soon)
    adopt(world, world.at.date() + timedelta(days=20))
    case.refresh_from_db()
    assert case.next_change_on == soon


def test_from_a_day_that_has_come_cases_are_looked_at_today_and_not_in_the_past(world: World) -> None:
    case = world.enrol()
    adopt(world, world.at.date() - timedelta(days=10))
    case.refresh_from_db()
    assert case.next_change_on == world.at.date()


def test_closed_cases_and_those_of_another_region_stay_as_they_are(world: World) -> None:
    closed, elsewhere = world.enrol(), world.enrol()
    Case.objects.filter(pk=closed.pk).update(state="closed", next_change_on=None)
    Case.objects.filter(pk=elsewhere.pk).update(region="75", next_change_on=None)
    adopt(world, world.at.date() + timedelta(days=1))
    assert set(Case.objects.values_list("next_change_on", flat=True)) == {None}


def test_while_an_addressee_has_no_active_user_nothing_is_adopted(world: World) -> None:
    case = world.enrol()
    before = Case.objects.get(pk=case.pk).next_change_on
    User.objects.filter(agency=world.agencies["leb_leadership"]).update(is_active=False)
    with pytest.raises(ValidationError):
        adopt(world, world.at.date() + timedelta(days=1))
    assert Adoption.objects.count() == 1
    assert Case.objects.get(pk=case.pk).next_change_on == before
    assert Entry.objects.filter(kind="edition.adopted").count() == 1


def test_a_region_without_agencies_names_everybody_who_is_missing(world: World) -> None:
    edition, region = load_edition(EDITION), Region.objects.get(code="75")
    missing = unmanned_addressees(edition=edition, region=region)
    assert set(missing) == {rule.agency for rule in edition.rules} | {rule.on_breach for rule in edition.rules}
    with pytest.raises(ValidationError):
        adopt(world, world.at.date(), region)


def test_one_adoption_a_day(world: World) -> None:
    adopt(world, world.at.date())
    with pytest.raises(ValidationError):
        adopt(world, world.at.date())
