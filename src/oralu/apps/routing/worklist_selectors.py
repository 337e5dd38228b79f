"""The work of a case manager: which needs ask for something now, today and this week, and what the next step of each
is. Grouped in the database, so that a page costs the same number of queries for ten cases and for ten thousand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce

from oralu.apps.access.models import User
from oralu.apps.cases.caseload_selectors import FAR, Columns, beyond, ordering
from oralu.apps.cases.models import CaseState, Plan
from oralu.apps.referrals.clocks import end_of_day, intervals_of
from oralu.apps.referrals.models import Clock, ClockInterval, Need, Referral
from oralu.apps.referrals.selectors import needs_visible_to
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.core.edition import Edition
from oralu.core.grammar import Failure, walk
from oralu.policyfiles import edition_names, load_edition

if TYPE_CHECKING:
    from datetime import date

State = Referral.State
UNSETTLED = (State.SERVED, State.DISPUTED)
GOING = (State.DRAFT, State.WAITING_CONSENT, State.SENT, State.ACKNOWLEDGED, State.ACCEPTED)
TRYING = (*GOING, *UNSETTLED)
WEEK = timedelta(days=7)
PLAN_FACT = "plan"
COLUMNS: Columns = (("first_due", False), ("case_id", False), ("due", False), ("id", False))
"""A case's rows stay together; the case with the nearest deadline comes first."""


class Group(StrEnum):
    """The three groups of the page "Today"."""

    NOW = "now"
    TODAY = "today"
    WEEK = "week"


class Step(StrEnum):
    """What the case manager does next about a need."""

    DISPUTE = "dispute"
    PERSON = "person"
    ACCEPT = "accept"
    CONSENT = "consent"
    HAND_OVER = "hand_over"
    ANSWER = "answer"
    CALL = "call"
    PLAN = "plan"
    AGREE = "agree"
    OWN = "own"
    CHOOSE = "choose"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Item:
    """A need in the list, with what its row shows. `referral` is the attempt that the next step is about."""

    need: Need
    clock: Clock
    log: Sequence[ClockInterval]
    referral: Referral | None
    step: Step
    at_highest_risk: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a group ended: the values of `COLUMNS` of its last row."""

    first_due: datetime
    case_id: int
    due: datetime
    need_id: int

    def __str__(self) -> str:
        return f"{self.first_due.isoformat()}~{self.case_id}~{self.due.isoformat()}~{self.need_id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError for what `str` has not written."""
        first_due, case_id, due, need_id = text.split("~")
        moments = datetime.fromisoformat(first_due), datetime.fromisoformat(due)
        if any(moment.tzinfo is None for moment in moments):
            raise ValueError("a place in the list names its moments with their zone")
        return cls(moments[0], int(case_id), moments[1], int(need_id))


def worklist(actor: User, *, officer_id: int | None, at: datetime) -> QuerySet[Need]:
    """The needs that ask for something in the coming seven days, each with its `group`; of one officer, or of the whole
    unit.

    Now: an answer of an agency waits for the person or the case manager, nobody is left who tries, the limit has
    passed, or the domain stands at the highest risk. Today: the limit passes by this midnight. This week: the limit or
    the target passes within seven days. A need that waits on its prerequisite has no deadline and is left out, unless
    nothing else of its case runs."""
    today = local_day(at)
    needs = _annotated(needs_visible_to(actor).exclude(case__state=CaseState.CLOSED), actor)
    if officer_id is not None:
        needs = needs.filter(case__officer_id=officer_id)
    is_open, has_limit = Q(state=Need.State.OPEN), Q(clock__limit_at__isnull=False)
    passed = Q(clock__breached_at__isnull=False) | Q(clock__limit_at__lte=at)
    urgent = is_open & has_limit & (_highest_risk() | passed | Q(is_given_up=True))
    alone = is_open & Q(is_alone=True)
    return needs.annotate(
        group=Case(
            When(Q(is_unsettled=True) | urgent | (alone & _highest_risk()), then=Value(Group.NOW)),
            When(is_open & Q(clock__limit_at__lte=end_of_day(today)), then=Value(Group.TODAY)),
            When(is_open & _within(today), then=Value(Group.WEEK)),
            When(alone, then=Value(Group.WEEK)),
        )
    )


def _within(today: date) -> Q:
    end = end_of_day(today + WEEK)
    return Q(clock__limit_at__lte=end) | Q(clock__limit_at__isnull=False, clock__target_at__lte=end)


def _annotated(needs: QuerySet[Need], actor: User) -> QuerySet[Need]:
    tried = Referral.objects.filter(need=OuterRef("pk"))
    unsettled = Referral.objects.filter(
        case__unit_id=actor.agency_id, state__in=UNSETTLED, case_accepted_at=None
    ).values("need_id")
    running = Need.objects.filter(
        case=OuterRef("case"), state=Need.State.OPEN, clock__limit_at__isnull=False, case__unit_id=actor.agency_id
    )
    risk = Func(F("case__domains"), F("domain"), Value("risk"), function="jsonb_extract_path_text")
    return needs.filter(Q(state=Need.State.OPEN) | Q(pk__in=unsettled)).annotate(
        domain_risk=Cast(risk, IntegerField()),
        due=Coalesce(F("clock__limit_at"), Value(FAR), output_field=DateTimeField()),
        is_unsettled=Exists(tried.filter(state__in=UNSETTLED, case_accepted_at=None)),
        is_given_up=Exists(tried.filter(state=State.NOT_SERVED)) & ~Exists(tried.filter(state__in=TRYING)),
        is_alone=Q(clock__limit_at=None) & ~Exists(running),
    )


def _highest_risk() -> Q:
    """The need's domain stands at the highest risk of the edition, or its rule follows a critical failure anywhere."""
    highest = Q(pk__in=[])
    for name in edition_names():
        edition = load_edition(name)
        highest |= Q(case__edition=name, domain_risk=len(edition.risk_levels) - 1)
        if rules := _following_failure(edition):
            highest |= Q(edition=name, rule__in=rules, state=Need.State.OPEN)
    return highest


def _following_failure(edition: Edition) -> list[str]:
    return [rule.code for rule in edition.rules if any(isinstance(node, Failure) for node in walk(rule.condition))]


def groups_counted(work: QuerySet[Need]) -> dict[Group, int]:
    """How many needs stand in each group."""
    found = dict(work.exclude(group=None).order_by().values_list("group").annotate(n=Count("pk")))
    return {group: found.get(group, 0) for group in Group}


def group_page(
    work: QuerySet[Need], group: Group, *, size: int, after: Place | None = None
) -> tuple[list[Need], Place | None]:
    """A page of a group and the place after which the next one begins, None where nothing follows."""
    rows = (
        work.filter(group=group)
        .select_related("case__person", "case__officer", "clock")
        .annotate(first_due=Window(Min("due"), partition_by=F("case_id")))
        .order_by(*ordering(COLUMNS))
    )
    if after is not None:
        rows = rows.filter(beyond(COLUMNS, (after.first_due, after.case_id, after.due, after.need_id)))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], _place(last) if last is not None else None


def _place(need: Any) -> Place:
    return Place(need.first_due, need.case_id, need.due, need.pk)


def next_after(work: QuerySet[Need], at: datetime) -> Need | None:
    """The need with the first deadline beyond the week, for the page that has nothing to show before."""
    later = work.filter(state=Need.State.OPEN, group=None, clock__limit_at__gt=at)
    return later.select_related("case__person", "clock").order_by("clock__limit_at", "pk").first()


def items_of(needs: Sequence[Need]) -> list[Item]:
    """The needs with their clocks' logs, the attempt that counts and the next step: three queries for any number."""
    ids = [need.pk for need in needs]
    attempts: dict[int, Referral] = {}
    for referral in _attempts(ids):
        standing = attempts.get(referral.need_id)
        if standing is None or _weight(referral) >= _weight(standing):
            attempts[referral.need_id] = referral
    logs = intervals_of(need.clock.pk for need in needs)
    drafted = set(
        Plan.objects.filter(case__in={need.case_id for need in needs}, state=Plan.State.DRAFT).values_list(
            "case_id", flat=True
        )
    )
    return [
        Item(
            need=need,
            clock=need.clock,
            log=logs.get(need.clock.pk, []),
            referral=attempts.get(need.pk),
            step=next_step(need, attempts.get(need.pk), has_draft_plan=need.case_id in drafted),
            at_highest_risk=_is_at_highest_risk(need),
        )
        for need in needs
    ]


def _attempts(need_ids: Iterable[int]) -> QuerySet[Referral]:
    staff = User.objects.filter(agency=OuterRef("agency"), is_active=True)
    return (
        Referral.objects.filter(need__in=need_ids)
        .select_related("agency__responsible", "agency__deputy")
        .annotate(has_account=Exists(staff))
        .order_by("attempt")
    )


def _weight(referral: Referral) -> int:
    """An answer to be settled counts before an attempt under way, and that before those that have ended."""
    if referral.state in UNSETTLED and referral.case_accepted_at is None:
        return 2
    return int(referral.state in GOING)


def _is_at_highest_risk(need: Need) -> bool:
    edition = load_edition(need.case.edition)
    kept = need.case.domains.get(need.domain)
    at_top = kept is not None and kept["risk"] == len(edition.risk_levels) - 1
    return at_top or (need.state == Need.State.OPEN and need.rule in _following_failure(load_edition(need.edition)))


def next_step(need: Need, referral: Referral | None, *, has_draft_plan: bool) -> Step:
    """What the case manager does next. `referral` is the attempt that counts, with `has_account` of its agency."""
    if referral is not None and _weight(referral) == 2:
        if referral.state == State.DISPUTED:
            return Step.DISPUTE
        return Step.ACCEPT if referral.person_answer else Step.PERSON
    if need.addressee == OWN_UNIT:
        rule = load_edition(need.edition).rule(need.rule)
        if rule.served_meets or PLAN_FACT not in rule.facts:
            return Step.OWN
        return Step.AGREE if has_draft_plan else Step.PLAN
    if referral is None or referral.state not in GOING:
        return Step.WAIT if need.clock.limit_at is None else Step.CHOOSE
    if referral.state == State.WAITING_CONSENT:
        return Step.CONSENT
    if referral.state == State.DRAFT:
        return Step.HAND_OVER
    by_account = getattr(referral, "has_account", False) and not referral.on_paper
    return Step.CALL if by_account else Step.ANSWER
