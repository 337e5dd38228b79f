"""Rows by the thousand: objects made quickly are those that the constructor makes; what they point at is checked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from oralu.apps.cases.models import Case, EvaluationRecord, Statement
from oralu.apps.referrals.models import Clock, ClockInterval, Need, Referral
from oralu.apps.rows import PointersChecked, row_new, rows_insert
from world import World

MADE = [Statement, Need, Clock, ClockInterval, Referral, EvaluationRecord]


@pytest.mark.parametrize("model", MADE, ids=lambda model: model.__name__)
def test_an_object_made_quickly_is_the_one_that_the_constructor_makes(model):
    quick, usual = row_new(model), model()
    assert {f.attname: getattr(quick, f.attname) for f in model._meta.concrete_fields} == {
        f.attname: getattr(usual, f.attname) for f in model._meta.concrete_fields
    }
    assert quick._state.adding
    assert quick._state.db is None


def test_its_relations_lead_to_the_objects_given():
    case = Case(pk=7)
    need = row_new(Need, {"case": case}, service="safe_place")
    clock = row_new(Clock, {"need": need}, case_id=7)
    assert (need.case, need.case_id, clock.need, clock.need_id) == (case, 7, need, None)


def test_defaults_are_not_shared():
    one, other = row_new(Case), row_new(Case)
    one.failures.append("housing")
    assert other.failures == []


def test_a_column_that_the_model_does_not_have_is_refused():
    with pytest.raises(TypeError, match="Need has no column"):
        row_new(Need, services="safe_place")


@pytest.mark.django_db
def test_a_pointer_to_nothing_is_found_before_the_commit(world: World):
    case = world.enrol(facts={})
    told = {"name": "housing", "value": "stable", "effective_on": world.at.date(), "recorded_at": world.at}
    pointers = PointersChecked()
    with transaction.atomic():
        rows_insert([row_new(Statement, case_id=case.pk, **told)])
        pointers.send()
        pointers.close()
        pointers.close()
        assert Statement.objects.filter(case=case).count() == 1
    with transaction.atomic():
        rows_insert([row_new(Statement, case_id=case.pk + 1000, **told)])
        pointers.send()
        with pytest.raises(IntegrityError):
            pointers.close()
        transaction.set_rollback(True)
    assert Statement.objects.filter(case=case).count() == 1


@pytest.mark.django_db
def test_what_is_written_later_is_checked_at_the_commit_again(world: World):
    """The check at once is for what stands; then pointers may again be written before what they point at."""
    case = world.enrol(facts={})
    pointers = PointersChecked()
    with transaction.atomic():
        pointers.send()
        pointers.close()
        clock = row_new(Clock, case_id=case.pk, limit_at=world.at + timedelta(days=1))
        interval = row_new(
            ClockInterval, clock_id=10**9, kind="running", start=datetime.fromtimestamp(0, tz=world.at.tzinfo)
        )
        rows_insert([clock])
        rows_insert([interval])
        ClockInterval.objects.filter(pk=interval.pk).update(clock_id=clock.pk)
    assert ClockInterval.objects.get(pk=interval.pk).clock_id == clock.pk
