"""The closed grammar of conditions: what a line of the policy may ask, and nothing else.

A condition is read from plain data together with a `Scope`, which says what may be named at that place. Whatever the
grammar does not know is an error at load, so no rule can hide a computation that nobody has reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from oralu.core.reading import Item, listed

SEXES = ("female", "male")
ANY_DOMAIN = "any"


class Condition:
    """A node of a condition."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class All(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition


@dataclass(frozen=True, slots=True)
class Term(Condition):
    """A condition that has a name, such as "a threat"."""

    name: str
    part: Condition


@dataclass(frozen=True, slots=True)
class FactIn(Condition):
    """False while the fact is unknown."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactUnknown(Condition):
    fact: str


@dataclass(frozen=True, slots=True)
class FactEvidence(Condition):
    fact: str


@dataclass(frozen=True, slots=True)
class FactAge(Condition):
    """The effective day of a known fact is `days` or more ago."""

    fact: str
    days: int


@dataclass(frozen=True, slots=True)
class DayFrom(Condition):
    day: int


@dataclass(frozen=True, slots=True)
class SexIs(Condition):
    sex: str


@dataclass(frozen=True, slots=True)
class MinorChildren(Condition):
    present: bool


@dataclass(frozen=True, slots=True)
class PointsIn(Condition):
    """`raw`: before the override by a critical failure (only inside the failure of the same domain)."""

    domain: str
    points: tuple[int, ...]
    raw: bool = False


@dataclass(frozen=True, slots=True)
class RiskIn(Condition):
    domain: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure(Condition):
    """`ahead`: it would hold on the same facts that many days later."""

    domain: str
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Referral(Condition):
    """A referral of the domain ("any": of whichever) has been sent, or has been served."""

    domain: str
    served: bool


@dataclass(frozen=True, slots=True)
class Breached(Condition):
    domain: str


@dataclass(frozen=True)
class Scope:
    """What a condition may name at its place. `settled`: domains whose points and failure are given before this place
    is read; `own_points`: the domain whose points before the override are readable; `risks`: domains whose risk is."""

    values: Mapping[str, tuple[str, ...]]
    domains: tuple[str, ...]
    risk_levels: tuple[str, ...]
    highest_points: int
    terms: Mapping[str, Item]
    used_terms: set[str] = field(default_factory=set)
    this: str | None = None
    settled: frozenset[str] = frozenset()
    own_points: str | None = None
    risks: frozenset[str] = frozenset()
    ahead: bool = False
    inside: tuple[str, ...] = ()


_FORMS: dict[str, tuple[str, ...]] = {
    "all": (),
    "any": (),
    "not": (),
    "term": (),
    "fact": ("in",),
    "unknown": (),
    "evidence": (),
    "age_of": ("days",),
    "from_day": (),
    "sex": (),
    "minor_children": (),
    "points": ("in",),
    "risk": ("in",),
    "failure": (),
    "referral": ("is",),
    "breached": (),
}


def read_condition(item: Item, scope: Scope) -> Condition:
    """One condition. Raises `EditionError` on anything that the grammar or the scope does not know."""
    data = item.data
    heads = [key for key in data if key in _FORMS] if isinstance(data, dict) else []
    if len(heads) != 1:
        item.fail("is not a condition", f"Write a mapping with exactly one of: {listed(list(_FORMS))}.")
    head = heads[0]
    optional = ("ahead",) if head == "failure" else ()
    keys = item.keys((head, *_FORMS[head]), optional)
    if head in ("all", "any"):
        parts = tuple(read_condition(part, scope) for part in keys[head].each())
        return All(parts) if head == "all" else AnyOf(parts)
    if head == "not":
        return Not(read_condition(keys[head], scope))
    if head == "term":
        return _read_term(keys[head], scope)
    if head in ("fact", "unknown", "evidence", "age_of"):
        return _read_fact(head, keys, scope)
    if head == "from_day":
        return DayFrom(keys[head].integer(-36_500))
    if head == "sex":
        return SexIs(keys[head].choice(SEXES, "sex"))
    if head == "minor_children":
        return MinorChildren(keys[head].boolean())
    return _read_domain(head, keys, scope)


def _read_term(item: Item, scope: Scope) -> Condition:
    name = item.choice(list(scope.terms), "term")
    if name in scope.inside:
        item.fail(f"the term {name!r} stands on itself", "Break the circle.")
    scope.used_terms.add(name)
    return Term(name, read_condition(scope.terms[name], replace(scope, inside=(*scope.inside, name))))


def _read_fact(head: str, keys: dict[str, Item], scope: Scope) -> Condition:
    name = keys[head].choice(list(scope.values), "fact")
    if head == "fact":
        return FactIn(name, keys["in"].choices(scope.values[name], f"value of {name}"))
    if head == "age_of":
        return FactAge(name, keys["days"].integer(1))
    return FactUnknown(name) if head == "unknown" else FactEvidence(name)


def _read_domain(head: str, keys: dict[str, Item], scope: Scope) -> Condition:
    item = keys[head]
    if item.data == "this" and scope.this is not None:
        name = scope.this
    elif head == "referral" and item.data == ANY_DOMAIN:
        name = ANY_DOMAIN
    else:
        name = item.choice(scope.domains, "domain")
    if head == "breached":
        return Breached(name)
    if head == "referral":
        return Referral(name, keys["is"].choice(("sent", "served"), "state of a referral here") == "served")
    if head == "risk":
        if name not in scope.risks:
            item.fail(
                f"the risk of {name!r} is not known here",
                "Points and failures never read a risk, since a risk already looks ahead; a risk reads only those of "
                "the domains before it.",
            )
        return RiskIn(name, keys["in"].choices(scope.risk_levels, "risk level"))
    if head == "points" and name == scope.own_points:
        return PointsIn(name, _read_points(keys["in"], scope), raw=True)
    if name not in scope.settled:
        item.fail(
            f"{head} of {name!r} would be read before it is given",
            "A domain reads only the domains before it in the list of the edition, the judging one being the last.",
        )
    if head == "points":
        return PointsIn(name, _read_points(keys["in"], scope))
    ahead = 0
    if "ahead" in keys:
        ahead = keys["ahead"].integer(1)
        if not scope.ahead:
            keys["ahead"].fail("only a line of risk looks ahead", "Remove the key.")
    return Failure(name, ahead)


def _read_points(item: Item, scope: Scope) -> tuple[int, ...]:
    found: list[int] = []
    for part in item.each():
        points = part.integer()
        if points > scope.highest_points or points in found:
            part.fail(f"{points} is beyond the scale or stands twice", f"Points go from 0 to {scope.highest_points}.")
        found.append(points)
    return tuple(found)


def walk(condition: Condition) -> Iterator[Condition]:
    """The node and all below it."""
    yield condition
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from walk(part)
    elif isinstance(condition, Not | Term):
        yield from walk(condition.part)


def facts_in(condition: Condition) -> set[str]:
    """The facts that a condition names itself, not through the result of a domain."""
    return {n.fact for n in walk(condition) if isinstance(n, FactIn | FactUnknown | FactEvidence | FactAge)}
