"""The work of a case manager: which needs ask for something now, today and this week, and what the next step of each
is. A page costs the same number of queries for ten cases and for ten thousand."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db.models import QuerySet

from oralu.apps.access import walls
from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.access.selectors import accounts_open
from oralu.apps.cases.caseload_selectors import FAR
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.referrals.clocks import end_of_day
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.routing.frames import local_day
from oralu.core.edition import Edition
from oralu.core.grammar import Failure, walk
from oralu.core.lifecycle import GOING, WITH_AGENCY
from oralu.policyfiles import edition_names, load_edition

State = Referral.State
UNSETTLED = (State.SERVED, State.DISPUTED)
TRYING = (*GOING, *UNSETTLED)
WEEK = timedelta(days=7)


class Group(StrEnum):
    """The three groups of the page "Today", and what lies folded in the last of them: answers of agencies that wait for
    the person's word or the case manager's acceptance, where nothing presses."""

    NOW = "now"
    TODAY = "today"
    WEEK = "week"
    ANSWERS = "answers"


class Place(NamedTuple):
    """Where a need or, by its most urgent need, a case stands in a group: by the nearest deadline. After the others
    (`rank` 1) comes what was missed more than a day ago and lies with an agency: it has gone up, one can only call.
    Of a case, written into an address, it says where the next page begins."""

    rank: int
    due: datetime
    case_id: int
    need_id: int

    def __str__(self) -> str:
        return f"{self.rank}~{self.due.isoformat()}~{self.case_id}~{self.need_id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError for what `str` has not written."""
        rank, due, case_id, need_id = text.split("~")
        moment = datetime.fromisoformat(due)
        if moment.tzinfo is None:
            raise ValueError("a place in the list names its moment with its zone")
        return cls(int(rank), moment, int(case_id), int(need_id))


@dataclass(frozen=True, slots=True)
class Worklist:
    """The places of the cases of each group, in order, each that of its most urgent need; all needs of a case in a
    group, in their order; and the need with the first deadline after the groups."""

    places: Mapping[Group, Sequence[Place]]
    needs: Mapping[tuple[Group, int], Sequence[Place]]
    later: int | None

    def page(self, group: Group, *, size: int, after: Place | None = None) -> tuple[Sequence[Place], Place | None]:
        """The cases of a page, and the place after which the next one begins, None where nothing follows."""
        places = self.places[group]
        start = bisect_right(places, after) if after is not None else 0
        shown = places[start : start + size]
        return shown, shown[-1] if start + size < len(places) else None

    def count(self, group: Group) -> int:
        """How many needs stand in a group."""
        return sum(len(self.needs[group, place.case_id]) for place in self.places[group])


def worklist_read(actor: User, *, officer_id: int | None, at: datetime) -> Worklist:
    """The needs that ask for something in the coming seven days, by group; of one officer, or of the whole unit.

    Now: the person disputes the help, nobody is left who tries, the limit has passed, or the domain stands at the
    highest risk. Today: the limit passes by this midnight. This week: the limit or the target passes within seven days.
    Answers: help is reported, nothing presses, and the person or the case manager has not signed. A need that waits on
    its prerequisite has no deadline and is left out, unless nothing else of its case runs."""
    rows, attempts, at_top = _read(actor, officer_id)
    running = {row.case_id for row in rows if row.is_open and row.limit_at is not None}
    rules = {name: set(following_failure(load_edition(name))) for name in edition_names()}
    today = local_day(at)
    ends = _Ends(at, end_of_day(today), end_of_day(today + WEEK))
    needs: dict[tuple[Group, int], list[Place]] = defaultdict(list)
    later: tuple[datetime, int] | None = None
    for row in rows:
        gone_up = row.limit_at is not None and row.limit_at < at - GONE_UP and row.pk in attempts.called
        place = Place(int(gone_up), row.limit_at or FAR, row.case_id, row.pk)
        at_highest = row.domain in at_top[row.case_id] or (row.is_open and row.rule in rules.get(row.edition, ()))
        is_alone = row.is_open and row.limit_at is None and row.case_id not in running
        group = _group(row, attempts, ends, at_highest=at_highest, is_alone=is_alone)
        if group is not None:
            needs[group, place.case_id].append(place)
        elif place.due < FAR:
            later = min(later or (place.due, place.need_id), (place.due, place.need_id))
    for standing in needs.values():
        standing.sort()
    places = {group: sorted(found[0] for (of, _case), found in needs.items() if of == group) for group in Group}
    return Worklist(places, needs, later[1] if later else None)


class _Row(NamedTuple):
    """What is read of a need."""

    pk: int
    case_id: int
    domain: str
    edition: str
    rule: str
    state: str
    limit_at: datetime | None
    target_at: datetime | None
    breached_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == Need.State.OPEN


class _Ends(NamedTuple):
    """The moments by which a deadline belongs to a group."""

    now: datetime
    today: datetime
    week: datetime


@dataclass(slots=True)
class _Attempts:
    """Ids of needs, by what has become of the attempts to meet them."""

    unsettled: set[int] = field(default_factory=set)
    disputed: set[int] = field(default_factory=set)
    called: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)


GONE_UP = timedelta(days=1)
ENDS = ("clock__limit_at", "clock__target_at", "clock__breached_at")
COLUMNS = ("pk", "case_id", "domain", "edition", "rule", "state", *ENDS)
"""Of a need, in the order of `_Row`."""


def _group(row: _Row, attempts: _Attempts, ends: _Ends, *, at_highest: bool, is_alone: bool) -> Group | None:
    if row.pk in attempts.disputed:
        return Group.NOW
    if row.is_open and row.limit_at is not None:
        passed = row.breached_at is not None or row.limit_at <= ends.now
        if at_highest or passed or row.pk in attempts.given_up:
            return Group.NOW
        if row.limit_at <= ends.today:
            return Group.TODAY
        if row.limit_at <= ends.week or (row.target_at is not None and row.target_at <= ends.week):
            return Group.WEEK
    if is_alone and at_highest:
        return Group.NOW
    if row.pk in attempts.unsettled:
        return Group.ANSWERS
    return Group.WEEK if is_alone else None


def _read(actor: User, officer_id: int | None) -> tuple[list[_Row], _Attempts, Mapping[int, Collection[str]]]:
    """Every need that is open or whose answer is not settled; the attempts; and the domains at the highest risk, by
    case. Three plain reads, put together here: for each condition the database would run a subquery of its own behind
    the walls of its tables, which for a unit of three thousand cases takes minutes. The cases have passed the wall and
    are in hand from then on, so that it is not asked again for each of their rows."""
    cases = Case.objects.filter(cases_reached(actor, Permission.CASE_WORK, "")).exclude(state=CaseState.CLOSED)
    if officer_id is not None:
        cases = cases.filter(officer_id=officer_id)
    at_top: dict[int, Collection[str]] = {}
    reached: list[int] = []
    highest = {name: len(load_edition(name).risk_levels) - 1 for name in edition_names()}
    for pk, edition, risk in cases.order_by().values_list("pk", "edition", "risk"):
        at_top[pk] = ()
        if risk == highest.get(edition):
            reached.append(pk)
    for pk, edition, domains in Case.objects.filter(pk__in=reached).values_list("pk", "edition", "domains"):
        at_top[pk] = {domain for domain, kept in domains.items() if kept["risk"] == highest[edition]}
    with walls.holding(cases=at_top):
        attempts = _attempts(at_top)
        rows = _rows(Need.objects.filter(case__in=at_top, state=Need.State.OPEN))
        rows += _rows(Need.objects.filter(pk__in=attempts.unsettled.difference(row.pk for row in rows)))
    return rows, attempts, at_top


def _rows(needs: QuerySet[Need]) -> list[_Row]:
    return [_Row(*row) for row in needs.order_by().values_list(*COLUMNS)]


def _attempts(cases: Collection[int]) -> _Attempts:
    """The attempts in these cases that count for a place in the list."""
    found, trying, failed, asked = _Attempts(), set(), set(), []
    columns = ("need_id", "state", "case_accepted_at", "on_paper", "agency_id")
    referrals = Referral.objects.filter(case__in=cases, state__in=(*TRYING, State.NOT_SERVED)).order_by()
    for need, state, accepted_at, on_paper, agency in referrals.values_list(*columns):
        (failed if state == State.NOT_SERVED else trying).add(need)
        if state in UNSETTLED and accepted_at is None:
            found.unsettled.add(need)
            if state == State.DISPUTED:
                found.disputed.add(need)
        if state in WITH_AGENCY and not on_paper:
            asked.append((need, agency))
    accounts = accounts_open().filter(agency__in={agency for _, agency in asked})
    staffed = set(accounts.values_list("agency_id", flat=True).distinct())
    found.called = {need for need, agency in asked if agency in staffed}
    found.given_up = failed - trying
    return found


def following_failure(edition: Edition) -> list[str]:
    return [rule.code for rule in edition.rules if any(isinstance(node, Failure) for node in walk(rule.condition))]
