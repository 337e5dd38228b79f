"""Any edition, interpreted plainly: conditions walked node by node, every choice of values and every day tried.

Slow and obvious, for comparison with the compiled evaluation on editions that no page describes."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

from oralu.core import grammar as g
from oralu.core.edition import Edition
from oralu.core.evaluation import ReferralState, Snapshot
from oralu.core.facts import FactState


class Plain:
    """A snapshot on a day that need not be its own."""

    def __init__(self, edition: Edition, snapshot: Snapshot, day: int) -> None:
        self.edition, self.snapshot, self.day = edition, snapshot, day

    def known(self, name: str) -> FactState | None:
        fact = self.snapshot.facts.get(name)
        if fact is None or fact.value in ("asked_unknown", "refused"):
            return None
        return None if fact.until is not None and fact.until <= self.day else fact

    def holds(self, node: g.Condition | None) -> bool:
        s = self.snapshot
        match node:
            case None:
                return True
            case g.All(parts):
                return all(self.holds(p) for p in parts)
            case g.AnyOf(parts):
                return any(self.holds(p) for p in parts)
            case g.Not(part):
                return not self.holds(part)
            case g.Term(_, part):
                return self.holds(part)
            case g.FactIn(fact, values):
                return self.known(fact) is not None and self.known(fact).value in values
            case g.FactUnknown(fact):
                return self.known(fact) is None
            case g.FactEvidence(fact):
                return self.known(fact) is not None and self.known(fact).evidence
            case g.FactAge(fact, days):
                return self.known(fact) is not None and self.day - self.known(fact).day >= days
            case g.DayFrom(day):
                return self.day >= day
            case g.SexIs(sex):
                return s.sex == sex
            case g.MinorChildren(present):
                return s.minor_children == present
            case g.PointsIn(domain, points, raw):
                return (self.raw(domain) if raw else self.points(domain)) in points
            case g.RiskIn(domain, levels):
                return self.risk(domain) in levels
            case g.Failure(domain, ahead):
                return Plain(self.edition, s, self.day + ahead).failed(domain)
            case g.Referral(domain, served):
                states = self.edition.served_states if served else self.edition.referral_states
                return any(domain in ("any", r.domain) and r.state in states for r in s.referrals)
            case g.Breached(domain):
                return domain in s.breached
        raise TypeError(node)

    def raw(self, domain: str) -> int:
        line = next(line for line in self.edition.policies[domain].points if self.holds(line.when))
        return line.points if self.holds(line.proof) else line.unproved

    def failed(self, domain: str) -> bool:
        return any(self.holds(line.when) for line in self.edition.policies[domain].failures)

    def points(self, domain: str) -> int:
        return 0 if self.failed(domain) else self.raw(domain)

    def risk(self, domain: str) -> str:
        levels = self.edition.risk_levels
        holding = [line.level for line in self.edition.policies[domain].risks if self.holds(line.when)]
        return max(holding, key=levels.index)

    def rules(self) -> list[str]:
        return [rule.code for rule in self.edition.rules if self.holds(rule.when)]

    def signature(self) -> object:
        return [(self.points(d), self.risk(d), self.failed(d)) for d in self.edition.domains], self.rules()

    def provisional(self, domain: str) -> bool:
        unknown = [fact for fact in self.edition.facts_of(domain) if self.known(fact.name) is None]
        for chosen in product(*(fact.codes for fact in unknown)):
            facts = dict(self.snapshot.facts)
            facts |= {f.name: FactState(v, self.day, True) for f, v in zip(unknown, chosen, strict=True)}
            other = Plain(self.edition, replace(self.snapshot, facts=facts), self.day)
            if (other.points(domain), other.risk(domain)) != (self.points(domain), self.risk(domain)):
                return True
        return False

    def next_change(self, horizon: int) -> int | None:
        now = self.signature()
        later = range(self.day + 1, self.day + horizon + 1)
        return next((d for d in later if Plain(self.edition, self.snapshot, d).signature() != now), None)


def random_snapshot(edition: Edition, rng: random.Random, days: list[int], ages: list[int]) -> Snapshot:
    day = rng.choice([*days, rng.randint(min(days) - 30, max(days) + 30)])
    facts = {}
    for fact in edition.facts:
        if rng.random() < 0.25:
            continue
        since = day - rng.choice(ages)
        until = max(since + 1, day + rng.choice([-3, 0, 1, 5, 12, 21, 60])) if rng.random() < 0.3 else None
        value = rng.choice([*fact.codes, *fact.codes, "asked_unknown", "refused"])
        facts[fact.name] = FactState(value, since, rng.random() < 0.6, until)
    referrals = [
        ReferralState(rng.choice(edition.domains), rng.choice(edition.referral_states))
        for _ in range(rng.choice([0, 1, 3]))
    ]
    return Snapshot(
        day=day,
        sex=rng.choice(["female", "male"]),
        facts=facts,
        referrals=tuple(referrals),
        breached=frozenset(d for d in edition.domains if rng.random() < 0.1),
        minor_children=rng.random() < 0.3,
        failed_before=rng.choice([None, True, False]) if edition.failure_scope == "ever" else None,
    )
