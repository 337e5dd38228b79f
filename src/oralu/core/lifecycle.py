"""The states of a case, a need, a referral and a plan, as transition tables.

Tables and not code, so that a screen can offer exactly the buttons that would work, a test can walk every edge, and a
lawyer can read what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class TransitionError(ValueError):
    """An event that the state does not allow."""


@dataclass(frozen=True)
class Table:
    """`moves[state][event]` is the next state. Every state stands as a key; one without events is final."""

    name: str
    initial: str
    moves: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        reached = {self.initial} | {state for row in self.moves.values() for state in row.values()}
        if reached != set(self.moves):
            raise ValueError(f"{self.name}: states listed and reached differ: {sorted(reached ^ set(self.moves))}")

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.moves)

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(event for row in self.moves.values() for event in row))

    @property
    def final(self) -> frozenset[str]:
        return frozenset(state for state, row in self.moves.items() if not row)

    def allowed(self, state: str) -> tuple[str, ...]:
        """The events that a state takes, in the order of the table. Raises `TransitionError` for an unknown state."""
        if state not in self.moves:
            raise TransitionError(f"{self.name}: unknown state {state!r}; known are {', '.join(self.moves)}")
        return tuple(self.moves[state])


def can(table: Table, state: str, event: str) -> str:
    """The state that follows. Raises `TransitionError` naming the state, the event and what is allowed instead."""
    allowed = table.allowed(state)
    if event not in allowed:
        instead = f"allowed: {', '.join(allowed)}" if allowed else "the state is final"
        raise TransitionError(f"{table.name}: {event!r} is not allowed in state {state!r}; {instead}")
    return table.moves[state][event]


CASE = Table(
    "case",
    "open",
    {
        "open": {"suspend": "suspended", "close": "closed"},
        "suspended": {"resume": "open", "close": "closed"},
        "closed": {},
    },
)
"""One episode. `suspended`: the person is searched for. A transfer leaves the state as it is. Why a case was closed
(term, court, amnesty, recall, new sentence, death) is its ground, not another state; a new episode is a new case."""

NEED = Table(
    "need",
    "open",
    {
        "open": {"meet": "met", "refuse": "refused", "withdraw": "withdrawn"},
        "met": {},
        "refused": {},
        "withdrawn": {},
    },
)
"""A breach is a mark on a need, not a state. A rule that holds anew, and a person who has changed their mind, open a
new need with a new clock."""

REFERRAL = Table(
    "referral",
    "draft",
    {
        "draft": {"ask_consent": "waiting_consent", "send": "sent", "discard": "discarded"},
        "waiting_consent": {
            "consent_given": "sent",
            "consent_given_on_paper": "draft",
            "discard": "discarded",
        },
        "discarded": {},
        "sent": {"acknowledge": "acknowledged", "accept": "accepted", "decline": "declined", "withdraw": "withdrawn"},
        "acknowledged": {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"},
        "accepted": {
            "report_served": "served",
            "report_not_served": "not_served",
            "decline": "declined",
            "withdraw": "withdrawn",
        },
        "served": {"dispute": "disputed"},
        "disputed": {"report_served": "served", "overrule": "served", "uphold": "not_served", "withdraw": "withdrawn"},
        "not_served": {},
        "declined": {},
        "withdrawn": {},
    },
)
"""A referral that was never sent is `discarded`, not `withdrawn`: the policy counts a withdrawn one as sent."""

UNSENT = frozenset({"draft", "waiting_consent", "discarded"})
"""States of a referral that the policy does not see."""

GOING = tuple(s for s in REFERRAL.states if s not in REFERRAL.final | {"served", "disputed"})
"""States of an attempt that is under way; a need has at most one of them."""

WITH_AGENCY = tuple(state for state in GOING if state not in UNSENT)
"""States of an attempt that an agency has not answered to the end."""

POLICY_REFERRAL_STATES = tuple(state for state in REFERRAL.states if state not in UNSENT)
"""The closed list of the policy, "Facts": sent, acknowledged, accepted, served, disputed, not_served, declined,
withdrawn."""

PLAN = Table(
    "plan",
    "draft",
    {
        "draft": {"agree": "agreed", "supersede": "superseded"},
        "agreed": {"supersede": "superseded"},
        "superseded": {},
    },
)
"""A version of the individual reintegration plan; a change is a new version that supersedes the old one."""

TABLES: Mapping[str, Table] = {table.name: table for table in (CASE, NEED, REFERRAL, PLAN)}
