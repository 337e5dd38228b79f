"""Parts of cases for those who never see a whole one: the psychologist of the unit, the staff of a prison, the analyst
of the ministry. Composed from what is theirs; nothing else is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from oralu.apps.access import walls
from oralu.apps.access.composed import CARE_ADDRESSEES
from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.agencies.models import Region
from oralu.apps.cases.models import Case, CaseState, Plan
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.referrals.disclosure import facts_as_of
from oralu.apps.referrals.models import Need

LEAST, BASE = 10, 5


def cared_cases(actor: User, permission: Permission = Permission.CARE_READ) -> QuerySet[Case]:
    """The cases of the own unit for its psychologist: without the ground of the register."""
    return cases_visible_to(actor, permission).exclude(state=CaseState.CLOSED).defer("ground", "probation_kind")


def cared_needs(case: Case) -> list[Need]:
    """The open needs of a case that ask a psychologist or a clinic."""
    found = Need.objects.filter(case=case, state=Need.State.OPEN, addressee__in=CARE_ADDRESSEES)
    return list(found.select_related("clock").order_by("pk"))


def prepared_cases(actor: User) -> QuerySet[Case]:
    """The cases whose release the actor's institution prepares, until it has come."""
    return cases_visible_to(actor, Permission.RELEASE).defer("ground", "probation_kind").order_by("released_on", "pk")


def agreed_plan(case: Case) -> Plan | None:
    """The plan that stands, with its steps."""
    return Plan.objects.filter(case=case, state=Plan.State.AGREED).prefetch_related("steps").first()


def facts_shown(case: Case, names: Iterable[str], on: date) -> dict[str, str]:
    """The values of some facts on a day."""
    return facts_as_of(case, set(names), on)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many cases a region has of each kind: rounded to fives, None where it is not told."""

    region: str
    values: tuple[int | None, ...]
    total: int | None


def figures_of(column: str, values: Iterable[int]) -> list[Figure]:
    """Open cases by region and by a column of the case (`risk`, `index`): a number below ten is not told, and the total
    of a row in which one is not told is not told either, so that no difference gives it away; the rest is rounded to
    fives."""
    codes, columns = list(Region.objects.values_list("code", flat=True)), list(values)
    counts = {f"n{value}": Count("pk", filter=Q(**{column: value})) for value in columns}
    with walls.holding(regions=codes):
        rows = Case.objects.exclude(state=CaseState.CLOSED).order_by().values(code=F("region_id")).annotate(**counts)
        found = {row["code"]: [row[name] for name in counts] for row in rows}
    regions = Region.objects.in_bulk(codes)
    return [_figure(str(regions[code]), found[code]) for code in codes if code in found]


def _figure(region: str, counts: list[int]) -> Figure:
    told = tuple(BASE * round(count / BASE) if count >= LEAST else None for count in counts)
    return Figure(region, told, None if None in told else BASE * round(sum(counts) / BASE))
