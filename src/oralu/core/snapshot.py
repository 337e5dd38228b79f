"""What is known of a case on a day, as an evaluation takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from oralu.core.edition import Edition
from oralu.core.facts import ANSWERS_WITHOUT_VALUE, FactState
from oralu.core.grammar import SEXES


class SnapshotError(ValueError):
    """A snapshot that the edition cannot judge; the message names the fact or the field."""


@dataclass(frozen=True, slots=True)
class ReferralState:
    domain: str
    state: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a case on a day. `day` counts from the anchor of the edition; `breached`: the domains that have
    a need open and past its limit; `failed_before`: read only under the failure scope "ever"."""

    day: int
    sex: str
    facts: Mapping[str, FactState] = field(default_factory=dict)
    referrals: tuple[ReferralState, ...] = ()
    breached: frozenset[str] = frozenset()
    minor_children: bool = False
    failed_before: bool | None = None


@lru_cache(maxsize=32)
def _codes(edition: Edition) -> dict[str, frozenset[str]]:
    return {fact.name: frozenset(fact.codes) for fact in edition.facts}


def validate(edition: Edition, snapshot: Snapshot) -> None:
    """Raises `SnapshotError`; see `evaluate`."""
    if snapshot.sex not in SEXES:
        raise SnapshotError(f"sex {snapshot.sex!r} is not one of {', '.join(SEXES)}")
    codes = _codes(edition)
    for name, state in snapshot.facts.items():
        if name not in codes:
            raise SnapshotError(f"{name!r} is not a fact of {edition.id}")
        if state.value not in codes[name] and state.value not in ANSWERS_WITHOUT_VALUE:
            raise SnapshotError(f"{state.value!r} is not a value of {name}")
        if state.day > snapshot.day:
            raise SnapshotError(f"{name} is dated {state.day}, after the day {snapshot.day}")
        if state.until is not None and state.until <= state.day:
            raise SnapshotError(f"{name} ends on {state.until}, which is not after its own day {state.day}")
    for referral in snapshot.referrals:
        if referral.domain not in edition.domains or referral.state not in edition.referral_states:
            raise SnapshotError(f"a referral of {referral.domain!r} in the state {referral.state!r} is not known")
    for domain in snapshot.breached:
        if domain not in edition.domains:
            raise SnapshotError(f"{domain!r} is not a domain of {edition.id}")
