"""Who comes to which unit, when and with what, and the enrolment itself: many at once through the one service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oralu.apps.access.models import User
from oralu.apps.cases.models import Case
from oralu.apps.people.models import Person
from oralu.apps.routing.enrolment import EnrolmentData, cases_enrol
from oralu.apps.routing.facts import FactData
from oralu.calendarfiles import load_calendar
from oralu.demo import life
from oralu.demo.people import Someone
from oralu.demo.places import AREAS, Office
from oralu.demo.story import Story

INHERITED = 0.12
EARLY, FRESH = 0.2, 0.04
"""Shares of the cohort: imported when Oralu begins; enrolled in its first three weeks, so that day 180 is reached;
enrolled in the last two days."""
Hook = Callable[[Story, Case, datetime], None]


@dataclass
class Arrival:
    """A person at the door of a unit. `hook` runs after the enrolment; `quiet`: nobody answers by themselves."""

    when: datetime
    office: Office
    officer: User
    someone: Someone
    person: Person | None = None
    enrolled_on: date | None = None
    go_live_on: date | None = None
    import_key: str = ""
    hook: Hook | None = None
    quiet: bool = False
    lives_on: bool = True


def plan_arrivals(story: Story, arrivals: Sequence[Arrival]) -> None:
    """Put enrolments into the queue; those of one unit at one moment are one batch."""
    batches: dict[tuple[datetime, int], list[Arrival]] = {}
    for arrival in arrivals:
        batches.setdefault((arrival.when, arrival.office.agency.pk), []).append(arrival)
    for (when, _), batch in batches.items():
        story.clock.plan(when, "enrolment", lambda at, batch=batch: enrol(story, batch, at))


def enrol(story: Story, batch: Sequence[Arrival], at: datetime) -> None:
    today = story.clock.today()
    rows = [_data(story, arrival, arrival.enrolled_on or today) for arrival in batch]
    cases = cases_enrol(enrolments=rows, actor=batch[0].officer, at=at)
    for case, arrival in zip(cases, batch, strict=True):
        story.someone[case.pk] = arrival.someone
        if arrival.quiet:
            story.quiet.add(case.pk)
        if arrival.lives_on:
            life.enrolled(story, case, at)
        if arrival.hook is not None:
            arrival.hook(story, case, at)


def _data(story: Story, arrival: Arrival, enrolled_on: date) -> EnrolmentData:
    someone = arrival.someone
    before = someone.released_days_before
    main = story.world.offices[arrival.office.area.code][0]
    facts = [f for f in someone.facts(story.rng, someone.told) if f.name != "plan"]
    return EnrolmentData(
        person=arrival.person or someone.data,
        unit=arrival.office.agency,
        officer=arrival.officer,
        ground=someone.ground,
        probation_kind=someone.probation_kind,
        enrolled_on=enrolled_on,
        released_on=enrolled_on - timedelta(days=before) if before else None,
        locality="" if arrival.office is main else arrival.office.town,
        facts=[_until(story, f, enrolled_on) for f in facts],
        consent_given_on=enrolled_on if someone.consents_after_days == 0 else None,
        go_live_on=arrival.go_live_on,
        import_key=arrival.import_key,
    )


def _until(story: Story, fact: FactData, on: date) -> FactData:
    """A temporary registration and a place in a centre have an end."""
    if fact.value == "temporary" and fact.name == "residence_registration":
        return FactData(fact.name, fact.value, on, on + timedelta(days=story.rng.randrange(60, 500)), fact.evidence)
    if fact.value == "shelter":
        return FactData(fact.name, fact.value, on, on + timedelta(days=90), fact.evidence)
    return fact


class Desks:
    """Spreads people over units and officers."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._load: Counter[int] = Counter()

    def next(self) -> tuple[Office, User]:
        """A unit by the weights of the regions (the main town more often), and of its officers the one with the
        lightest load; the first of them leads more cases than the others."""
        rng = self._story.rng
        area = rng.choices(AREAS, [a.weight for a in AREAS])[0]
        office = rng.choices(self._story.world.offices[area.code], (0.7, 0.3))[0]
        officer = min(office.officers, key=lambda o: self._load[o.pk] / (1.6 if o is office.officers[0] else 1))
        self._load[officer.pk] += 1
        return office, officer


def register(story: Story, *, count: int, start: datetime) -> list[Arrival]:
    """Everybody who comes in the course of the history without a role of their own in it."""
    rng, clock, desks = story.rng, story.clock, Desks(story)
    inherited = round(count * INHERITED)
    go_live = load_calendar().local_day(start) + timedelta(days=5)
    imported_at = clock.at_work(start + timedelta(days=2))
    arrivals = []
    for number in range(count):
        office, officer = desks.next()
        fate = rng.random()
        if number < inherited:
            when = imported_at
        elif fate < EARLY:
            when = clock.at_work(start + timedelta(days=rng.uniform(0.4, 19)))
        elif fate < 1 - FRESH:
            when = clock.at_work(start + (clock.end - start) * rng.uniform(0.095, 0.985))
        else:
            when = clock.end - timedelta(hours=rng.uniform(1, 50))
        when = min(when, clock.end - timedelta(minutes=rng.randrange(20, 300)))
        on = load_calendar().local_day(when)
        someone = story.people.someone(on=on, city=office.town)
        arrival = Arrival(when, office, officer, someone)
        if number < inherited:
            someone.told = [name for name in someone.told if rng.random() < 0.75]
            arrival.enrolled_on = go_live - timedelta(days=rng.randrange(20, 170))
            arrival.go_live_on, arrival.import_key = go_live, f"demo-{number + 1}"
        arrivals.append(arrival)
    return arrivals
