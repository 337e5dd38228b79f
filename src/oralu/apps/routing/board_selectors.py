"""The board of a head: what is broken now, how it has been going, who carries what. Every figure is one aggregate of
the database; `routing.board_rows` gives the rows behind it.

A head of a unit sees the own unit; leadership sees its region, without persons, and only the escalations that are in
front of its own agency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Count, F, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models import Case as Choice
from django.db.models.functions import TruncWeek

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Permission
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.reaching import cases_reached
from oralu.apps.referrals.clocks import start_of_day
from oralu.apps.referrals.models import CorrectiveMeasure, Escalation, Need, Referral
from oralu.apps.referrals.selectors import escalations_visible_to
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.planning import OWN_UNIT
from oralu.calendarfiles import load_calendar

if TYPE_CHECKING:
    from oralu.apps.access.models import User

WEEKS = 12
SOON = timedelta(days=7)
REPORTED = (Referral.State.SERVED, Referral.State.DISPUTED)
ANSWERS = ("confirmed", "disputed", "not_asked")


def of_scope(actor: User, prefix: str = "case__") -> Q:
    """The cases that an actor's figures are about: of the own unit, of the own region; nobody else has a board."""
    return cases_reached(actor, Permission.BOARD_READ, prefix)


def in_front_of(actor: User) -> QuerySet[Escalation]:
    """The escalations that the actor answers for: addressed to the own agency, to the head of the own unit."""
    return escalations_visible_to(actor).filter(agency_id=actor.agency_id)


def broken_now(actor: User) -> QuerySet[Escalation]:
    """Unanswered escalations in front of the actor, the oldest limit first; inherited ones are a group of their own."""
    return in_front_of(actor).filter(answered_at=None, in_digest=False).order_by("fell_due_at", "id")


def inherited(actor: User) -> QuerySet[Escalation]:
    """Unanswered escalations of needs that came with an imported register."""
    return in_front_of(actor).filter(answered_at=None, in_digest=True).order_by("-id")


def gone_up(actor: User) -> QuerySet[Escalation]:
    """What has gone up from the cases of the own unit to others and is not answered yet."""
    if actor.role != Role.UNIT_HEAD:
        return Escalation.objects.none()
    others = escalations_visible_to(actor).exclude(agency_id=actor.agency_id)
    return others.filter(answered_at=None, in_digest=False).order_by("fell_due_at", "id")


def measures_open(actor: User) -> QuerySet[CorrectiveMeasure]:
    """The corrective measures ordered on the actor's escalations that are not carried out yet, the nearest date
    first."""
    measures = CorrectiveMeasure.objects.filter(escalation__in=in_front_of(actor).order_by().values("pk"), done_at=None)
    return measures.select_related("escalation__need", "escalation__case__unit", "escalation__late_agency").order_by(
        "due_on", "id"
    )


def measure_of(actor: User, measure_id: int) -> CorrectiveMeasure | None:
    """A measure that the actor may report as carried out."""
    return measures_open(actor).filter(pk=measure_id).first()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is broken now."""

    broken: int
    inherited: int
    gone_up: int
    measures: int
    measures_late: int


def counts(actor: User, *, at: datetime) -> Counts:
    """The numbers on top of the board, from two aggregates."""
    own = Q(agency_id=actor.agency_id)
    is_head = actor.role == Role.UNIT_HEAD
    found = (
        escalations_visible_to(actor)
        .filter(answered_at=None)
        .order_by()
        .aggregate(
            broken=Count("pk", filter=own & Q(in_digest=False)),
            inherited=Count("pk", filter=own & Q(in_digest=True)),
            gone_up=Count("pk", filter=~own & Q(in_digest=False)),
        )
    )
    late = Q(due_on__lt=local_day(at))
    measures = measures_open(actor).order_by().aggregate(all=Count("pk"), late=Count("pk", filter=late))
    up = found["gone_up"] if is_head else 0
    return Counts(found["broken"], found["inherited"], up, measures["all"], measures["late"])


def first_week(at: datetime) -> date:
    """The Monday with which the trend begins."""
    today = local_day(at)
    return today - timedelta(days=today.weekday()) - timedelta(weeks=WEEKS - 1)


def breaches(actor: User, *, at: datetime) -> QuerySet[Escalation]:
    """The limits missed in the weeks of the trend; inherited needs left out."""
    since = start_of_day(first_week(at))
    return Escalation.objects.filter(
        of_scope(actor), kind=Escalation.Kind.BREACH, in_digest=False, fell_due_at__gte=since
    )


def breaches_by_week(actor: User, *, at: datetime) -> dict[str, list[int]]:
    """By domain: how many limits were missed in each of the last twelve weeks (Monday to Sunday), the last one being
    the week that goes on."""
    week = TruncWeek("fell_due_at", tzinfo=load_calendar().zone)
    rows = breaches(actor, at=at).order_by().annotate(week=week).values_list("need__domain", "week")
    start, result = first_week(at), {}
    for domain, monday, number in rows.annotate(number=Count("pk")):
        place = (local_day(monday) - start).days // 7
        result.setdefault(domain, [0] * WEEKS)[min(place, WEEKS - 1)] += number
    return result


def sla_needs(actor: User, *, at: datetime) -> QuerySet[Need]:
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
        Need.objects.filter(of_scope(actor), is_inherited=False)
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
    label: str
    kept: int
    all: int

    @property
    def share(self) -> int:
        """Percent, rounded down, so that 100 means every one."""
        return 100 * self.kept // self.all


def sla_by_agency(actor: User, *, at: datetime) -> list[Sla]:
    """The service level kept by each agency, the worst first."""
    rows = _sla(actor, at, "holder")
    names = {agency.pk: str(agency) for agency in Agency.objects.filter(pk__in=[key for key, *_ in rows if key])}
    return _worst_first(Sla(key, names.get(key, ""), kept, number) for key, kept, number in rows)


def sla_by_service(actor: User, *, at: datetime) -> list[Sla]:
    """The service level kept in each service, the worst first; the words of a service are the door's matter."""
    return _worst_first(Sla(key, "", kept, number) for key, kept, number in _sla(actor, at, "service"))


def _sla(actor: User, at: datetime, key: str) -> list[tuple[Any, int, int]]:
    found = sla_needs(actor, at=at).order_by().values_list(key)
    return list(found.annotate(kept=Count("pk", filter=KEPT), number=Count("pk")))


def _worst_first(rows: Any) -> list[Sla]:
    return sorted(rows, key=lambda row: (row.kept / row.all, -row.all, str(row.key)))


def open_cases(actor: User) -> QuerySet[Case]:
    """The cases on the register behind the load and the distributions."""
    return Case.objects.filter(of_scope(actor, "")).exclude(state=CaseState.CLOSED)


@dataclass(frozen=True, slots=True)
class Load:
    """What an officer (for a head) or a unit (for leadership) carries. `by_risk`: cases by level of risk."""

    key: int | None
    label: str
    all: int
    by_risk: Mapping[int, int]
    soon: int
    late: int
    nearest: datetime | None


def load(actor: User, *, at: datetime, levels: int) -> list[Load]:
    """The load, the heaviest first. `levels`: how many levels of risk the policy knows."""
    by_unit = actor.role == Role.LEADERSHIP
    key = "unit_id" if by_unit else "officer_id"
    risks = {f"risk{level}": Count("pk", filter=Q(risk=level)) for level in range(levels)}
    rows = (
        open_cases(actor)
        .order_by()
        .values(key)
        .annotate(
            all=Count("pk"),
            soon=Count("pk", filter=Q(next_due_at__lte=at + SOON)),
            late=Count("pk", filter=Q(breached__len__gt=0)),
            nearest=Min("next_due_at", filter=Q(next_due_at__gt=at)),
            name_ru=Min("unit__name_ru" if by_unit else "officer__full_name"),
            name_kk=Min("unit__name_kk" if by_unit else "officer__full_name"),
            **risks,
        )
    )
    found = [
        Load(
            row[key],
            str(Agency(name_ru=row["name_ru"] or "", name_kk=row["name_kk"] or "")),
            row["all"],
            {level: row[f"risk{level}"] for level in range(levels)},
            row["soon"],
            row["late"],
            row["nearest"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.all, one.label))


def distribution(actor: User) -> dict[tuple[int, int], int]:
    """How many open cases have an index and a risk: one count for each pair that occurs."""
    rows = open_cases(actor).order_by().values_list("index", "risk").annotate(number=Count("pk"))
    return {(index, risk): number for index, risk, number in rows}


def reported(actor: User) -> QuerySet[Referral]:
    """The referrals whose agency has reported help."""
    return Referral.objects.filter(of_scope(actor)).filter(Q(state__in=REPORTED) | ~Q(person_answer=""))


def answer_q(answer: str) -> Q:
    """What the person said of the help, among `reported`. Raises KeyError for an answer that does not exist."""
    return {
        "confirmed": Q(person_answer="confirmed"),
        "disputed": Q(person_answer="disputed"),
        "not_asked": Q(person_answer=""),
    }[answer]


def answers(actor: User) -> dict[str, tuple[int, int]]:
    """By answer: how many, and how many of them were recorded on behalf of the person by staff."""
    on_behalf = Q(person_answer_by__isnull=False)
    columns = {answer: Count("pk", filter=answer_q(answer)) for answer in ANSWERS}
    columns |= {f"{answer}_staff": Count("pk", filter=answer_q(answer) & on_behalf) for answer in ANSWERS}
    found = reported(actor).order_by().aggregate(**columns)
    return {answer: (found[answer], found[f"{answer}_staff"]) for answer in ANSWERS}
