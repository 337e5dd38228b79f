"""The policy of the first edition once more, as the formula that every peer is given.

Written by hand from the policy page as a person who uses the peer would write it: named intermediate results, each
computed once. A formula is a list of steps, each a name and a boolean expression over columns and earlier steps; a peer
renders them in its own language. That all peers give our answers is checked in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.register import ENDING
from oralu.core.edition import Edition

AHEAD = 10


@dataclass(frozen=True)
class Dialect:
    """How a peer writes things. `among(column, codes)`; `since(column, n)`: the column is n or more; `open_at(column,
    shift)`: the column is later than the day + shift; `aged(column, n)`: the day less the column is n or more."""

    both: str
    either: str
    deny: str
    step: Callable[[str], str]
    among: Callable[[str, tuple[int, ...]], str]
    since: Callable[[str, int], str]
    open_at: Callable[[str, int], str]
    aged: Callable[[str, int], str]


@dataclass(frozen=True)
class Formula:
    """`steps`: in order; names of the results: b1_D, b2_D (points 1 or 2), f_D (failed), r3_D, r2_D, and the rules."""

    steps: tuple[tuple[str, str], ...]


class _Writer:
    def __init__(self, edition: Edition, dialect: Dialect) -> None:
        self.edition, self.d = edition, dialect
        self.steps: list[tuple[str, str]] = []

    def let(self, name: str, text: str) -> str:
        self.steps.append((name, text))
        return self.d.step(name)

    def all(self, *parts: str) -> str:
        return "(" + f" {self.d.both} ".join(parts) + ")"

    def any(self, *parts: str) -> str:
        return "(" + f" {self.d.either} ".join(parts) + ")"

    def no(self, part: str) -> str:
        return f"({self.d.deny}{part})"

    def among(self, fact: str, values: Iterable[str], ahead: int = 0) -> str:
        codes = self.edition.fact(fact).codes
        text = self.d.among(fact, tuple(codes.index(value) + 1 for value in values))
        if fact not in ENDING:
            return text
        return self.all(text, self.let_open(fact, ahead))

    def let_open(self, fact: str, ahead: int) -> str:
        name = f"open_{fact}_{ahead}"
        if name not in dict(self.steps):
            self.let(name, self.d.open_at(f"{fact}_until", ahead))
        return self.d.step(name)

    def flag(self, column: str) -> str:
        return self.d.among(column, (1,))

    def write(self) -> Formula:
        aheads = (0, AHEAD)
        for a in aheads:
            self._legal(a)
            self._housing(a)
            self._economic(a)
            self._medical(a)
        for a in aheads:
            self._institutional(a)
        for domain in self.edition.domains:
            self._risk(domain)
        self._rules()
        return Formula(tuple(self.steps))

    def _points(self, domain: str, a: int, two: str, one: str, failures: list[str]) -> None:
        """`two`, `one`: lines of the points, the first that holds counts."""
        zero = self.let(f"z_{domain}_{a}", self.no(self.any(two, one)))
        late = self.all(self.d.since("day", 180 - a), zero)
        failed = self.let(f"f_{domain}_{a}" if a else f"f_{domain}", self.any(*failures, late))
        good = self.let(f"g_{domain}_{a}", self.no(failed))
        self.let(f"b2_{domain}_{a}" if a else f"b2_{domain}", self.all(two, good))
        if not a:
            self.let(f"b1_{domain}", self.all(one, self.no(two), good))

    def _legal(self, a: int) -> None:
        held = self.let(f"held_{a}", self.among("identity_document", ["held"], a))
        placed = self.let(f"placed_{a}", self.among("residence_registration", ["temporary", "permanent"], a))
        whole = self.let(f"whole_{a}", self.all(held, placed))
        proof = self.all(self.flag("identity_document_evidence"), self.flag("residence_registration_evidence"))
        two = self.let(f"two_legal_{a}", self.all(whole, proof))
        one = self.let(
            f"one_legal_{a}",
            self.any(
                self.among("identity_document", ["applied", "held"], a),
                self.among("residence_registration", ["applied", "temporary", "permanent"], a),
            ),
        )
        self._points("legal", a, two, one, [self.all(self.d.since("day", 30 - a), self.no(whole))])

    def _housing(self, a: int) -> None:
        stable = self.among("housing", ["stable"], a)
        two = self.let(f"two_housing_{a}", self.all(stable, self.flag("housing_evidence")))
        one = self.let(f"one_housing_{a}", self.among("housing", ["shelter", "temporary", "stable"], a))
        bad = self.let(f"bad_housing_{a}", self.among("housing", ["homeless", "with_aggressor"], a))
        self._points("housing", a, two, one, [bad])

    def _economic(self, a: int) -> None:
        if not a:
            self.let("lawful", self.among("income", ["lawful"]))
            self.let("programme", self.among("employment_track", ["training", "social_contract", "employed"]))
            track = ["registered", "training", "social_contract", "employed"]
            self.let("no_track", self.no(self.among("employment_track", track)))
            s = self.d.step
            proof = self.any(
                self.all(s("lawful"), self.flag("income_evidence")),
                self.all(s("programme"), self.flag("employment_track_evidence")),
            )
            self.let("two_economic", proof)
            some = self.among("employment_track", ["referred", "registered"])
            self.let("one_economic", self.any(s("lawful"), s("programme"), some))
        s = self.d.step
        failed = self.all(self.d.since("day", 60 - a), self.no(s("lawful")), s("no_track"))
        self._points("economic", a, s("two_economic"), s("one_economic"), [failed])

    def _medical(self, a: int) -> None:
        s = self.d.step
        if not a:
            for kind in ("medical", "psychological"):
                high = self.let(f"high_{kind}", self.among(f"{kind}_need", ["high"]))
                helped = self.let(f"helped_{kind}", self.among(f"{kind}_help", ["receiving", "completed"]))
                proved = self.all(helped, self.flag(f"{kind}_help_evidence"))
                self.let(f"lack_{kind}", self.all(high, self.no(helped)))
                self.let(f"known_{kind}", self.among(f"{kind}_need", ["low", "high"]))
                self.let(f"fine_{kind}", self.all(s(f"known_{kind}"), self.any(self.no(high), proved)))
                sent = self.among(f"{kind}_help", ["referred", "receiving", "completed"])
                self.let(f"begun_{kind}", self.all(high, sent))
            attached = self.let("attached", self.among("clinic_attachment", ["attached"]))
            done = self.let("done", self.among("screening", ["done"]))
            proof = self.all(self.flag("clinic_attachment_evidence"), self.flag("screening_evidence"))
            self.let("two_medical", self.all(attached, done, proof, s("fine_medical"), s("fine_psychological")))
            applied = self.among("clinic_attachment", ["applied", "attached"])
            scheduled = self.among("screening", ["scheduled", "done"])
            self.let("one_medical", self.any(applied, scheduled, s("begun_medical"), s("begun_psychological")))
        failures = [
            self.all(s(f"lack_{kind}"), self.any(self.d.aged(f"{kind}_need_day", 14 - a), self.d.since("day", 30 - a)))
            for kind in ("medical", "psychological")
        ]
        self._points("medical", a, s("two_medical"), s("one_medical"), failures)

    def _institutional(self, a: int) -> None:
        s, four = self.d.step, [d for d in self.edition.domains if d != "institutional"]
        if not a:
            for domain in self.edition.domains:
                self.let(f"sent_{domain}", self.d.among(f"{domain}_referral", (1, 2)))
            self.let("sent", self.any(*(s(f"sent_{d}") for d in self.edition.domains)))
            self.let("served", self.any(*(self.d.among(f"{d}_referral", (2,)) for d in self.edition.domains)))
            self.let("agreed", self.among("plan", ["agreed"]))
            self.let("planned", self.any(self.among("plan", ["draft", "agreed"]), s("sent")))
        fine = [s(f"b2_{d}_{a}" if a else f"b2_{d}") for d in four]
        need = self.let(f"need_{a}", self.no(self.all(*fine)))
        covered = self.all(*(self.any(f, s(f"sent_{d}")) for f, d in zip(fine, four, strict=True)))
        routed = self.any(self.all(covered, s("served")), self.all(self.no(need), self.no(s("sent"))))
        two = self.let(f"two_plan_{a}", self.all(s("agreed"), routed, self.flag("plan_evidence")))
        failed = self.all(self.d.since("day", 30 - a), need, self.no(s("sent")))
        self._points("institutional", a, two, s("planned"), [failed])

    def _risk(self, domain: str) -> None:
        s = self.d.step
        failed = s(f"f_{domain}")
        if domain == "housing":
            threat = self.any(self.among("violence_threat", ["yes"]), self.among("exploitation_risk", ["yes"]))
            self.let("threat", threat)
            failed = self.any(failed, s("threat"))
        self.let(f"r3_{domain}", failed)
        zero = self.no(self.any(s(f"b1_{domain}"), s(f"b2_{domain}")))
        self.let(f"r2_{domain}", self.any(zero, self.flag(f"{domain}_breached"), s(f"f_{domain}_{AHEAD}")))

    def _rules(self) -> None:
        s = self.d.step
        shelter = self.no(self.among("housing", ["shelter"]))
        unsafe = self.let("no_safe_place", self.any(s("bad_housing_0"), self.all(s("threat"), shelter)))
        self.let("H1", self.all(unsafe, self.no(self.flag("sex"))))
        self.let("H2", self.all(unsafe, self.flag("sex")))
        settled = self.among("housing", ["homeless", "with_aggressor", "stable"])
        self.let("H3", self.no(settled))
        aggressor = self.let("aggressor", self.among("housing", ["with_aggressor"]))
        self.let("H4", self.any(s("threat"), aggressor))
        self.let("L1", self.no(self.among("identity_document", ["applied", "held"])))
        self.let("L2", self.no(self.among("residence_registration", ["applied", "temporary", "permanent"])))
        self.let("L3", self.among("identity_document", ["applied"]))
        self.let("L4", self.among("residence_registration", ["applied"]))
        unlawful = self.no(s("lawful"))
        self.let("E1", self.all(unlawful, s("no_track")))
        self.let("E2", self.all(unlawful, self.flag("minor_children")))
        self.let("M1", self.no(self.all(s("attached"), s("done"))))
        self.let("M2", s("lack_medical"))
        troubled = self.any(s("high_psychological"), s("threat"), s("aggressor"))
        self.let("M3", self.all(troubled, self.no(s("helped_psychological"))))
        self.let("M4", self.among("family_contact", ["wanted"]))
        self.let("I1", self.no(self.among("plan", ["draft", "agreed"])))
        self.let("I2", self.any(*(s(f"f_{d}") for d in self.edition.domains)))
        self.let("I3", self.among("plan", ["draft"]))


def formula(edition: Edition, dialect: Dialect) -> Formula:
    return _Writer(edition, dialect).write()
