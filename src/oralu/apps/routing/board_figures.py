"""The figures of the board that take longer to count the more cases there are. A small scope is counted while the
reader waits; for a large unit or region the worker counts them from time to time and the board shows them with their
moment, so that the page costs the same at a thousand cases and at a million. Lists of what is to be done are never
kept: they are read as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from oralu.apps.access import walls
from oralu.apps.access.models import Role, User
from oralu.apps.agencies.models import Agency, Region
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.journal.models import Entry
from oralu.apps.routing import board_selectors as board
from oralu.apps.routing.board_selectors import Load, Readers, Sla
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.models import BoardFigure

LARGE = 300
"""Open cases from which on the figures of a unit or a region are kept: counting them while somebody waits would take a
quarter of a second."""
FRESH = timedelta(minutes=10)
"""For so long a kept figure stands, and as long again for each `MORE` cases: counting fifty thousand takes half a
minute of the worker's time."""
MORE = 10_000


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures as of a moment: the shapes are those of `board_selectors`. Keys alone, no words: names and languages
    are the reader's matter."""

    at: datetime
    weeks: Mapping[str, list[int]]
    distribution: Mapping[tuple[int, int], int]
    agencies: list[Sla]
    services: list[Sla]
    loads: list[Load]
    answers: Mapping[str, tuple[int, int]]

    @property
    def missed_this_week(self) -> int:
        return sum(numbers[-1] for numbers in self.weeks.values())

    def at_risk(self, level: int) -> int:
        return sum(number for (_index, risk), number in self.distribution.items() if risk == level)


def figures_count(readers: Readers, *, at: datetime) -> Figures:
    """Count everything now."""
    return Figures(
        at=at,
        weeks=board.breaches_by_week(readers, at=at),
        distribution=board.distribution(readers),
        agencies=board.sla_by_agency(readers, at=at),
        services=board.sla_by_service(readers, at=at),
        loads=board.load(readers, at=at),
        answers=board.answers(readers),
    )


def figures_dump(figures: Figures) -> dict[str, Any]:
    """The figures as JSON has them; what has an order is a list, for the database keeps none in objects."""
    return {
        "cases": sum(figures.distribution.values()),
        "weeks": dict(figures.weeks),
        "distribution": [[*pair, number] for pair, number in figures.distribution.items()],
        "agencies": [[one.key, one.kept, one.all] for one in figures.agencies],
        "services": [[one.key, one.kept, one.all] for one in figures.services],
        "loads": [
            [one.key, [*one.by_risk.items()], one.soon, one.late, one.nearest and one.nearest.isoformat()]
            for one in figures.loads
        ],
        "answers": [[answer, *numbers] for answer, numbers in figures.answers.items()],
    }


def figures_load(data: Mapping[str, Any], *, at: datetime) -> Figures:
    """The figures that `figures_dump` put away."""
    return Figures(
        at=at,
        weeks=data["weeks"],
        distribution={(index, risk): number for index, risk, number in data["distribution"]},
        agencies=[Sla(*row) for row in data["agencies"]],
        services=[Sla(*row) for row in data["services"]],
        loads=[
            Load(key, dict(by_risk), soon, late, nearest and datetime.fromisoformat(nearest))
            for key, by_risk, soon, late, nearest in data["loads"]
        ],
        answers={answer: (number, by_staff) for answer, number, by_staff in data["answers"]},
    )


def is_large(readers: Readers) -> bool:
    """Whether there are more open cases than are counted while somebody waits. It never looks at more than it needs."""
    return board.open_cases(readers).order_by()[: LARGE + 1].count() > LARGE


def figures_for(actor: User, *, at: datetime) -> Figures | None:
    """What the board shows an actor: of a small unit or region counted now, of a large one as last kept; None while
    those are being counted for the first time."""
    if (scope := _scope_of(actor)) is None or not is_large(actor):
        cases = Case.objects.filter(board.of_scope(actor, "")).values_list("pk", flat=True)
        with walls.holding(cases=cases):
            return figures_count(actor, at=at)
    kept = BoardFigure.objects.filter(scope=scope[0], key=scope[1]).first()
    return figures_load(kept.data, at=kept.at) if kept is not None and kept.data is not None else None


def _scope_of(actor: User) -> tuple[str, str] | None:
    """Of what the actor sees figures: a scope, and its key."""
    if actor.agency is None:
        return None
    scopes = {
        Role.LEADERSHIP: (BoardFigure.Scope.REGION, actor.agency.region_id),
        Role.UNIT_HEAD: (BoardFigure.Scope.UNIT, str(actor.agency_id)),
    }
    return scopes.get(Role(actor.role))


def names_of(figures: Figures, *, by_officer: bool) -> dict[int, str]:
    """The names of the agencies that the figures are about, in the reader's language."""
    keys = {one.key for one in figures.agencies} | (set() if by_officer else {one.key for one in figures.loads})
    return {agency.pk: str(agency) for agency in Agency.objects.filter(pk__in=keys - {None})}


def officers_of(figures: Figures) -> dict[int, str]:
    """The names of the officers whose load the figures tell."""
    keys = {one.key for one in figures.loads if one.key is not None}
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "full_name"))


def figures_keep(*, at: datetime) -> str:
    """Count the figures of one region or large unit anew: those that have waited longest, if they are no longer fresh
    and since then the journal has grown or another day has begun. One at a time, so that a turn of the worker stays
    short. Returns the key of what was counted, empty when there is nothing to count.

    Only the worker may: it is behind no wall, and nobody else may write the figures."""
    newest = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    columns = ("scope", "key", "at", "entry", "data__cases")
    kept = {
        (scope, key): (then, entry, cases or 0)
        for scope, key, then, entry, cases in BoardFigure.objects.values_list(*columns)
    }
    waiting = [
        (kept[one][0].timestamp() if one in kept else 0, *one)
        for one in _scopes()
        if one not in kept or _is_stale(*kept[one], newest, at)
    ]
    if not waiting:
        return ""
    _, scope, key = min(waiting)
    with transaction.atomic():
        readers = tuple(_readers(scope, key).filter(is_active=True).select_related("agency"))
        data = figures_dump(figures_count(readers, at=at)) if readers and is_large(readers) else None
        BoardFigure.objects.update_or_create(scope=scope, key=key, defaults={"at": at, "entry": newest, "data": data})
    return key


def _scopes() -> Iterator[tuple[str, str]]:
    """Every region, and every unit with more open cases than are counted while somebody waits."""
    for code in Region.objects.values_list("code", flat=True):
        yield BoardFigure.Scope.REGION, code
    by_unit = Case.objects.exclude(state=CaseState.CLOSED).order_by().values("unit").annotate(open=Count("pk"))
    for unit in by_unit.filter(open__gt=LARGE).values_list("unit", flat=True):
        yield BoardFigure.Scope.UNIT, str(unit)


def _readers(scope: str, key: str) -> QuerySet[User]:
    """Who is shown the figures of a scope."""
    if scope == BoardFigure.Scope.REGION:
        return User.objects.filter(role=Role.LEADERSHIP, agency__region_id=key)
    return User.objects.filter(role=Role.UNIT_HEAD, agency_id=key)


def _is_stale(then: datetime, entry: int, cases: int, newest: int, at: datetime) -> bool:
    return then <= at - FRESH * (1 + cases // MORE) and (entry != newest or local_day(then) != local_day(at))
