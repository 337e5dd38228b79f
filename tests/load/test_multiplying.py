"""A multiplied world is a register like any other: every pointer leads somewhere, every clock is what its log says."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey

from oralu.apps.access.models import User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.cases.models import Case
from oralu.apps.journal.models import Entry
from oralu.apps.people.models import Person
from oralu.apps.referrals.clocks import COMPUTED, clock_compute, intervals_of
from oralu.apps.referrals.models import Clock, Escalation, Need
from oralu.apps.routing.evaluating import cases_evaluate
from oralu.apps.routing.planning import Cause
from oralu.apps.routing.worker import turn
from oralu.core.identifiers import iin_problems
from oralu.load import Multiplier
from oralu.load.multiplying import towns
from world import build

if TYPE_CHECKING:
    from oralu.server.postgres import Server


def test_the_first_copy_of_a_town_stands_for_it() -> None:
    assert towns([3, 1, 2]) == [0, 0, 0, 3, 4, 4]
    assert towns([]) == []


@pytest.mark.django_db(transaction=True)
def test_copies_of_one_town_share_its_agencies_and_bring_their_own_staff(database_server: Server) -> None:
    world = build()
    world.enrol(facts={"identity_document": "none"})
    agencies, staff = Agency.objects.count(), User.objects.count()
    regions = list(Region.objects.values_list("code", flat=True)[:2])
    with database_server.connect_admin() as admin:
        multiplier = Multiplier(admin, regions=regions, sizes=[2, 1])
        multiplier.add(5)
        multiplier.add(3)
    assert User.objects.count() == 9 * staff
    assert Agency.objects.count() == (1 + 3 + 3) * agencies, "two towns in each region, then the first of the next"
    for case in Case.objects.exclude(pk=Case.objects.earliest("pk").pk).select_related("unit", "officer"):
        assert case.region_id == case.unit.region_id
        assert case.officer.agency_id == case.unit_id
    sizes = Counter(Case.objects.values_list("unit", flat=True)).values()
    assert sorted(sizes) == [1, 1, 1, 1, 1, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_a_multiplied_world_is_a_register_like_any_other(database_server: Server) -> None:
    world = build()
    for n in range(3):
        world.enrol(
            facts={"identity_document": "none", "housing": "homeless", "medical_need": "high"}, import_key=f"{n}"
        )
    at = world.at + timedelta(hours=26)
    turn(at)
    escalations = Escalation.objects.count()
    regions = list(Region.objects.values_list("code", flat=True)[:3])
    with database_server.connect_admin() as admin:
        multiplier = Multiplier(admin, regions=regions, history=True)
        multiplier.add(3)
        multiplier.add(2)
    assert Case.objects.count() == 18
    assert Agency.objects.count() == 6 * len([*world.agencies, "the other unit"])
    assert Escalation.objects.count() == 6 * escalations > 0
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                lost = model._default_manager.filter(**{f"{field.name}__isnull": False})
                there = field.related_model._default_manager.values(field.target_field.name)
                assert not lost.exclude(**{f"{field.attname}__in": there}).exists(), field
    people = list(Person.objects.all())
    assert all(not iin_problems(p.iin, birth_date=p.birth_date, sex=p.sex) for p in people)
    assert len({(p.iin, p.birth_date) for p in people}) == len(people)
    clocks = list(Clock.objects.filter(need__isnull=False))
    logs = intervals_of(c.pk for c in clocks)
    for clock in clocks:
        before = [getattr(clock, name) for name in COMPUTED]
        clock_compute(clock, logs[clock.pk])
        assert [getattr(clock, name) for name in COMPUTED] == before
    needs = list(Need.objects.values_list("pk", "state"))
    for case in Case.objects.all():
        cases_evaluate(case_ids=[case.pk], actor=None, at=at, cause=Cause("human"))
    assert list(Need.objects.values_list("pk", "state")) == needs
    entries = Entry.objects.count()
    turn(at + timedelta(hours=23))
    assert Entry.objects.count() > entries
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_indexes where schemaname = 'public' and indexname = 'clock_due'")
        assert cursor.fetchone() == (1,)
