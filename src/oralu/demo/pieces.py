"""People with a part of their own: each makes sure of a state that chance might miss, and the last ones leave each
region with work that is open now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from oralu.apps.cases.models import Case, ClosingGround
from oralu.apps.referrals.models import Referral
from oralu.apps.routing.household import persons_unite
from oralu.calendarfiles import load_calendar
from oralu.demo import agencies, life, unit
from oralu.demo.arrivals import Arrival, Hook
from oralu.demo.places import AREAS, Area
from oralu.demo.story import Story

GOOD = {
    "identity_document": "held",
    "residence_registration": "permanent",
    "housing": "stable",
    "violence_threat": "no",
    "exploitation_risk": "no",
    "clinic_attachment": "none",
    "screening": "none",
    "medical_need": "low",
    "psychological_need": "low",
    "income": "informal",
    "employment_track": "none",
}
"""A person whom only work and a clinic are missing."""
KARAGANDA, KOSTANAY, ASTANA = AREAS


def _arrival(
    story: Story,
    area: Area,
    *,
    days: float = 0,
    hours: float = 0,
    hook: Hook | None = None,
    quiet: bool = False,
    lives_on: bool = False,
    sex: str = "female",
    **truth: str,
) -> Arrival:
    """Somebody who came `days` and `hours` before the end, to the first officer of the main unit. What happened days
    ago happened in working hours; hours are kept as they are."""
    office = story.world.offices[area.code][0]
    when = story.clock.end - timedelta(days=days, hours=hours)
    when = story.clock.at_work(when) if days else when
    on = load_calendar().local_day(when)
    someone = story.people.someone(on=on, city=office.town, sex=sex, **(GOOD | truth))
    someone.told, someone.proofs_shown, someone.consents_after_days = list(someone.truth), True, 0.0
    return Arrival(when, office, office.officers[0], someone, hook=hook, quiet=quiet, lives_on=lives_on)


def _later(name: str, days: float, act: Callable[..., object], *args: object) -> Hook:
    """A hook that plans one act of a case that many days after enrolment."""

    def hook(story: Story, case: Case, at: datetime) -> None:
        when = story.clock.at_work(at + timedelta(days=days))
        story.clock.plan(when, name, partial(act, story, case.pk, *args))

    return hook


def formal_supervision(story: Story) -> list[Arrival]:
    """Supervised and never referred: the papers to agencies lie in the drawer. On day 30 that is a critical failure;
    the transfer to a unit that works ends it."""

    def hook(story: Story, case: Case, at: datetime) -> None:
        unit.write_plan(story, case, at)
        unit.agree_plan(story, case, at)
        _later("transferred", 44, life.transfer, "71")(story, case, at)

    arrival = _arrival(story, KOSTANAY, days=120, hook=hook, quiet=True)
    arrival.someone.data = replace(arrival.someone.data, children=[])
    return [arrival]


def ends(story: Story) -> list[Arrival]:
    """A case closed while help is still under way, a death, a search that goes on, one that ended, a success on day
    180, a failure on day 180."""
    return [
        _arrival(story, KOSTANAY, days=45, hook=_later("case_close", 2, life.close, ClosingGround.NEW_SENTENCE)),
        _arrival(story, KARAGANDA, days=130, hook=_later("case_close", 71, life.close, ClosingGround.DEATH)),
        _arrival(story, ASTANA, days=70, hook=_later("search", 58, life.search, None), housing="unsafe"),
        _arrival(story, KARAGANDA, days=90, hook=_found_after(12), housing="temporary", psychological_need="high"),
        _arrival(story, KARAGANDA, days=198, hook=_later("found_work", 75, life.find_work), lives_on=False),
        _arrival(
            story, ASTANA, days=197, quiet=True, identity_document="none", residence_registration="none", sex="male"
        ),
        _arrival(story, ASTANA, days=196, hook=_completes),
    ]


def _completes(story: Story, case: Case, at: datetime) -> None:
    _later("found_work", 60, life.find_work)(story, case, at)
    _later("case_close", 184, life.close, ClosingGround.PROGRAMME_COMPLETED)(story, case, at)


def _found_after(days: float) -> Hook:
    def hook(story: Story, case: Case, at: datetime) -> None:
        _later("search", 40, life.search, None)(story, case, at)
        _later("found", 40 + days, life.found)(story, case, at)

    return hook


def papers(story: Story) -> list[Arrival]:
    """No IIN and no papers; no consent at all; a fact recorded by mistake; help disputed and not decided."""
    nameless = _arrival(
        story,
        KARAGANDA,
        days=3,
        identity_document="none",
        residence_registration="none",
        housing="temporary",
        sex="male",
    )
    nameless.someone.data = replace(nameless.someone.data, iin="")
    mute = _arrival(story, KARAGANDA, days=25, lives_on=True, psychological_need="high")
    mute.someone.consents_after_days = None
    mistaken = _arrival(story, ASTANA, days=33, hook=_later("mistake", 9, life.mistake), lives_on=True)
    unhelped = {"psychological_need": "high", "psychological_help": "none"}
    disputed = _arrival(story, KARAGANDA, days=12, hook=_dispute, quiet=True, **unhelped)
    return [nameless, mute, mistaken, disputed]


def _dispute(story: Story, case: Case, at: datetime) -> None:
    def served(at: datetime) -> None:
        referral = Referral.objects.get(case=case, need__service="psychological_help")
        agencies.serve(story, referral.pk, at)
        when = story.clock.at_work(at + timedelta(days=6))
        story.clock.plan(when, "referral_person_disputes", partial(unit.dispute, story, referral.pk))

    story.clock.plan(story.clock.at_work(at + timedelta(hours=20)), "referral_serve", served)


def duplicate(story: Story) -> list[Arrival]:
    """One person recorded twice: first in another region without papers, then anew; somebody notices."""
    first = _arrival(story, KOSTANAY, days=150, identity_document="none", residence_registration="none")
    first.hook = _later("case_close", 40, life.close, ClosingGround.TERM_ENDED)
    second = _arrival(story, KARAGANDA, days=60, lives_on=True)
    known = second.someone.data
    first.someone.data = replace(known, iin="", phone="", given_name=known.given_name, address="")

    def hook(story: Story, case: Case, at: datetime) -> None:
        def unite(at: datetime) -> None:
            earlier = Case.objects.select_related("person").get(
                person__surname=known.surname,
                person__given_name=known.given_name,
                person__birth_date=known.birth_date,
                person__iin="",
            )
            kept = Case.objects.select_related("person").get(pk=case.pk).person
            persons_unite(kept=kept, absorbed=earlier.person, actor=story.office(case).head, at=at)

        story.clock.plan(story.clock.at_work(at + timedelta(days=4)), "persons_unite", unite)

    second.hook = hook
    return [first, second]


def fresh(story: Story, area: Area) -> list[Arrival]:
    """What is open now in a region, with the officer whose page is opened first: a threatened woman waiting for a
    place, one whose hours run out, papers not applied for, a plan not written."""
    threat = {"housing": "with_aggressor", "violence_threat": "yes", "psychological_need": "high"}
    return [
        _arrival(story, area, hours=3.2, quiet=True, hook=_waits_for_place, **threat),
        _arrival(story, area, hours=22.4, quiet=True, housing="unsafe", violence_threat="yes"),
        _arrival(story, area, hours=45.5, quiet=True, housing="homeless"),
        _arrival(
            story, area, hours=19, quiet=True, identity_document="none", residence_registration="none", sex="male"
        ),
        _arrival(story, area, days=2.4, quiet=True),
        _arrival(story, area, hours=0.6, quiet=True, sex="male"),
    ]


def _waits_for_place(story: Story, case: Case, at: datetime) -> None:
    """The police have taken it on; the crisis centre has read it and has not answered."""

    def police(at: datetime) -> None:
        referral = Referral.objects.get(case=case, need__service="safety_measures")
        agencies.accept(story, referral.pk, at)

    def centre(at: datetime) -> None:
        for referral in Referral.objects.filter(case=case, need__service="safe_place", state=Referral.State.SENT):
            agencies.acknowledge(story, referral.pk, at)

    story.clock.plan(at + timedelta(minutes=40), "referral_accept", police)
    story.clock.plan(at + timedelta(minutes=70), "referral_acknowledge", centre)


PARTS: tuple[Callable[[Story], list[Arrival]], ...] = (
    lambda story: fresh(story, KARAGANDA),
    papers,
    ends,
    formal_supervision,
    duplicate,
    lambda story: fresh(story, ASTANA),
    lambda story: fresh(story, KOSTANAY),
)


def cast(story: Story, *, size: int) -> list[Arrival]:
    """The people with a part, at most half of the cohort, so that a small one still has a register around them."""
    arrivals: list[Arrival] = []
    for part in PARTS:
        found = part(story)
        if len(arrivals) + len(found) <= size // 2:
            arrivals += found
    return arrivals
