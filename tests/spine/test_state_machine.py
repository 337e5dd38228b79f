"""Needs and clocks of the register against a plain imitation (`plain_clocks`): whatever people and time do, in whatever
order, both say the same. 300 sequences here; `make bench-state` runs ten thousand, in shares with a seed each. That
the comparison would notice a register that is wrong is proved by `test_wrong_registers.py`."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from plain_clocks import TERMS, PlainCase, PlainNeed, Span, Told

from oralu import calendarfiles, policyfiles
from oralu.apps.cases.models import Case, Statement
from oralu.apps.journal.models import Entry
from oralu.apps.referrals.clocks import clock_compute, intervals_of
from oralu.apps.referrals.models import Clock, ClockInterval, Escalation, Need, Referral
from oralu.apps.routing.decrees import calendar_recompute
from oralu.apps.routing.facts import FactData, facts_record, statement_retract
from oralu.apps.routing.lifecycle import case_close, case_resume, case_suspend
from oralu.apps.routing.pausing import need_clock_pause, need_clock_resume
from oralu.apps.routing.policies import edition_adopt
from oralu.apps.routing.referring import referral_decline, referral_withdraw
from oralu.apps.routing.refusing import need_refused, need_reopen
from oralu.apps.routing.worker import turn
from oralu.core.lifecycle import GOING
from oralu.core.worktime import Calendar
from world import EDITION, MONDAY, World, build

OTHER = "kz-other-2027"
OTHER_TERMS = TERMS | {
    "identity_document_application": ("PT6H", "PT36H"),
    "stable_place": ("P10D", "P20D"),
    "medical_help": ("2WD", "4WD"),
    "safe_place": ("1WD", "3WD"),
    "plan_agreement": ("PT24H", "PT200H"),
}
VALUES = {
    "identity_document": ("none", "applied", "held"),
    "residence_registration": ("none", "applied", "temporary", "permanent"),
    "housing": ("homeless", "unsafe", "shelter", "temporary", "stable"),
    "violence_threat": ("no", "yes"),
    "income": ("none", "lawful"),
    "employment_track": ("none", "registered"),
    "clinic_attachment": ("none", "attached"),
    "screening": ("none", "done"),
    "medical_need": ("low", "high"),
    "medical_help": ("none", "receiving"),
    "family_contact": ("none", "wanted"),
    "plan": ("none", "draft", "agreed"),
}
FACTS = st.sampled_from([(name, value) for name, values in VALUES.items() for value in values])
SPANS = st.one_of(
    st.integers(1, 60).map(lambda n: n * timedelta(minutes=30)),
    st.integers(1, 12).map(lambda n: n * timedelta(days=1)),
)
PLACE = st.integers(0, 30)
LONGEST = timedelta(days=150)


def other_edition(folder: Path) -> None:
    """Beside the edition in force another, which differs in its name and in some terms."""
    shutil.copytree(policyfiles.POLICY_DIR, folder, dirs_exist_ok=True)
    shutil.copytree(folder / EDITION, folder / OTHER)
    head = folder / OTHER / "edition.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace(EDITION, OTHER), encoding="utf-8")
    routing = folder / OTHER / "routing.yaml"
    rules = re.split(r"(?m)^(?=  - id: )", routing.read_text(encoding="utf-8"))
    for n, text in enumerate(rules):
        service = re.search(r"(?m)^    service: (\w+)", text)
        if service and service[1] in OTHER_TERMS:
            target, limit = OTHER_TERMS[service[1]]
            rules[n] = re.sub(r"(?m)^    target: .*", f"    target: {target}", rules[n])
            rules[n] = re.sub(r"(?m)^    limit: .*", f"    limit: {limit}", rules[n])
    routing.write_text("".join(rules), encoding="utf-8")


def decreed(calendar: Calendar, day: date) -> Calendar:
    """The calendar in which a day is worked that was free, or free that was worked."""
    working = calendar.working.copy()
    working[calendar.index(day)] = not working[calendar.index(day)]
    return Calendar(calendar.first, calendar.last, calendar.zone, working, calendar.special)


class Clocks(RuleBasedStateMachine):
    """One case, the people who act on it, and time."""

    world: World
    played = 0

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.file = calendarfiles.load_calendar_file()
        self.is_suspended = False
        self.is_behind = False

    def teardown(self) -> None:
        Clocks.played += 1
        calendarfiles.load_calendar_file = FILE
        transaction.savepoint_rollback(self.point)

    @initialize(delay=st.integers(0, 335), facts=st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 4)))
    def enrol(self, delay: int, facts: dict[str, int]) -> None:
        self.at = MONDAY + delay * timedelta(minutes=30)
        chosen = {name: VALUES[name][n % len(VALUES[name])] for name, n in facts.items()} | {
            "identity_document": "none"
        }
        self.case = self.world.enrol(facts=chosen, at=self.at, person=self.world.person(iin=""))
        day = self.at.date()
        self.plain = PlainCase(day, self.at, self.worked, [(day - timedelta(days=700), EDITION, TERMS)])
        self.plain.told = [Told(name, value, day, None) for name, value in chosen.items()]
        self.plain.judge(day, self.at)

    @property
    def worked(self) -> Callable[[date], bool]:
        return self.file.calendar.is_working

    @property
    def today(self) -> date:
        return self.at.date()

    def is_acting(self) -> bool:
        return not self.is_suspended and not self.plain.is_closed

    def is_young(self) -> bool:
        return self.at - MONDAY < LONGEST

    def now(self) -> None:
        """Before anything is recorded, what time brought is made good."""
        self.plain.catch_up(self.at)
        self.is_behind = False

    def pick(self, place: int, wanted: Callable[[PlainNeed], bool]) -> tuple[PlainNeed, Need] | None:
        found = [need for need in self.plain.needs if wanted(need)]
        if not found:
            return None
        need = found[place % len(found)]
        return need, Need.objects.get(case=self.case, service=need.service, cycle=need.cycle)

    @precondition(lambda self: not self.is_suspended and self.is_young())
    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        self.at += span
        self.is_behind = True

    @precondition(lambda self: not self.is_suspended and self.is_young())
    @rule(span=SPANS)
    def time_passes_and_the_worker_turns(self, span: timedelta) -> None:
        self.at += span
        self.the_worker_turns()

    @precondition(lambda self: not self.is_suspended)
    @rule()
    def the_worker_turns(self) -> None:
        turn(self.at)
        self.now()

    @precondition(is_acting)
    @rule(fact=FACTS, back=st.integers(0, 2), until=st.one_of(st.none(), st.none(), st.integers(1, 20)))
    def a_fact_is_recorded(self, fact: tuple[str, str], back: int, until: int | None) -> None:
        day, end = self.today - timedelta(days=back), self.today + timedelta(days=until) if until else None
        data = FactData(*fact, effective_on=day, until=end)
        facts_record(case=self.case, facts=[data], actor=self.world.aigul, at=self.at)
        self.now()
        self.plain.told.append(Told(*fact, day, end))
        self.plain.judge(self.today, self.at)

    @precondition(is_acting)
    @rule(place=PLACE)
    def a_statement_is_retracted(self, place: int) -> None:
        standing = [n for n, told in enumerate(self.plain.told) if told.standing]
        if not standing:
            return
        number = standing[place % len(standing)]
        told = Statement.objects.filter(case=self.case, retracts=None).order_by("pk")[number]
        statement_retract(statement=told, reason="ошибка", actor=self.world.aigul, at=self.at)
        self.now()
        self.plain.told[number].standing = False
        self.plain.judge(self.today, self.at, ended="withdrawn")

    @precondition(is_acting)
    @rule(place=PLACE, length=st.integers(1, 90 * 48))
    def a_clock_is_paused(self, place: int, length: int) -> None:
        self.the_worker_turns()
        found = self.pick(place, lambda n: n.state == "open" and n.spans[-1].kind == "running")
        if found is None:
            return
        until = self.at + length * timedelta(minutes=30)
        need_clock_pause(need=found[1], reason="court", party="court", until=until, actor=self.world.aigul, at=self.at)
        found[0].spans[-1].end = self.at
        found[0].spans.append(Span("paused", self.at, until=until))

    @precondition(is_acting)
    @rule(place=PLACE)
    def a_clock_runs_on(self, place: int) -> None:
        self.the_worker_turns()
        found = self.pick(place, lambda n: n.state == "open" and n.spans[-1].kind == "paused")
        if found is None:
            return
        need_clock_resume(need=found[1], actor=self.world.aigul, at=self.at)
        found[0].spans[-1].end = self.at
        found[0].spans.append(Span("running", self.at))

    @precondition(is_acting)
    @rule(place=PLACE)
    def help_is_refused(self, place: int) -> None:
        self.the_worker_turns()
        found = self.pick(place, lambda n: n.state == "open")
        if found is None:
            return
        need_refused(need=found[1], note="", actor=self.world.aigul, at=self.at)
        found[0].state, found[0].holding = "refused", True
        self.plain.judge(self.today, self.at)

    @precondition(is_acting)
    @rule(place=PLACE)
    def a_refusal_is_taken_back(self, place: int) -> None:
        self.the_worker_turns()
        found = self.pick(place, lambda n: n.holding)
        if found is None:
            return
        need_reopen(need=found[1], actor=self.world.aigul, at=self.at)
        found[0].holding = False
        self.plain.judge(self.today, self.at)

    @precondition(is_acting)
    @rule(place=PLACE, by_us=st.booleans())
    def an_agency_declines_or_another_is_asked(self, place: int, by_us: bool) -> None:
        """Attempts come and go; the clock of the need does not notice."""
        going = list(Referral.objects.filter(case=self.case, state__in=GOING if by_us else ["sent"]).order_by("pk"))
        if not going:
            return
        referral = going[place % len(going)]
        need_is_there = Need.objects.filter(pk=referral.need_id, state="open")
        self.the_worker_turns()
        if not need_is_there.exists():
            return
        if by_us:
            referral_withdraw(referral=referral, agency=None, note="", actor=self.world.aigul, at=self.at)
        else:
            referral_decline(referral=referral, reason="no_staff", note="", actor=self.world.dana, at=self.at)

    @precondition(lambda self: self.is_acting() and self.is_young())
    @rule(days=st.integers(0, 40), half_hours=st.integers(0, 47), is_swept=st.booleans())
    def the_person_is_searched_for_and_found(self, days: int, half_hours: int, is_swept: bool) -> None:
        case_suspend(case=self.case, reason="не явилась", actor=self.world.aigul, at=self.at)
        self.now()
        for need in self.plain.open():
            if need.spans[-1].kind != "waiting":
                need.spans[-1].end = self.at
                need.spans.append(Span("paused", self.at, until=self.at + timedelta(days=90), is_search=True))
        self.at += timedelta(days=days, minutes=30 * half_hours)
        if is_swept:
            turn(self.at)
        case_resume(case=self.case, actor=self.world.aigul, at=self.at)
        self.now()
        for need in self.plain.open():
            if need.spans[-1].is_search:
                need.spans[-1].end = self.at
                need.spans.append(Span("running", self.at))
        self.plain.judge(self.today, self.at)

    @precondition(is_acting)
    @rule(days=st.integers(0, 30))
    def a_decree_changes_the_calendar(self, days: int) -> None:
        self.the_worker_turns()
        self.file = replace(self.file, calendar=decreed(self.file.calendar, self.today + timedelta(days=days)))
        self.plain.worked = self.worked
        calendarfiles.load_calendar_file = lambda code="kz", file=self.file: file
        calendar_recompute(actor=None, at=self.at)
        self.the_worker_turns()

    @precondition(is_acting)
    @rule(days=st.integers(1, 10), other=st.booleans())
    def an_edition_is_adopted(self, days: int, other: bool) -> None:
        day, name = self.today + timedelta(days=days), OTHER if other else EDITION
        if any(start >= day for start, _, _ in self.plain.editions):
            return
        edition_adopt(edition_name=name, region=self.world.region, from_date=day, actor=self.world.admin, at=self.at)
        self.plain.editions.append((day, name, OTHER_TERMS if other else TERMS))

    @precondition(is_acting)
    @rule(luck=st.integers(0, 9))
    def the_case_is_closed(self, luck: int) -> None:
        if luck:
            return
        case_close(
            case=self.case, ground="term_ended", closed_on=self.today, note="", actor=self.world.aigul, at=self.at
        )
        self.now()
        for need in self.plain.open():
            need.state = "withdrawn"
        self.plain.is_closed = True

    @invariant()
    def the_register_says_what_the_imitation_says(self) -> None:
        if not hasattr(self, "plain") or self.is_behind:
            return
        clocks = list(Clock.objects.filter(case=self.case, need__isnull=False).select_related("need"))
        assert sorted(map(stored, clocks)) == sorted(self.told(need) for need in self.plain.needs)
        logs = intervals_of(clock.pk for clock in clocks)
        for clock in clocks:
            before = stored(clock)
            clock_compute(clock, logs[clock.pk])
            assert stored(clock) == before, "a column is not what the log says"
        open_limits = [n.due(n.limit, self.worked) for n in self.plain.open()]
        due = min((limit for limit in open_limits if limit is not None), default=None)
        assert Case.objects.get(pk=self.case.pk).next_due_at == due
        fired = {
            "clock.breached": sum(n.breached is not None for n in self.plain.needs),
            "clock.target_passed": sum(n.warned is not None for n in self.plain.needs),
        }
        for kind, count in fired.items():
            assert Entry.objects.filter(case=self.case, kind=kind).count() == count
        fell_due = Escalation.objects.filter(case=self.case, kind="breach").values_list("fell_due_at", flat=True)
        assert sorted(fell_due) == sorted(n.fell_due for n in self.plain.needs if n.fell_due is not None)
        assert ClockInterval.objects.filter(clock__case=self.case, end=None).count() == len(self.plain.needs)

    def told(self, need: PlainNeed) -> tuple[Any, ...]:
        head = (need.service, need.cycle, need.state, need.holding, str(need.warned), str(need.breached))
        if need.state != "open":
            return head
        event = self.plain.next_event(need)
        limits = [need.due(term, self.worked) for term in (need.target, need.limit)]
        return (
            *head,
            need.target,
            need.limit,
            *map(moment, limits),
            *((moment(event[0]), event[2]) if event else ("", "")),
        )


def moment(at: datetime | None) -> str:
    return at.astimezone(FILE().calendar.zone).isoformat() if at else ""


def stored(clock: Clock) -> tuple[Any, ...]:
    need = clock.need
    fired = (
        str(clock.warned_at and clock.warned_at.astimezone(MONDAY.tzinfo)),
        str(clock.breached_at and clock.breached_at.astimezone(MONDAY.tzinfo)),
    )
    head = (need.service, need.cycle, need.state, need.still_holds, *fired)
    if need.state != "open":
        return head
    return (
        *head,
        clock.target,
        clock.limit,
        *map(moment, (clock.target_at, clock.limit_at, clock.due_at)),
        clock.due_step,
    )


FILE = calendarfiles.load_calendar_file
SEQUENCES, SHARES = int(os.environ.get("SEQUENCES", "300")), int(os.environ.get("SHARES", "2"))
START = int(os.environ.get("SEED", "0"))


@pytest.fixture
def editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, Any]]:
    folder = tmp_path / "policy"
    other_edition(folder)
    monkeypatch.setattr(policyfiles, "POLICY_DIR", folder)
    yield {}
    calendarfiles.load_calendar_file = FILE


def compare(sequences: int, start: int) -> int:
    """Play sequences chosen from a seed; how many were played. A difference is made as small as can be found and
    raised."""
    Clocks.world, Clocks.played = build(), 0
    run_state_machine_as_test(
        seed(start)(Clocks),
        settings=settings(
            max_examples=sequences,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    return Clocks.played


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_people_and_time_do_the_register_and_the_imitation_agree(editions: object, share: int) -> None:
    sequences = -(-SEQUENCES // SHARES)
    assert compare(sequences, START + share) >= sequences
