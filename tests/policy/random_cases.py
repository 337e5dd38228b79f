"""Random valid records of the contract, weighted towards every threshold of the policy page, and their reduction.

Why seeded: a difference between the engine and the oracle must come back when the test is run again.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from policy.tables_of_the_page import ANSWERS_WITHOUT_VALUE, DOMAINS, REFERRAL_STATES, VOCABULARY

Record = dict[str, Any]

THRESHOLD_DAYS = tuple(
    day
    for threshold in (0, 4, 14, 20, 30, 50, 60, 90, 170, 180)
    for day in (threshold - 2, threshold - 1, threshold, threshold + 1)
)
FAR_DAYS = (-400, -31, -10, 200, 365, 1_000)
AGES = (0, 0, 1, 3, 4, 5, 9, 10, 13, 14, 15, 20, 45, 400)
UNTIL_OFFSETS = (-20, -5, -1, 0, 1, 2, 4, 9, 10, 11, 12, 20, 30, 40)
BEST = {
    "identity_document": ("held",),
    "residence_registration": ("temporary", "permanent"),
    "housing": ("stable", "stable", "temporary", "shelter"),
    "violence_threat": ("no", "controlled"),
    "exploitation_risk": ("no", "controlled"),
    "income": ("lawful", "informal"),
    "employment_track": ("training", "social_contract", "employed", "registered"),
    "clinic_attachment": ("attached",),
    "screening": ("done",),
    "medical_need": ("low", "high"),
    "psychological_need": ("low", "high"),
    "medical_help": ("receiving", "completed"),
    "psychological_help": ("receiving", "completed"),
    "family_contact": ("none", "assessed_safe", "restored"),
    "plan": ("agreed",),
}


def random_day(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.75:
        return rng.choice(THRESHOLD_DAYS)
    if chance < 0.85:
        return rng.choice(FAR_DAYS)
    return rng.randint(-60, 240)


def random_until(rng: Random, *, day: int, fact_day: int) -> int:
    if rng.random() < 0.02:
        return max(day, fact_day) + 10**9
    if rng.random() < 0.3:
        return max(fact_day + 1, rng.choice((20, 30, 50, 60, 170, 180)) + rng.choice((-1, 0, 1)))
    return max(fact_day + 1, day + rng.choice(UNTIL_OFFSETS))


def random_fact(rng: Random, name: str, values: tuple[str, ...], *, day: int, habits: dict[str, float]) -> Record:
    if rng.random() < habits["no_answer"]:
        value = rng.choice(ANSWERS_WITHOUT_VALUE)
    elif rng.random() < habits["good"]:
        value = rng.choice(BEST[name])
    else:
        value = rng.choice(values)
    fact_day = day - (rng.choice(AGES) if rng.random() < 0.8 else rng.randint(0, 200))
    fact: Record = {"value": value, "day": fact_day}
    if rng.random() < 0.7 or habits["evidence"] == 1.0:
        fact["evidence"] = rng.random() < habits["evidence"]
    if rng.random() < habits["until"]:
        fact["until"] = random_until(rng, day=day, fact_day=fact_day)
    return fact


def random_referrals(rng: Random) -> list[Record]:
    chance = rng.random()
    if chance < 0.3:
        return []
    domains = [*DOMAINS[:4]] if chance < 0.5 else [rng.choice(DOMAINS) for _ in range(rng.randint(1, 5))]
    rng.shuffle(domains)
    served = rng.random()
    return [
        {"domain": domain, "state": "served" if rng.random() < served else rng.choice(REFERRAL_STATES)}
        for domain in domains
    ]


def random_habits(rng: Random) -> dict[str, float]:
    """Probabilities that hold for the whole of one record, so that nearly perfect records occur too."""
    if rng.random() < 0.08:
        return {"missing": 0.0, "no_answer": 0.0, "good": 1.0, "evidence": 1.0, "until": 0.05}
    return {
        "missing": rng.choice((0.0, 0.05, 0.2, 0.5, 0.9)),
        "no_answer": rng.choice((0.0, 0.0, 0.05, 0.3)),
        "good": rng.choice((0.0, 0.2, 0.7, 0.95, 1.0)),
        "evidence": rng.choice((0.0, 0.5, 0.9, 1.0, 1.0)),
        "until": rng.choice((0.0, 0.0, 0.05, 0.4)),
    }


def random_record(rng: Random, identifier: str) -> Record:
    habits = random_habits(rng)
    nearly_home = habits["good"] == 1.0 and rng.random() < 0.4
    day = rng.randint(168, 190) if nearly_home else random_day(rng)
    record: Record = {"id": identifier, "day": day, "sex": rng.choice(("female", "male"))}
    facts = {
        name: random_fact(rng, name, values, day=day, habits=habits)
        for vocabulary in VOCABULARY.values()
        for name, values in vocabulary.items()
        if rng.random() >= habits["missing"]
    }
    if facts or rng.random() < 0.5:
        shuffled = list(facts.items())
        rng.shuffle(shuffled)
        record["facts"] = dict(shuffled)
    referrals = random_referrals(rng)
    if referrals or rng.random() < 0.5:
        record["referrals"] = referrals
    if rng.random() < 0.3:
        record["breached"] = rng.sample(DOMAINS, rng.randint(0, 3))
    if rng.random() < 0.4:
        record["minor_children"] = rng.random() < 0.7
    return record


def random_records(seed: int, count: int) -> Iterator[Record]:
    rng = Random(seed)
    for number in range(count):
        yield random_record(rng, f"case-{seed}-{number}")


def simpler(record: Record) -> Iterator[Record]:
    """Every record that says one thing less than `record` and is still valid."""
    for key in ("referrals", "breached", "minor_children", "facts"):
        if key in record:
            yield {other: value for other, value in record.items() if other != key}
    for name, fact in record.get("facts", {}).items():
        others = {other: value for other, value in record["facts"].items() if other != name}
        yield {**record, "facts": others}
        for key in ("until", "evidence"):
            if key in fact:
                less = {other: value for other, value in fact.items() if other != key}
                yield {**record, "facts": {**record["facts"], name: less}}
    for key in ("referrals", "breached"):
        for position in range(len(record.get(key, []))):
            yield {**record, key: record[key][:position] + record[key][position + 1 :]}


def smallest(record: Record, still_differs: Callable[[Record], bool]) -> Record:
    """Takes away from `record` whatever can go while `still_differs` holds: what is left is worth reading."""
    for candidate in simpler(record):
        if still_differs(candidate):
            return smallest(candidate, still_differs)
    return record
