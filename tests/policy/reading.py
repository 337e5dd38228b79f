"""A second reading of the policy page, in plain Python and by brute force, for comparison with `evaluate`.

It knows the first edition by heart and shares no code with the package: nothing is compiled, cached or bounded."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

VOCABULARY: dict[str, dict[str, list[str]]] = {
    "legal": {
        "identity_document": ["none", "applied", "held"],
        "residence_registration": ["none", "applied", "temporary", "permanent"],
    },
    "housing": {
        "housing": ["homeless", "with_aggressor", "unsafe", "shelter", "temporary", "stable"],
        "violence_threat": ["no", "yes", "controlled"],
        "exploitation_risk": ["no", "yes", "controlled"],
    },
    "economic": {
        "income": ["none", "informal", "lawful"],
        "employment_track": ["none", "referred", "registered", "training", "social_contract", "employed"],
    },
    "medical": {
        "clinic_attachment": ["none", "applied", "attached"],
        "screening": ["none", "scheduled", "done"],
        "medical_need": ["low", "high"],
        "medical_help": ["none", "referred", "receiving", "completed"],
        "psychological_need": ["low", "high"],
        "psychological_help": ["none", "referred", "receiving", "completed"],
        "family_contact": ["none", "wanted", "assessed_safe", "assessed_unsafe", "restored"],
    },
    "institutional": {"plan": ["none", "draft", "agreed"]},
}
FOUR = ("legal", "housing", "economic", "medical")
FIVE = (*FOUR, "institutional")
STATES = ("sent", "acknowledged", "accepted", "served", "disputed", "not_served", "declined", "withdrawn")
Record = dict[str, Any]


class Case:
    """A record of the contract, on some day."""

    def __init__(self, record: Record, day: int, facts: dict[str, Any] | None = None) -> None:
        self.record, self.day = record, day
        self.facts = record.get("facts", {}) if facts is None else facts

    def value(self, name: str) -> str | None:
        fact = self.facts.get(name)
        if fact is None or fact["value"] in ("asked_unknown", "refused"):
            return None
        if "until" in fact and fact["until"] <= self.day:
            return None
        return str(fact["value"])

    def proven(self, name: str) -> bool:
        return self.value(name) is not None and self.facts[name].get("evidence", False)

    def sent(self, domain: str | None = None) -> bool:
        return any(domain in (None, r["domain"]) for r in self.record.get("referrals", []))

    def served(self) -> bool:
        return any(r["state"] == "served" for r in self.record.get("referrals", []))

    @property
    def threat(self) -> bool:
        return self.value("violence_threat") == "yes" or self.value("exploitation_risk") == "yes"

    @property
    def papers(self) -> bool:
        return self.value("identity_document") == "held" and self.value("residence_registration") in (
            "temporary",
            "permanent",
        )

    @property
    def no_way_to_income(self) -> bool:
        return self.value("income") != "lawful" and self.value("employment_track") in (None, "none", "referred")

    def raw(self, domain: str) -> int:
        v = self.value
        if domain == "legal":
            if self.papers:
                return 2 if self.proven("identity_document") and self.proven("residence_registration") else 1
            return int(v("identity_document") in ("applied", "held") or v("residence_registration") == "applied"
                       or v("residence_registration") in ("temporary", "permanent"))  # fmt: skip
        if domain == "housing":
            if v("housing") == "stable":
                return 2 if self.proven("housing") else 1
            return int(v("housing") in ("shelter", "temporary"))
        if domain == "economic":
            matched = [n for n, ok in (("income", ("lawful",)),
                                       ("employment_track", ("training", "social_contract", "employed")))
                       if v(n) in ok]  # fmt: skip
            if matched:
                return 2 if any(self.proven(n) for n in matched) else 1
            return int(v("employment_track") in ("referred", "registered"))
        if domain == "medical":
            return self.raw_medical()
        needy = [d for d in FOUR if self.points(d) < 2]
        if v("plan") == "agreed" and (
            (all(self.sent(d) for d in needy) and self.served()) or (not needy and not self.sent())
        ):
            return 2 if self.proven("plan") else 1
        return int(v("plan") in ("draft", "agreed") or self.sent())

    def raw_medical(self) -> int:
        v = self.value
        helps = [k for k in ("medical", "psychological") if v(f"{k}_need") == "high"]
        known = v("medical_need") is not None and v("psychological_need") is not None
        base = v("clinic_attachment") == "attached" and v("screening") == "done" and known
        if base and all(v(f"{k}_help") in ("receiving", "completed") for k in helps):
            rests = ["clinic_attachment", "screening", *(f"{k}_help" for k in helps)]
            return 2 if all(self.proven(name) for name in rests) else 1
        return int(
            v("clinic_attachment") in ("applied", "attached")
            or v("screening") in ("scheduled", "done")
            or any(v(f"{k}_help") in ("referred", "receiving", "completed") for k in helps)
        )

    def failed(self, domain: str) -> bool:
        day, v = self.day, self.value
        if day >= 180 and self.raw(domain) == 0:
            return True
        if domain == "legal":
            return day >= 30 and not self.papers
        if domain == "housing":
            return v("housing") in ("homeless", "with_aggressor")
        if domain == "economic":
            return day >= 60 and self.no_way_to_income
        if domain == "medical":
            return any(
                v(f"{k}_need") == "high"
                and v(f"{k}_help") in (None, "none", "referred")
                and (day - self.facts[f"{k}_need"]["day"] >= 14 or day >= 30)
                for k in ("medical", "psychological")
            )
        return day >= 30 and any(self.points(d) < 2 for d in FOUR) and not self.sent()

    def points(self, domain: str) -> int:
        return 0 if self.failed(domain) else self.raw(domain)

    def risk(self, domain: str) -> int:
        if self.failed(domain) or (domain == "housing" and self.threat):
            return 3
        if self.points(domain) == 0 or domain in self.record.get("breached", []):
            return 2
        if Case(self.record, self.day + 10, self.facts).failed(domain):
            return 2
        return 1 if self.points(domain) == 1 else 0

    def missing(self, domain: str) -> list[str]:
        return [n for n in VOCABULARY[domain] if self.value(n) is None and n != "family_contact"]

    def provisional(self, domain: str) -> bool:
        unknown = self.missing(domain)
        now = self.points(domain), self.risk(domain)
        for chosen in product(*(VOCABULARY[domain][name] for name in unknown)):
            facts = dict(self.facts)
            for name, value in zip(unknown, chosen, strict=True):
                facts[name] = {"value": value, "day": self.day, "evidence": True}
            other = Case(self.record, self.day, facts)
            if (other.points(domain), other.risk(domain)) != now:
                return True
        return False

    def actions(self) -> list[str]:
        v, sex = self.value, self.record["sex"]
        unsafe = v("housing") in ("homeless", "with_aggressor") or (self.threat and v("housing") != "shelter")
        no_help = {k: v(f"{k}_help") in (None, "none", "referred") for k in ("medical", "psychological")}
        upset = v("psychological_need") == "high" or self.threat or v("housing") == "with_aggressor"
        table = {
            "H1": sex == "female" and unsafe,
            "H2": sex == "male" and unsafe,
            "H3": v("housing") in ("unsafe", "shelter", "temporary", None),
            "H4": self.threat or v("housing") == "with_aggressor",
            "L1": v("identity_document") in ("none", None),
            "L2": v("residence_registration") in ("none", None),
            "L3": v("identity_document") == "applied",
            "L4": v("residence_registration") == "applied",
            "E1": self.no_way_to_income,
            "E2": self.record.get("minor_children", False) and v("income") != "lawful",
            "M1": v("clinic_attachment") != "attached" or v("screening") != "done",
            "M2": v("medical_need") == "high" and no_help["medical"],
            "M3": upset and no_help["psychological"],
            "M4": v("family_contact") == "wanted",
            "I1": v("plan") in ("none", None),
            "I2": any(self.failed(d) for d in FIVE),
            "I3": v("plan") == "draft",
        }
        return [rule for rule, holds in table.items() if holds]

    def signature(self) -> object:
        return [(self.points(d), self.risk(d), self.failed(d)) for d in FIVE], self.actions()

    def next_change(self) -> int | None:
        """Nothing stands in time but the days 30, 60 and 180, the 14 days and `until`, each seen 10 days ahead too."""
        marks = {30, 60, 180}
        for fact in self.facts.values():
            marks |= {fact["day"] + 14, fact.get("until", 0)}
        now = self.signature()
        days = {day for mark in marks for day in (mark, mark - 10) if day > self.day}
        return next((d for d in sorted(days) if Case(self.record, d, self.facts).signature() != now), None)

    def expected(self) -> Record:
        """What the contract says for the record, without reasons, agencies and times."""
        domains = {
            d: {
                "points": self.points(d),
                "risk": f"R{self.risk(d)}",
                "failed": self.failed(d),
                "provisional": self.provisional(d),
                "missing": self.missing(d),
            }
            for d in FIVE
        }
        index = sum(self.points(d) for d in FIVE)
        highest = max(self.risk(d) for d in FIVE)
        failures = [d for d in FIVE if self.failed(d)]
        return {
            "id": self.record["id"],
            "edition": "kz-pilot-2026",
            "day": self.day,
            "index": index,
            "risk": f"R{highest}",
            "success": None if self.day < 180 else index >= 7 and not failures and highest < 3,
            "failures": failures,
            "domains": domains,
            "actions": self.actions(),
            "next_change": self.next_change(),
        }


def random_record(rng: random.Random, number: int = 0) -> Record:
    """A case drawn so that thresholds, ends and closed domains all come up often."""
    days = (-40, 0, 4, 5, 15, 16, 19, 20, 29, 30, 49, 50, 59, 60, 90, 169, 170, 179, 180, 181, 400)
    day = rng.choice([*days, rng.randint(-60, 260)])
    density, good, proof = (rng.choice([rng.random(), mostly]) for mostly in (1.0, 0.97, 0.98))
    facts: Record = {}
    for names in VOCABULARY.values():
        for name, values in names.items():
            if rng.random() > density:
                continue
            best = {"housing": "stable", "income": "lawful"}.get(name, values[-1])
            value = best if rng.random() < good else rng.choice([*values, "asked_unknown", "refused"])
            fact: Record = {"value": value, "day": day - rng.choice([0, 1, 3, 4, 5, 13, 14, 15, 40, 500])}
            if rng.random() < 0.8:
                fact["evidence"] = rng.random() < proof
            if rng.random() < 0.2:
                fact["until"] = max(fact["day"] + 1, day + rng.choice([-5, 0, 1, 2, 9, 10, 11, 30, 200]))
            facts[name] = fact
    record: Record = {"id": f"case-{number}", "day": day, "sex": rng.choice(["female", "male"]), "facts": facts}
    if rng.random() < 0.6:
        count = rng.randint(0, 6)
        record["referrals"] = [{"domain": rng.choice(FIVE), "state": rng.choice(STATES)} for _ in range(count)]
    if rng.random() < 0.4:
        record["breached"] = rng.sample(FIVE, rng.randint(0, 3))
    if rng.random() < 0.5:
        record["minor_children"] = rng.random() < 0.5
    return record
