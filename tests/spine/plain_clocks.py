"""The register of one case, imitated plainly: day by day and half hour by half hour, without the register's code. It
knows the routing table of the page (spec/policy.md) for a woman without children, and the rules of clocks in words:

* hours run while nothing suspends; a day counts if it is later than the day of the start, nothing suspended touches it
  and, for working days, it is worked;
* whatever time brings comes in the order in which it came, before anything is recorded;
* what has fired stays fired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from oralu.calendarfiles import load_calendar

HALF_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)
ZONE = load_calendar().zone
Facts = Mapping[str, str]
Worked = Callable[[date], bool]
"""Whether a day is worked; another function after each decree."""

TERMS = {
    "safe_place": ("PT24H", "PT48H"),
    "stable_place": ("P60D", "P90D"),
    "safety_measures": ("PT12H", "PT24H"),
    "identity_document_application": ("PT12H", "PT24H"),
    "residence_registration_application": ("PT12H", "PT24H"),
    "identity_document_issue": ("P15D", "P20D"),
    "residence_registration_decision": ("P5D", "P10D"),
    "employment_track": ("P5D", "P7D"),
    "attachment_and_screening": ("P20D", "P30D"),
    "medical_help": ("1WD", "3WD"),
    "psychological_help": ("1WD", "3WD"),
    "family_assessment": ("5WD", "10WD"),
    "reintegration_plan": ("2WD", "3WD"),
    "enhanced_response": ("PT24H", "2WD"),
    "plan_agreement": ("5WD", "10WD"),
}
NO_TRACK = (None, "none", "referred")


def threat(f: Facts) -> bool:
    return f.get("violence_threat") == "yes"


def unregistered(f: Facts) -> bool:
    return f.get("identity_document") != "held" or f.get("residence_registration") not in ("temporary", "permanent")


def unhelped(f: Facts, need: str, help_: str) -> bool:
    return f.get(need) == "high" and f.get(help_) in NO_TRACK


RULES: dict[str, Callable[[Facts], bool]] = {
    "safe_place": lambda f: (
        f.get("housing") in ("homeless", "with_aggressor") or (threat(f) and f.get("housing") != "shelter")
    ),
    "stable_place": lambda f: f.get("housing") in (None, "unsafe", "shelter", "temporary"),
    "safety_measures": lambda f: threat(f) or f.get("housing") == "with_aggressor",
    "identity_document_application": lambda f: f.get("identity_document") in (None, "none"),
    "residence_registration_application": lambda f: f.get("residence_registration") in (None, "none"),
    "identity_document_issue": lambda f: f.get("identity_document") == "applied",
    "residence_registration_decision": lambda f: f.get("residence_registration") == "applied",
    "employment_track": lambda f: f.get("income") != "lawful" and f.get("employment_track") in NO_TRACK,
    "attachment_and_screening": lambda f: f.get("clinic_attachment") != "attached" or f.get("screening") != "done",
    "medical_help": lambda f: unhelped(f, "medical_need", "medical_help"),
    "psychological_help": lambda f: (
        (f.get("psychological_need") == "high" or threat(f) or f.get("housing") == "with_aggressor")
        and f.get("psychological_help") in NO_TRACK
    ),
    "family_assessment": lambda f: f.get("family_contact") == "wanted",
    "reintegration_plan": lambda f: f.get("plan") in (None, "none"),
    "plan_agreement": lambda f: f.get("plan") == "draft",
}


@dataclass
class Span:
    """A stretch of a clock's history."""

    kind: str
    start: datetime
    end: datetime | None = None
    until: datetime | None = None
    is_search: bool = False


@dataclass
class PlainNeed:
    service: str
    cycle: int
    edition: str
    target: str
    limit: str
    spans: list[Span]
    state: str = "open"
    holding: bool = False
    warned: datetime | None = None
    breached: datetime | None = None
    fell_due: datetime | None = None

    def due(self, term: str, worked: Worked) -> datetime | None:
        """When a term runs out."""
        suspended = [(s.start, s.end or s.until) for s in self.spans if s.kind != "running"]
        return run_out(self.spans[0].start, tuple((a, b) for a, b in suspended if a != b), term, worked)


@lru_cache(maxsize=1 << 15)
def run_out(
    at: datetime, suspended: tuple[tuple[datetime, datetime | None], ...], term: str, worked: Worked
) -> datetime | None:
    """When a term that began at a moment runs out, but for the suspended stretches (an open end: for good): by
    counting. None: never. Kept, since the same is asked again and again."""

    def held(a: datetime, b: datetime) -> bool:
        return any(start < b and (end is None or end > a) for start, end in suspended)

    while held(at, at + HALF_HOUR):
        if any(end is None and start <= at for start, end in suspended):
            return None
        at += HALF_HOUR
    if term.startswith("PT"):
        left = int(term[2:-1]) * 2
        while left:
            if any(end is None and start <= at for start, end in suspended):
                return None
            left -= not held(at, at + HALF_HOUR)
            at += HALF_HOUR
        return at
    count, number = (worked, int(term[:-2])) if term.endswith("WD") else (lambda _: True, int(term[1:-1]))
    day = at.astimezone(ZONE).date()
    while number:
        day += DAY
        begin = midnight(day)
        if any(end is None and start < begin + DAY for start, end in suspended):
            return None
        number -= count(day) and not held(begin, begin + DAY)
    return midnight(day + DAY)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


@dataclass
class Told:
    """A statement."""

    name: str
    value: str
    day: date
    until: date | None
    standing: bool = True


@dataclass
class PlainCase:
    """One case. `now`: the moment up to which everything has been made good."""

    day0: date
    now: datetime
    worked: Worked
    editions: list[tuple[date, str, Mapping[str, tuple[str, str]]]]
    told: list[Told] = field(default_factory=list)
    needs: list[PlainNeed] = field(default_factory=list)
    is_closed: bool = False

    def facts(self, day: date) -> dict[str, Told]:
        latest: dict[str, Told] = {}
        for told in self.told:
            if told.standing and told.day <= day and (told.name not in latest or told.day >= latest[told.name].day):
                latest[told.name] = told
        return {name: told for name, told in latest.items() if told.until is None or told.until > day}

    def required(self, day: date) -> set[str]:
        told = self.facts(day)
        facts, n = {name: t.value for name, t in told.items()}, (day - self.day0).days
        services = {service for service, rule in RULES.items() if rule(facts)}
        unhelped_long = any(
            unhelped(facts, need, help_) and (n >= 30 or (day - told[need].day).days >= 14)
            for need, help_ in (("medical_need", "medical_help"), ("psychological_need", "psychological_help"))
        )
        failed = (
            (n >= 30 and unregistered(facts))
            or facts.get("housing") in ("homeless", "with_aggressor")
            or (n >= 60 and RULES["employment_track"](facts))
            or unhelped_long
        )
        return services | ({"enhanced_response"} if failed else set())

    def waits(self, service: str, day: date) -> bool:
        papers = self.facts(day).get("identity_document")
        return service == "residence_registration_application" and (papers is None or papers.value == "none")

    def edition(self, day: date) -> tuple[str, Mapping[str, tuple[str, str]]]:
        return next((name, terms) for start, name, terms in reversed(self.editions) if start <= day)

    def open(self) -> list[PlainNeed]:
        return [need for need in self.needs if need.state == "open"]

    def judge(self, day: date, since: datetime, ended: str = "met") -> None:
        """What the facts of a day require is opened, what they no longer require is closed."""
        required = self.required(day)
        name, terms = self.edition(day)
        for need in self.needs:
            if need.service in required:
                continue
            if need.state == "open":
                need.state = "withdrawn" if need.edition != name else ended
            need.holding = False
        current = {need.service for need in self.needs if need.state == "open" or need.holding}
        for need in self.open():
            need.edition, (need.target, need.limit) = name, terms[need.service]
            waits, last = self.waits(need.service, day), need.spans[-1]
            if waits != (last.kind == "waiting"):
                last.end = max(since, last.start)
                need.spans.append(Span("waiting" if waits else "running", last.end))
        for service in sorted(required - current):
            cycle = 1 + sum(need.service == service for need in self.needs)
            kind = "waiting" if self.waits(service, day) else "running"
            self.needs.append(PlainNeed(service, cycle, name, *terms[service], [Span(kind, since)]))

    def next_event(self, need: PlainNeed) -> tuple[datetime, int, str] | None:
        last = need.spans[-1]
        events = [] if last.until is None or last.end else [(last.until, 0, "pause_end")]
        for n, step, term in ((1, "target", need.target), (2, "limit", need.limit)):
            fired = need.breached is not None or (step == "target" and need.warned is not None)
            moment = None if fired else need.due(term, self.worked)
            if moment is not None:
                events.append((moment, n, step))
        return min(events, default=None)

    def catch_up(self, at: datetime, days: bool = True) -> None:
        """Everything that time brought until `at`, in its order: a clock before the day that begins at its moment."""
        day = self.now.astimezone(ZONE).date() + DAY
        while not self.is_closed:
            events = [(e, n) for n in self.open() if (e := self.next_event(n)) is not None and e[0] <= at]
            first = min(events, key=lambda pair: pair[0], default=None)
            if first is not None and (not days or first[0][0] <= midnight(day)):
                self.fire(first[1], first[0], at)
            elif days and midnight(day) <= at:
                self.judge(day, midnight(day))
                day += DAY
            elif first is not None:
                self.fire(first[1], first[0], at)
            else:
                break
        if days:
            self.now = at

    def fire(self, need: PlainNeed, event: tuple[datetime, int, str], at: datetime) -> None:
        moment, _, step = event
        if step == "pause_end":
            need.spans[-1].end = moment
            need.spans.append(Span("running", moment))
        elif step == "target":
            need.warned = at
        else:
            need.breached, need.fell_due = at, moment
