"""The board of a head: what is broken now, how it has been going, who carries what. Every figure is one aggregate of
the database; `routing.board_rows` gives the rows behind it.

A head of a unit sees the own unit; leadership sees its region, without persons, and only the escalations that are in
front of its own agency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any, TypeAlias, TypeVar

from django.db.models import BigIntegerField, Count, F, Min, Model, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models import Case as Choice
from django.db.models.functions import TruncWeek

from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Need, Referral
from oralu.apps.referrals.selectors import escalations_visible_to
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.calendarfiles import load_calendar

WEEKS = 12
MOST = 99
"""Up to here the number of what waits is exact; above it nobody plans by it."""
SOON = timedelta(days=7)
REPORTED = (Referral.State.SERVED, Referral.State.DISPUTED)
ANSWERS = ("confirmed", "disputed", "not_asked")


M = TypeVar("M", bound=Model)
Readers: TypeAlias = User | tuple[User, ...]
"""For whom a figure is counted: one reader, or all those of one role who are shown the same figure."""


def of_scope(readers: Readers, prefix: str = "case__") -> Q:
    """The cases that figures are about: of the own unit, of the own region; nobody else has a board. Of several readers
    those cases that each of them reaches, so that a figure kept for all tells nobody of a case that is closed to him.
    """
    those = readers if isinstance(readers, tuple) else (readers,)
    reached = [cases_reached(one, Permission.BOARD_READ, prefix) for one in those]
    return reduce(and_, reached) if reached else Q(pk__in=[])


def in_front_of(actor: User) -> QuerySet[Escalation]:
    """The escalations that the actor answers for: addressed to the own agency, to the head of the own unit."""
    return escalations_visible_to(actor).filter(agency_id=actor.agency_id)


WAITING = {"answered_at": None, "solved_at": None}
"""Of an escalation that asks for an answer."""


def broken_now(actor: User) -> QuerySet[Escalation]:
    """Escalations in front of the actor that wait for an answer, the oldest limit first; inherited ones are a group of
    their own."""
    return in_front_of(actor).filter(**WAITING, in_digest=False).order_by("fell_due_at", "id")


def inherited(actor: User) -> QuerySet[Escalation]:
    """Unanswered escalations of needs that came with an imported register."""
    return in_front_of(actor).filter(**WAITING, in_digest=True).order_by("-id")


def settled(actor: User) -> QuerySet[Escalation]:
    """Needs that no agency could take and that were settled before anybody answered, the latest first. They may still
    be answered."""
    return in_front_of(actor).filter(answered_at=None, solved_at__isnull=False).order_by("-id")


def gone_up(actor: User) -> QuerySet[Escalation]:
    """What has gone up from the cases of the own unit to others and is not answered yet."""
    if actor.role != Role.UNIT_HEAD:
        return Escalation.objects.none()
    others = escalations_visible_to(actor).exclude(agency_id=actor.agency_id)
    return others.filter(**WAITING, in_digest=False).order_by("fell_due_at", "id")


def measures_open(actor: User) -> QuerySet[CorrectiveMeasure]:
    """The corrective measures ordered on the actor's escalations that are not carried out yet, the nearest date
    first."""
    # By their keys, which are few: else the planner walks all open measures of the country by date.
    waiting = in_front_of(actor).filter(measure__isnull=False, measure__done_at=None)
    escalations = list(waiting.order_by().values_list("pk", flat=True))
    measures = CorrectiveMeasure.objects.filter(escalation__in=escalations, done_at=None)
    return measures.select_related("escalation__need", "escalation__case__unit", "escalation__late_agency").order_by(
        "due_on", "id"
    )


def first(found: QuerySet[M], count: int) -> QuerySet[M]:
    """The first rows of a list in order, looked up by their keys: with everything joined that a row shows, the whole
    list would be joined to be put in order."""
    return found.filter(pk__in=list(found.values_list("pk", flat=True)[:count]))


def measure_of(actor: User, measure_id: int) -> CorrectiveMeasure | None:
    """A measure that the actor may report as carried out."""
    return measures_open(actor).filter(pk=measure_id).first()


def measure_carried_out(actor: User, measure_id: int) -> CorrectiveMeasure | None:
    """A measure on one of the actor's escalations that is carried out already."""
    waiting = in_front_of(actor).filter(measure=measure_id).order_by().values_list("pk", flat=True)
    measures = CorrectiveMeasure.objects.filter(escalation__in=list(waiting)).exclude(done_at=None)
    return measures.select_related("escalation").first()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is broken now. A number is exact up to `MOST`; one more says that there are more."""

    broken: int
    inherited: int
    gone_up: int
    measures: int
    measures_late: int
    settled: int


def counts(actor: User, *, measures: QuerySet[CorrectiveMeasure], at: datetime) -> Counts:
    """The numbers on top of the board in one statement, which reads at most `MOST` and one row of each kind: what
    nobody has answered grows with the register. `measures`: the actor's `measures_open`."""
    kinds: dict[str, QuerySet[Any]] = {
        "broken": broken_now(actor),
        "inherited": inherited(actor),
        "gone_up": gone_up(actor),
        "measures": measures,
        "measures_late": measures.filter(due_on__lt=local_day(at)),
        "settled": settled(actor),
    }
    first, *others = (
        rows.order_by().annotate(kind_of_row=Value(name)).values_list("kind_of_row", flat=True)[: MOST + 1]
        for name, rows in kinds.items()
    )
    found = Counter(first.union(*others, all=True))
    return Counts(**{name: found[name] for name in kinds})


def first_week(at: datetime) -> date:
    """The Monday with which the trend begins."""
    today = local_day(at)
    return today - timedelta(days=today.weekday()) - timedelta(weeks=WEEKS - 1)


def breaches(readers: Readers, *, at: datetime) -> QuerySet[Escalation]:
    """The limits missed in the weeks of the trend; inherited needs left out."""
    since = start_of_day(first_week(at))
    return Escalation.objects.filter(
        of_scope(readers), kind=Escalation.Kind.BREACH, in_digest=False, fell_due_at__gte=since
    )


def breaches_by_week(readers: Readers, *, at: datetime) -> dict[str, list[int]]:
    """By domain: how many limits were missed in each of the last twelve weeks (Monday to Sunday), the last one being
    the week that goes on."""
    week = TruncWeek("fell_due_at", tzinfo=load_calendar().zone)
    rows = breaches(readers, at=at).order_by().annotate(week=week).values_list("need__domain", "week")
    start, result = first_week(at), {}
    for domain, monday, number in rows.annotate(number=Count("pk")):
        place = (local_day(monday) - start).days // 7
        result.setdefault(domain, [0] * WEEKS)[min(place, WEEKS - 1)] += number
    return result


def sla_needs(readers: Readers, *, at: datetime) -> QuerySet[Need]:
    """The needs by which a service level is measured: met, or with the limit passed. Left out: inherited ones, those
    refused by the person or withdrawn before the limit, those still in time. `holder` is the agency it counts for: the
    one that had it when the limit passed, else the last one it was sent to; the unit for its own needs; null when
    nobody had it."""
    last = Referral.objects.filter(need=OuterRef("pk"), sent_at__isnull=False).order_by("-attempt")
    missed_by = Escalation.objects.filter(need=OuterRef("pk"), kind=Escalation.Kind.BREACH)
    holder = Choice(
        When(addressee=OWN_UNIT, then=F("case__unit_id")),
        When(clock__breached_at__isnull=False, then=Subquery(missed_by.values("late_agency_id")[:1])),
        default=Subquery(last.values("agency_id")[:1]),
        output_field=BigIntegerField(),
    )
    passed = Q(state=Need.State.OPEN, clock__limit_at__lte=at) | Q(clock__breached_at__isnull=False)
    return (
        Need.objects.filter(of_scope(readers), is_inherited=False)
        .filter(Q(state=Need.State.MET) | passed)
        .annotate(holder=holder)
    )


_IN_TIME = Q(met_at__lt=F("clock__limit_at"))
KEPT = Q(state=Need.State.MET) & (
    (Q(clock__breached_at=None) & (Q(clock__limit_at=None) | _IN_TIME)) | (Q(met_at__lt=F("closed_at")) & _IN_TIME)
)
"""A need that was met in time, among `sla_needs`; by an approved earlier time too, though its limit had fired by then
(the breach stays in the trend: it happened)."""


@dataclass(frozen=True, slots=True)
class Sla:
    """A service level: `kept` of `all`. `key` is an agency's id (None: nobody had it) or a service."""

    key: Any
    kept: int
    all: int

    @property
    def share(self) -> int:
        """Percent, rounded down, so that 100 means every one."""
        return 100 * self.kept // self.all


def sla_by_agency(readers: Readers, *, at: datetime) -> list[Sla]:
    """The service level kept by each agency, the worst first."""
    return _sla(readers, at, "holder")


def sla_by_service(readers: Readers, *, at: datetime) -> list[Sla]:
    """The service level kept in each service, the worst first."""
    return _sla(readers, at, "service")


def _sla(readers: Readers, at: datetime, key: str) -> list[Sla]:
    found = sla_needs(readers, at=at).order_by().values_list(key)
    rows = found.annotate(kept=Count("pk", filter=KEPT), number=Count("pk"))
    return sorted((Sla(*row) for row in rows), key=lambda row: (row.kept / row.all, -row.all, str(row.key)))


def open_cases(readers: Readers) -> QuerySet[Case]:
    """The cases on the register behind the load and the distributions."""
    return Case.objects.filter(of_scope(readers, "")).exclude(state=CaseState.CLOSED)


@dataclass(frozen=True, slots=True)
class Load:
    """What an officer (for a head) or a unit (for leadership) carries; None: what nobody leads. `by_risk`: cases by
    level of risk, those levels that occur."""

    key: int | None
    by_risk: Mapping[int, int]
    soon: int
    late: int
    nearest: datetime | None

    @property
    def all(self) -> int:
        return sum(self.by_risk.values())


def load(readers: Readers, *, at: datetime) -> list[Load]:
    """The load, the heaviest first."""
    those = readers if isinstance(readers, tuple) else (readers,)
    key = "unit_id" if any(one.role == Role.LEADERSHIP for one in those) else "officer_id"
    rows = (
        open_cases(readers)
        .order_by()
        .values_list(key, "risk")
        .annotate(
            number=Count("pk"),
            soon=Count("pk", filter=Q(next_due_at__lte=at + SOON)),
            late=Count("pk", filter=Q(breached__len__gt=0)),
            nearest=Min("next_due_at", filter=Q(next_due_at__gt=at)),
        )
    )
    found: dict[int | None, Load] = {}
    for holder, risk, number, soon, late, nearest in rows:
        known = found.get(holder, Load(holder, {}, 0, 0, None))
        first = min((one for one in (known.nearest, nearest) if one is not None), default=None)
        by_risk = {**known.by_risk, risk: number}
        found[holder] = Load(holder, by_risk, known.soon + soon, known.late + late, first)
    return sorted(found.values(), key=lambda one: (-one.all, one.key or 0))


def distribution(readers: Readers) -> dict[tuple[int, int], int]:
    """How many open cases have an index and a risk: one count for each pair that occurs."""
    rows = open_cases(readers).order_by().values_list("index", "risk").annotate(number=Count("pk"))
    return {(index, risk): number for index, risk, number in rows}


def reported(readers: Readers) -> QuerySet[Referral]:
    """The referrals whose agency has reported help."""
    return Referral.objects.filter(of_scope(readers)).filter(Q(state__in=REPORTED) | ~Q(person_answer=""))


def answer_q(answer: str) -> Q:
    """What the person said of the help, among `reported`. Raises KeyError for an answer that does not exist."""
    return {
        "confirmed": Q(person_answer="confirmed"),
        "disputed": Q(person_answer="disputed"),
        "not_asked": Q(person_answer=""),
    }[answer]


def answers(readers: Readers) -> dict[str, tuple[int, int]]:
    """By answer: how many, and how many of them were recorded on behalf of the person by staff."""
    on_behalf = Q(person_answer_by__isnull=False)
    columns = {answer: Count("pk", filter=answer_q(answer)) for answer in ANSWERS}
    columns |= {f"{answer}_staff": Count("pk", filter=answer_q(answer) & on_behalf) for answer in ANSWERS}
    found = reported(readers).order_by().aggregate(**columns)
    return {answer: (found[answer], found[f"{answer}_staff"]) for answer in ANSWERS}
