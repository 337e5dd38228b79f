"""The work of a case manager: which needs ask for something now, today and this week, and what the next step of each
is. Grouped in the database, so that a page costs the same number of queries for ten cases and for ten thousand."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import (
    Case,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.caseload_selectors import FAR
from oralu.apps.cases.models import CaseState
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.referrals.clocks import end_of_day
from oralu.apps.referrals.models import Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.frames import local_day
from oralu.core.edition import Edition
from oralu.core.grammar import Failure, walk
from oralu.core.lifecycle import GOING, WITH_AGENCY
from oralu.policyfiles import edition_names, load_edition

if TYPE_CHECKING:
    from datetime import date

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
    """Read the groups in one query: only numbers and moments, so that a page costs little for a large unit too."""
    needs: dict[tuple[Group, int], list[Place]] = defaultdict(list)
    later: tuple[datetime, int] | None = None
    rows = worklist(actor, officer_id=officer_id, at=at).order_by()
    for group, *place in rows.values_list("group", "rank", "due", "case_id", "pk").iterator(chunk_size=5000):
        found = Place(*place)
        if group is not None:
            needs[Group(group), found.case_id].append(found)
        elif found.due < FAR:
            later = min(later or (found.due, found.need_id), (found.due, found.need_id))
    for standing in needs.values():
        standing.sort()
    places = {group: sorted(found[0] for (of, _case), found in needs.items() if of == group) for group in Group}
    return Worklist(places, needs, later[1] if later else None)


GONE_UP = timedelta(days=1)


def worklist(actor: User, *, officer_id: int | None, at: datetime) -> QuerySet[Need]:
    """The needs that ask for something in the coming seven days, each with its `group`; of one officer, or of the whole
    unit.

    Now: the person disputes the help, nobody is left who tries, the limit has passed, or the domain stands at the
    highest risk. Today: the limit passes by this midnight. This week: the limit or the target passes within seven days.
    Answers: help is reported, nothing presses, and the person or the case manager has not signed. A need that waits on
    its prerequisite has no deadline and is left out, unless nothing else of its case runs."""
    today = local_day(at)
    needs = _annotated(needs_visible_to(actor).exclude(case__state=CaseState.CLOSED), actor, at)
    if officer_id is not None:
        needs = needs.filter(case__officer_id=officer_id)
    is_open, has_limit = Q(state=Need.State.OPEN), Q(clock__limit_at__isnull=False)
    passed = Q(clock__breached_at__isnull=False) | Q(clock__limit_at__lte=at)
    urgent = is_open & has_limit & (_highest_risk() | passed | Q(is_given_up=True))
    alone = is_open & Q(is_alone=True)
    return needs.annotate(
        group=Case(
            When(Q(is_disputed=True) | urgent | (alone & _highest_risk()), then=Value(Group.NOW)),
            When(is_open & Q(clock__limit_at__lte=end_of_day(today)), then=Value(Group.TODAY)),
            When(is_open & _within(today), then=Value(Group.WEEK)),
            When(Q(is_unsettled=True), then=Value(Group.ANSWERS)),
            When(alone, then=Value(Group.WEEK)),
        )
    )


def _within(today: date) -> Q:
    end = end_of_day(today + WEEK)
    return Q(clock__limit_at__lte=end) | Q(clock__limit_at__isnull=False, clock__target_at__lte=end)


def _annotated(needs: QuerySet[Need], actor: User, at: datetime) -> QuerySet[Need]:
    """Each set of the unit is read once and hashed, which a subquery for every need would not be."""
    tried = Referral.objects.filter(cases_reached(actor, Permission.CASE_WORK)).values("need_id")
    unsettled = Q(pk__in=tried.filter(state__in=UNSETTLED, case_accepted_at=None))
    disputed = Q(pk__in=tried.filter(state=State.DISPUTED, case_accepted_at=None))
    staffed = User.objects.filter(is_active=True, agency__isnull=False).values("agency_id")
    called = Q(pk__in=tried.filter(state__in=WITH_AGENCY, on_paper=False, agency__in=staffed))
    not_served = Q(pk__in=tried.filter(state=State.NOT_SERVED))
    running = Need.objects.filter(
        cases_reached(actor, Permission.CASE_WORK), state=Need.State.OPEN, clock__limit_at__isnull=False
    ).values("case_id")
    risk = Func(F("case__domains"), F("domain"), Value("risk"), function="jsonb_extract_path_text")
    return needs.filter(Q(state=Need.State.OPEN) | unsettled).annotate(
        domain_risk=Cast(risk, IntegerField()),
        due=Coalesce(F("clock__limit_at"), Value(FAR), output_field=DateTimeField()),
        rank=Case(When(called & Q(clock__limit_at__lt=at - GONE_UP), then=Value(1)), default=Value(0)),
        is_unsettled=_flag(unsettled),
        is_disputed=_flag(disputed),
        is_given_up=_flag(not_served & ~Q(pk__in=tried.filter(state__in=TRYING))),
        is_alone=_flag(Q(clock__limit_at=None) & ~Q(case_id__in=running)),
    )


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _highest_risk() -> Q:
    """The need's domain stands at the highest risk of the edition, or its rule follows a critical failure anywhere."""
    highest = Q(pk__in=[])
    for name in edition_names():
        edition = load_edition(name)
        highest |= Q(case__edition=name, domain_risk=len(edition.risk_levels) - 1)
        if rules := following_failure(edition):
            highest |= Q(edition=name, rule__in=rules, state=Need.State.OPEN)
    return highest


def following_failure(edition: Edition) -> list[str]:
    return [rule.code for rule in edition.rules if any(isinstance(node, Failure) for node in walk(rule.condition))]
