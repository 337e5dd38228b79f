"""Rows by the thousand: objects made quickly are those that the constructor makes; what they point at is checked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import DataError, IntegrityError, transaction

from oralu.apps.behind import writing_behind
from oralu.apps.cases.models import Case, EvaluationRecord, Statement
from oralu.apps.referrals.models import Clock, ClockInterval, Need, Referral
from oralu.apps.rows import row_new, rows_insert, rows_update
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


def told_of(world: World) -> dict[str, object]:
    return {"name": "housing", "value": "stable", "effective_on": world.at.date(), "recorded_at": world.at}


def write_behind(*batches: list[Statement], then: Callable[[], object] = lambda: None) -> None:
    with transaction.atomic(), writing_behind():
        for batch in batches:
            rows_insert(batch)
        then()


@pytest.mark.django_db
def test_a_pointer_to_nothing_is_found_before_the_commit(world: World):
    case = world.enrol(facts={})
    with transaction.atomic(), writing_behind():
        rows_insert([row_new(Statement, case_id=case.pk, **told_of(world))])
        assert Statement.objects.filter(case=case).count() == 1
    with pytest.raises(IntegrityError):
        write_behind([row_new(Statement, case_id=case.pk + 1000, **told_of(world))])
    assert Statement.objects.filter(case=case).count() == 1


@pytest.mark.django_db
def test_what_is_written_behind_is_what_is_written_at_once(world: World):
    case = world.enrol(facts={})
    at_once = [row_new(Statement, case_id=case.pk, **told_of(world) | {"reason": f"«{n}» % $1"}) for n in range(3)]
    behind = [row_new(Statement, case_id=case.pk, **told_of(world) | {"reason": f"«{n}» % $1"}) for n in range(3)]
    rows_insert(at_once)
    with transaction.atomic(), writing_behind():
        rows_insert(behind)
        assert len({s.pk for s in (*at_once, *behind)}) == 6
        with transaction.atomic():
            case.locality = "Темиртау"
            rows_update([case], ["locality"])
        assert Case.objects.get(pk=case.pk).locality == "Темиртау"
        stored = {s.pk: s for s in Statement.objects.filter(case=case)}
    columns = [f.attname for f in Statement._meta.concrete_fields if not f.primary_key]
    for one, other in zip(at_once, behind, strict=True):
        assert not other._state.adding
        assert {c: getattr(stored[one.pk], c) for c in columns} == {c: getattr(stored[other.pk], c) for c in columns}


@pytest.mark.django_db
def test_what_the_database_refuses_is_said_at_the_next_question_and_leaves_nothing(world: World):
    case = world.enrol(facts={})
    wrong = row_new(Statement, case_id=case.pk, **told_of(world) | {"name": "x" * 1000})
    with pytest.raises(DataError, match="too long"):
        write_behind([row_new(Statement, case_id=case.pk, **told_of(world))], [wrong], then=Statement.objects.count)
    assert not Statement.objects.filter(case=case).exists()
    with pytest.raises(DataError, match="too long"):
        write_behind([wrong])
    assert not Statement.objects.filter(case=case).exists()


@pytest.mark.django_db
def test_who_gives_up_leaves_nothing_and_no_thread(world: World):
    case = world.enrol(facts={})
    rows = [row_new(Statement, case_id=case.pk, **told_of(world)) for _ in range(200)]
    with pytest.raises(KeyError):
        write_behind(rows, then=lambda: {}["nothing"])
    assert not Statement.objects.filter(case=case).exists()
    assert "writing-behind" not in {thread.name for thread in threading.enumerate()}
    rows_insert([row_new(Statement, case_id=case.pk, **told_of(world))])
    assert Statement.objects.filter(case=case).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_behind_without_a_transaction():
    with pytest.raises(RuntimeError, match="has to stand in a transaction"), writing_behind():
        pass


@pytest.mark.django_db
def test_what_fails_within_fails_the_whole(world: World):
    """No savepoint is made, so nothing may go on as if there had been one."""
    case = world.enrol(facts={})

    def fail_and_go_on() -> None:
        with suppress(KeyError), transaction.atomic():
            raise KeyError
        Statement.objects.count()

    with pytest.raises(transaction.TransactionManagementError):
        write_behind([row_new(Statement, case_id=case.pk, **told_of(world))], then=fail_and_go_on)
    assert not Statement.objects.filter(case=case).exists()
