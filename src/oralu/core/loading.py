"""Builds an `Edition` from the plain data of its files. Strict: see `oralu.core.reading`.

The files: `edition.yaml`, `facts.yaml`, `routing.yaml` and one `domains/<domain>.yaml` for each domain."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oralu.core.edition import (
    DomainPolicy,
    Edition,
    Line,
    PointsLine,
    RiskLine,
    Rule,
    Success,
    facts_behind,
)
from oralu.core.grammar import Condition, Scope, read_condition
from oralu.core.reading import EditionError, Item, Path
from oralu.core.vocabulary import VocabularyReader

ALLOWANCE = re.compile(r"PT([1-9]\d{0,4})H|([1-9]\d{0,4})WD|P([1-9]\d{0,4})D")
_EDITION_KEYS = (
    *("edition", "title", "anchor", "failure_scope", "verified", "milestones", "highest_points", "domains"),
    *("judging_domain", "risk_levels", "referral_states", "answers", "terms", "failures", "risks", "success"),
)
_BASED = ("text", "basis", "verified")
_BASED_OPTIONAL = ("citation", "why")


class _Loader(VocabularyReader):
    def __init__(self, documents: Mapping[str, Any], lines: Mapping[str, Mapping[Path, int]]) -> None:
        super().__init__(documents, lines)
        self.line_ids: set[str] = set()
        self.policies: dict[str, DomainPolicy] = {}

    def load(self) -> Edition:
        head = self.document("edition.yaml").keys(_EDITION_KEYS)
        routing = self.document("routing.yaml").keys(("agencies", "addressees", "services", "rules"))
        self.domains = self.coded(head["domains"], "domain")
        self.no_other_files()
        self.levels = self.coded(head["risk_levels"], "risk", re.compile(r"[A-Z][0-9]"))
        self.highest = head["highest_points"].integer(1)
        self.judging = head["judging_domain"].choice(self.domains, "domain")
        self.order = (*(d for d in self.domains if d != self.judging), self.judging)
        self.read_answers(head["answers"])
        facts = self.read_facts()
        self.scope = Scope(
            values={f.name: f.codes for f in facts},
            domains=self.domains,
            risk_levels=self.levels,
            highest_points=self.highest,
            terms=self.read_terms(head["terms"]),
        )
        self.vocabulary = tuple(f.name for f in facts)
        for domain in self.order:
            self.read_domain(domain, head)
        agencies = self.coded(routing["agencies"], "agency")
        addressees = self.coded(routing["addressees"], "addressee")
        services = self.read_services(routing["services"], facts)
        rules = self.read_rules(routing["rules"], agencies, addressees, tuple(services))
        self.nothing_unused(routing, rules)
        self.answered(rules)
        states = self.read_states(head["referral_states"])
        return Edition(
            id=head["edition"].text(),
            digest=self.digest(),
            titles=head["title"].labels(),
            anchor=head["anchor"].choice(("enrolment", "release"), "anchor"),  # type: ignore[arg-type]
            failure_scope=head["failure_scope"].choice(("at_assessment", "ever"), "scope"),  # type: ignore[arg-type]
            last_verified=self.date(head["verified"]),
            milestones=self.read_milestones(head["milestones"]),
            highest_points=self.highest,
            domains=self.domains,
            judging_domain=self.judging,
            risk_levels=self.levels,
            referral_states=tuple(states),
            served_states=frozenset(code for code, served in states.items() if served),
            facts=facts,
            policies={domain: self.policies[domain] for domain in self.domains},
            rules=rules,
            success=self.read_success(head["success"]),
            services=tuple(services),
            service_records=services,
            agencies=agencies,
            addressees=addressees,
            words=self.words,
        )

    def digest(self) -> str:
        canonical = json.dumps(self.documents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def no_other_files(self) -> None:
        known = {"edition.yaml", "facts.yaml", "routing.yaml", *(f"domains/{d}.yaml" for d in self.domains)}
        for file in self.documents:
            if file not in known:
                raise EditionError(
                    file, (), None, "is not a file of this edition", "Remove it, or list its domain in edition.yaml."
                )

    def read_milestones(self, item: Item) -> tuple[int, ...]:
        days = [part.integer(1) for part in item.each()]
        if days != sorted(set(days)):
            item.fail("the days are not in rising order", "List each once, the earliest first.")
        return tuple(days)

    def read_terms(self, item: Item) -> dict[str, Item]:
        terms: dict[str, Item] = {}
        for part in item.each():
            keys = part.keys(("term", "when"))
            terms[self.code(keys["term"], list(terms))] = keys["when"]
        return terms

    def line(self, item: Item, scope: Scope, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Any]:
        """What every line has; other keys are the caller's (`keys` of the result)."""
        keys = item.keys(("id", *_BASED, *required), (*_BASED_OPTIONAL, *optional))
        name = keys["id"].text()
        identity = f"{name}@{scope.this or ''}"
        if identity in self.line_ids:
            keys["id"].fail(f"{name!r} stands twice", "Each line has an id of its own.")
        self.line_ids.add(identity)
        when = read_condition(keys["when"], scope) if "when" in keys else None
        return {"keys": keys, "id": name, "when": when, "texts": keys["text"].labels(), "based": self.based(keys, item)}

    def facts(self, *conditions: Condition | None) -> tuple[str, ...]:
        found = {fact for condition in conditions for fact in facts_behind(self.policies, condition)}
        return tuple(name for name in self.vocabulary if name in found)

    def read_domain(self, domain: str, head: Mapping[str, Item]) -> None:
        keys = self.document(f"domains/{domain}.yaml").keys(("domain", "points"), ("failures", "risks", "answered_by"))
        keys["domain"].choice((domain,), "domain of this file")
        before = frozenset(self.order[: self.order.index(domain)])
        scope = replace(self.scope, this=domain, settled=before)
        policy = DomainPolicy(domain, self.words["domain", domain], self.read_points(keys["points"], scope), (), ())
        self.policies[domain] = policy
        scope = replace(scope, own_points=domain)
        own = [keys["failures"]] if "failures" in keys else []
        failures = [self.read_failure(part, scope) for items in (*own, head["failures"]) for part in items.each()]
        self.policies[domain] = policy = replace(policy, failures=tuple(failures))
        scope = replace(scope, own_points=None, settled=before | {domain}, risks=before, ahead=True)
        own = [keys["risks"]] if "risks" in keys else []
        risks = [self.read_risk(part, scope) for items in (*own, head["risks"]) for part in items.each()]
        risks.sort(key=lambda line: -self.levels.index(line.level))
        if [line.when is None for line in risks] != [False] * (len(risks) - 1) + [True]:
            head["risks"].fail(
                "exactly one line has no condition, and it gives the lowest level of all lines",
                "Let one line stand for the cases that are left.",
            )
        answered = keys.get("answered_by")
        codes = tuple(part.text() for part in answered.each()) if answered else ()
        self.policies[domain] = replace(policy, risks=tuple(risks), answered_by=codes)

    def read_points(self, item: Item, scope: Scope) -> tuple[PointsLine, ...]:
        lines: list[PointsLine] = []
        tried: list[Condition | None] = []
        parts = item.each()
        for place, part in enumerate(parts):
            read = self.line(part, scope, ("points",), ("when", "proof", "unproved", "unproved_text"))
            keys = read.pop("keys")
            if ("when" in keys) == (place == len(parts) - 1):
                part.fail("every line but the last has the key 'when'", "Let the last line stand for all other cases.")
            proved = {"proof", "unproved", "unproved_text"} & set(keys)
            if proved and len(proved) < 3:
                part.fail("'proof', 'unproved' and 'unproved_text' go together", "Write the three, or none.")
            points = self.read_scale(keys["points"])
            unproved = self.read_scale(keys["unproved"]) if proved else 0
            if proved and unproved >= points:
                keys["unproved"].fail("is not less than the points", "Without proof a line gives fewer points.")
            proof = read_condition(keys["proof"], scope) if proved else None
            tried += [read["when"], proof]
            lines.append(
                PointsLine(
                    **read,
                    facts=self.facts(*tried),
                    points=points,
                    proof=proof,
                    unproved=unproved,
                    unproved_texts=keys["unproved_text"].labels() if proved else None,
                )
            )
        return tuple(lines)

    def read_scale(self, item: Item) -> int:
        points = item.integer()
        if points > self.highest:
            item.fail(f"{points} is beyond the scale", f"Write points from 0 to {self.highest}.")
        return points

    def read_failure(self, item: Item, scope: Scope) -> Line:
        read = self.line(item, scope, ("when",), ())
        read.pop("keys")
        return Line(**read, facts=self.facts(read["when"]))

    def read_risk(self, item: Item, scope: Scope) -> RiskLine:
        read = self.line(item, scope, ("risk",), ("when",))
        level = read.pop("keys")["risk"].choice(self.levels, "risk level")
        return RiskLine(**read, facts=self.facts(read["when"]), level=level)

    def read_success(self, item: Item) -> Success:
        keys = item.keys(("from_day", "index_from", "no_risk", *_BASED), _BASED_OPTIONAL)
        index = keys["index_from"].integer(1)
        if index > self.highest * len(self.domains):
            keys["index_from"].fail("is more than all domains together give", "Lower it.")
        return Success(
            from_day=keys["from_day"].integer(1),
            index_from=index,
            no_risk=keys["no_risk"].choices(self.levels, "risk level"),
            texts=keys["text"].labels(),
            based=self.based(keys, item),
        )

    def read_rules(
        self, item: Item, agencies: tuple[str, ...], addressees: tuple[str, ...], services: tuple[str, ...]
    ) -> tuple[Rule, ...]:
        every = frozenset(self.domains)
        scope = replace(self.scope, settled=every, risks=every)
        rules = []
        for part in item.each():
            required = ("when", "domain", "agency", "service", "target", "limit", "on_breach")
            optional = ("need", "served_meets", "waits_while", "waits_text")
            read = self.line(part, scope, required, optional)
            keys = read.pop("keys")
            if ("waits_while" in keys) != ("waits_text" in keys):
                part.fail("'waits_while' and 'waits_text' go together", "Write both, or none.")
            service = keys["service"].choice(services, "service")
            target, limit = self.read_allowances(keys["target"], keys["limit"])
            rule = Rule(
                **read,
                facts=self.facts(read["when"]),
                domain=keys["domain"].choice(self.domains, "domain"),
                agency=keys["agency"].choice(agencies, "agency"),
                service=service,
                need=keys["need"].text() if "need" in keys else service,
                target=target,
                limit=limit,
                on_breach=keys["on_breach"].choice(addressees, "addressee"),
                served_meets=keys["served_meets"].boolean() if "served_meets" in keys else False,
                waits_while=read_condition(keys["waits_while"], scope) if "waits_while" in keys else None,
                waits_texts=keys["waits_text"].labels() if "waits_text" in keys else None,
            )
            self.words["rule", rule.code] = rule.texts
            rules.append(rule)
        return tuple(rules)

    def read_allowances(self, target: Item, limit: Item) -> tuple[str, str]:
        for item in (target, limit):
            if not ALLOWANCE.fullmatch(item.text()):
                item.fail(
                    f"{item.data!r} is not an allowance", "Write PT24H (hours), 3WD (working days) or P7D (days)."
                )
        (kind, amount), (limit_kind, limit_amount) = _allowance(target.text()), _allowance(limit.text())
        longer = amount > limit_amount if kind == limit_kind else kind != "H" and limit_kind == "H"
        longer = longer and (kind == limit_kind or amount * 24 > limit_amount)
        longer = longer or (kind == "H" and limit_kind != "H" and amount > limit_amount * 24)
        if longer:
            target.fail(f"the target {target.data} is later than the limit {limit.data}", "A target comes first.")
        return target.text(), limit.text()

    def nothing_unused(self, routing: Mapping[str, Item], rules: tuple[Rule, ...]) -> None:
        for name, item in self.scope.terms.items():
            if name not in self.scope.used_terms:
                item.fail(f"nothing uses the term {name!r}", "Remove it.")
        used = {
            "agencies": {rule.agency for rule in rules},
            "addressees": {rule.on_breach for rule in rules},
            "services": {rule.service for rule in rules},
        }
        for key, codes in used.items():
            for part in routing[key].each():
                if part.data["code"] not in codes:
                    part.fail(f"no rule uses {part.data['code']!r}", "Remove it.")

    def answered(self, rules: tuple[Rule, ...]) -> None:
        for domain in self.domains:
            allowed = [rule.code for rule in rules if rule.domain == domain]
            if not allowed:
                self.document("routing.yaml").fail(f"no rule belongs to the domain {domain!r}", "Add one.")
            for place, _ in enumerate(self.policies[domain].answered_by):
                item = self.document(f"domains/{domain}.yaml").child("answered_by").child(place)
                item.choice(allowed, f"rule of {domain}")


def _allowance(text: str) -> tuple[str, int]:
    found = ALLOWANCE.fullmatch(text)
    assert found is not None
    hours, working, calendar = found.groups()
    return ("H", int(hours)) if hours else ("WD", int(working)) if working else ("D", int(calendar))


def read_edition(documents: Mapping[str, Any], lines: Mapping[str, Mapping[Path, int]]) -> Edition:
    """The edition in `documents` (data by file name); `lines` gives the line of each key, for the errors.

    Raises `EditionError` at the first thing that is wrong."""
    return _Loader(documents, lines).load()
