"""The transition tables: every edge leads to a state of its table, every refusal says what is allowed."""

from __future__ import annotations

import pytest

from oralu.core.lifecycle import (
    CASE,
    NEED,
    PLAN,
    POLICY_REFERRAL_STATES,
    REFERRAL,
    TABLES,
    UNSENT,
    Table,
    TransitionError,
    can,
)


def walk(table: Table, *events: str) -> str:
    state = table.initial
    for event in events:
        state = can(table, state, event)
    return state


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_every_event_is_either_taken_or_refused_by_name(table: Table) -> None:
    for state in table.states:
        for event in table.events:
            if event in table.allowed(state):
                assert can(table, state, event) in table.states
            else:
                with pytest.raises(TransitionError) as refused:
                    can(table, state, event)
                text = str(refused.value)
                assert repr(state) in text
                assert repr(event) in text
                assert all(name in text for name in table.allowed(state)) or state in table.final


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_every_state_is_reached_from_the_first_one(table: Table) -> None:
    reached, todo = set(), [table.initial]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += [can(table, state, event) for event in table.allowed(state)]
    assert reached == set(table.states)


def test_the_policy_sees_exactly_the_states_of_its_closed_list() -> None:
    assert set(POLICY_REFERRAL_STATES) == {
        "sent",
        "acknowledged",
        "accepted",
        "served",
        "disputed",
        "not_served",
        "declined",
        "withdrawn",
    }
    assert set(REFERRAL.states) - set(POLICY_REFERRAL_STATES) == UNSENT


def test_a_referral_without_consent_never_becomes_one_that_counts_as_sent() -> None:
    assert walk(REFERRAL, "ask_consent", "discard") in UNSENT
    for state in UNSENT:
        for event in REFERRAL.allowed(state):
            assert can(REFERRAL, state, event) in UNSENT | {"sent"}


def test_a_dispute_ends_in_served_or_not() -> None:
    assert walk(REFERRAL, "send", "acknowledge", "accept", "report_served") == "served"
    assert walk(REFERRAL, "send", "accept", "report_served", "dispute", "uphold") == "not_served"
    assert walk(REFERRAL, "send", "accept", "report_served", "dispute", "report_served") == "served"


def test_a_case_survives_a_search_and_ends_once() -> None:
    assert walk(CASE, "suspend", "resume", "close") == "closed"
    with pytest.raises(TransitionError, match="the state is final"):
        walk(CASE, "close", "resume")


def test_a_met_need_is_done_and_an_agreed_plan_gives_way() -> None:
    with pytest.raises(TransitionError, match="final"):
        walk(NEED, "meet", "refuse")
    assert walk(PLAN, "agree", "supersede") == "superseded"


def test_an_unknown_state_and_a_table_with_a_loose_end_are_refused() -> None:
    with pytest.raises(TransitionError, match="unknown state 'lost'"):
        can(CASE, "lost", "resume")
    with pytest.raises(ValueError, match="somewhere"):
        Table("loose", "a", {"a": {"go": "somewhere"}})
