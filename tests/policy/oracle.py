"""A second, plain reading of the policy page for the edition kz-pilot-2026, written without sight of the engine.

Why: the engine reads the policy from data. A mistake in the data or in the machinery is seen only by someone who read
the page separately. So here the page stands as plain if-statements, section by section, with no cleverness; the domain
constants that are forbidden in the engine are wanted here. Input and output have the shape of the command-line contract
(002 §3; policy page, "The command-line contract"), the output without `reasons`. The input is taken to be valid.
"""

from itertools import product
from typing import Any

from policy.tables_of_the_page import ANSWERS_WITHOUT_VALUE, DOMAINS, FIRST_FOUR, NEEDS_AND_HELP, RULES, VOCABULARY

Record = dict[str, Any]


def known(record: Record, name: str, day: int) -> str | None:
    """The value that stands on `day`, or None for unknown (page, "Facts")."""
    fact = record.get("facts", {}).get(name)
    if fact is None:
        return None
    if fact["value"] in ANSWERS_WITHOUT_VALUE:
        return None
    if "until" in fact and fact["until"] <= day:
        return None
    return str(fact["value"])


def proved(record: Record, name: str) -> bool:
    return bool(record["facts"][name].get("evidence", False))


def legal_points(record: Record, day: int) -> int:
    identity = known(record, "identity_document", day)
    residence = known(record, "residence_registration", day)
    if identity == "held" and residence in ("temporary", "permanent"):
        if proved(record, "identity_document") and proved(record, "residence_registration"):
            return 2
        return 1
    if identity in ("applied", "held") or residence in ("applied", "temporary", "permanent"):
        return 1
    return 0


def housing_points(record: Record, day: int) -> int:
    housing = known(record, "housing", day)
    if housing == "stable":
        return 2 if proved(record, "housing") else 1
    if housing in ("shelter", "temporary"):
        return 1
    return 0


def economic_points(record: Record, day: int) -> int:
    income_matches = known(record, "income", day) == "lawful"
    track = known(record, "employment_track", day)
    track_matches = track in ("training", "social_contract", "employed")
    if income_matches or track_matches:
        if income_matches and proved(record, "income"):
            return 2
        if track_matches and proved(record, "employment_track"):
            return 2
        return 1
    if track in ("referred", "registered"):
        return 1
    return 0


def medical_points(record: Record, day: int) -> int:
    attachment = known(record, "clinic_attachment", day)
    screening = known(record, "screening", day)
    two = attachment == "attached" and screening == "done"
    proof = two and proved(record, "clinic_attachment") and proved(record, "screening")
    helped = False
    for need_name, help_name in NEEDS_AND_HELP:
        need = known(record, need_name, day)
        help_given = known(record, help_name, day)
        if need is None:
            two = False
        if need == "high":
            if help_given not in ("receiving", "completed"):
                two = False
            elif not proved(record, help_name):
                proof = False
            if help_given in ("referred", "receiving", "completed"):
                helped = True
    if two:
        return 2 if proof else 1
    if attachment in ("applied", "attached") or screening in ("scheduled", "done") or helped:
        return 1
    return 0


def in_need(record: Record, day: int) -> list[str]:
    return [domain for domain in FIRST_FOUR if final(record, domain, day)[0] < 2]


def institutional_points(record: Record, day: int) -> int:
    plan = known(record, "plan", day)
    referrals = record.get("referrals", [])
    needy = in_need(record, day)
    if plan == "agreed":
        referred_domains = [referral["domain"] for referral in referrals]
        every_needy_domain_referred = all(domain in referred_domains for domain in needy)
        one_served = any(referral["state"] == "served" for referral in referrals)
        if (every_needy_domain_referred and one_served) or (not needy and not referrals):
            return 2 if proved(record, "plan") else 1
    if plan in ("draft", "agreed") or referrals:
        return 1
    return 0


def points_before_failure(record: Record, domain: str, day: int) -> int:
    if domain == "legal":
        return legal_points(record, day)
    if domain == "housing":
        return housing_points(record, day)
    if domain == "economic":
        return economic_points(record, day)
    if domain == "medical":
        return medical_points(record, day)
    return institutional_points(record, day)


def medical_failure(record: Record, day: int) -> bool:
    for need_name, help_name in NEEDS_AND_HELP:
        if known(record, need_name, day) != "high":
            continue
        if known(record, help_name, day) not in ("none", None, "referred"):
            continue
        if day - record["facts"][need_name]["day"] >= 14 or day >= 30:
            return True
    return False


def failure_of_the_table(record: Record, domain: str, day: int) -> bool:
    """The dated failures of the table, without the one that touches any domain from day 180."""
    if domain == "legal":
        held = known(record, "identity_document", day) == "held"
        registered = known(record, "residence_registration", day) in ("temporary", "permanent")
        return day >= 30 and not (held and registered)
    if domain == "housing":
        return known(record, "housing", day) in ("homeless", "with_aggressor")
    if domain == "economic":
        no_income = known(record, "income", day) != "lawful"
        no_track = known(record, "employment_track", day) in ("none", None, "referred")
        return day >= 60 and no_income and no_track
    if domain == "medical":
        return medical_failure(record, day)
    return day >= 30 and not record.get("referrals", []) and len(in_need(record, day)) > 0


def final(record: Record, domain: str, day: int) -> tuple[int, bool]:
    """Points as finally given, and whether the domain has failed critically."""
    points = points_before_failure(record, domain, day)
    failed = failure_of_the_table(record, domain, day)
    if day >= 180 and points == 0:
        failed = True
    if failed:
        points = 0
    return points, failed


def threat(record: Record, day: int) -> bool:
    return known(record, "violence_threat", day) == "yes" or known(record, "exploitation_risk", day) == "yes"


def points_and_risk(record: Record, domain: str, day: int) -> tuple[int, str]:
    points, failed = final(record, domain, day)
    if failed:
        return points, "R3"
    if domain == "housing" and threat(record, day):
        return points, "R3"
    if points == 0:
        return points, "R2"
    if domain in record.get("breached", []):
        return points, "R2"
    if final(record, domain, day + 10)[1]:
        return points, "R2"
    return points, "R1" if points == 1 else "R0"


def unknown_facts(record: Record, domain: str, day: int) -> list[str]:
    # family_contact stands in no line of points, failure or risk: leaving it out of `provisional` too changes nothing
    return [name for name in VOCABULARY[domain] if known(record, name, day) is None and name != "family_contact"]


def provisional(record: Record, domain: str, day: int) -> bool:
    unknown = unknown_facts(record, domain, day)
    today = points_and_risk(record, domain, day)
    for values in product(*(VOCABULARY[domain][name] for name in unknown)):
        facts = dict(record.get("facts", {}))
        for name, value in zip(unknown, values, strict=True):
            facts[name] = {"value": value, "day": day, "evidence": True}
        if points_and_risk({**record, "facts": facts}, domain, day) != today:
            return True
    return False


def rule_holds(record: Record, rule: str, day: int) -> bool:
    housing = known(record, "housing", day)
    identity = known(record, "identity_document", day)
    residence = known(record, "residence_registration", day)
    income = known(record, "income", day)
    plan = known(record, "plan", day)
    unhelped = ("none", None, "referred")
    if rule in ("H1", "H2"):
        sex = "female" if rule == "H1" else "male"
        nowhere_safe = housing in ("homeless", "with_aggressor") or (threat(record, day) and housing != "shelter")
        return record["sex"] == sex and nowhere_safe
    if rule == "H3":
        return housing in ("unsafe", "shelter", "temporary", None)
    if rule == "H4":
        return threat(record, day) or housing == "with_aggressor"
    if rule == "L1":
        return identity in ("none", None)
    if rule == "L2":
        return residence in ("none", None)
    if rule == "L3":
        return identity == "applied"
    if rule == "L4":
        return residence == "applied"
    if rule == "E1":
        return income != "lawful" and known(record, "employment_track", day) in unhelped
    if rule == "E2":
        return record.get("minor_children", False) and income != "lawful"
    if rule == "M1":
        attached = known(record, "clinic_attachment", day) == "attached"
        return not attached or known(record, "screening", day) != "done"
    if rule == "M2":
        return known(record, "medical_need", day) == "high" and known(record, "medical_help", day) in unhelped
    if rule == "M3":
        needed = (
            known(record, "psychological_need", day) == "high" or threat(record, day) or housing == "with_aggressor"
        )
        return needed and known(record, "psychological_help", day) in unhelped
    if rule == "M4":
        return known(record, "family_contact", day) == "wanted"
    if rule == "I1":
        return plan in ("none", None)
    if rule == "I2":
        return any(final(record, domain, day)[1] for domain in DOMAINS)
    if rule == "I3":
        return plan == "draft"
    raise ValueError(f"no rule {rule!r} on the policy page")


def actions(record: Record, day: int) -> list[dict[str, str]]:
    return [
        {"rule": rule, "agency": agency, "service": service, "target": target, "limit": limit}
        for rule, agency, service, target, limit in RULES
        if rule_holds(record, rule, day)
    ]


def seen_by_next_change(record: Record, day: int) -> tuple[Any, ...]:
    return (
        [points_and_risk(record, domain, day) for domain in DOMAINS],
        [domain for domain in DOMAINS if final(record, domain, day)[1]],
        actions(record, day),
    )


def days_that_can_matter(record: Record) -> set[int]:
    """Every day that any condition of the page names, and the day 10 earlier on which the look-ahead first sees it."""
    named = {30, 60, 180}
    for name, fact in record.get("facts", {}).items():
        if name in ("medical_need", "psychological_need"):
            named.add(fact["day"] + 14)
        if "until" in fact:
            named.add(fact["until"])
    return named | {day - 10 for day in named}


def next_change(record: Record) -> int | None:
    today = record["day"]
    now = seen_by_next_change(record, today)
    last = max(days_that_can_matter(record)) + 1
    if last - today <= 2_000:
        days = list(range(today + 1, last + 1))
    else:
        days = sorted(day for day in days_that_can_matter(record) if day > today)
    for day in days:
        if seen_by_next_change(record, day) != now:
            return day
    return None


def oracle(record: Record) -> Record:
    """What the policy page says about one valid record of the contract, without `reasons`."""
    day = record["day"]
    domains: dict[str, Record] = {}
    for domain in DOMAINS:
        points, risk = points_and_risk(record, domain, day)
        domains[domain] = {
            "points": points,
            "risk": risk,
            "failed": final(record, domain, day)[1],
            "provisional": provisional(record, domain, day),
            "missing": unknown_facts(record, domain, day),
        }
    index = sum(domains[domain]["points"] for domain in DOMAINS)
    failures = [domain for domain in DOMAINS if domains[domain]["failed"]]
    highest = max(domains[domain]["risk"] for domain in DOMAINS)
    success = None
    if day >= 180:
        success = index >= 7 and not failures and highest != "R3"
    return {
        "id": record["id"],
        "edition": "kz-pilot-2026",
        "day": day,
        "index": index,
        "risk": highest,
        "success": success,
        "failures": failures,
        "domains": domains,
        "actions": actions(record, day),
        "next_change": next_change(record),
    }
