"""The figures of the country that are told to those who see no person: counted once a month and frozen, so that no two
of them differ by one case, and protected together, so that none gives away another (`core.disclosure`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from django.db import transaction
from django.db.models import Count

from oralu.apps.agencies.models import Region
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.routing.frames import local_day
from oralu.apps.routing.models import BoardFigure
from oralu.apps.routing.policies import EditionsInForce, NoEditionError
from oralu.core.disclosure import Sum, protect
from oralu.policyfiles import EditionError

COLUMNS: Mapping[str, Sequence[int]] = {"risk": range(4), "index": range(11)}
"""Of what tables there are, and the values that each has at least (an edition may have more): columns of `Case`."""

Row: TypeAlias = Mapping[str, Sequence[int | None]]
"""The told numbers of a region or of the country, by table; under `all` a single one. None: hidden."""


@dataclass(frozen=True, slots=True)
class CountryFigures:
    """Open cases as of a moment. `regions` by the name of the region, those with a case; `scales`: the number of
    domains and the highest index of each edition that was in force in one of them then."""

    at: datetime
    regions: Mapping[str, Row]
    country: Row
    scales: Sequence[tuple[int, int]]


def country_keep(*, at: datetime) -> bool:
    """Count and freeze the figures of the month if that has not been done. Returns whether it was.

    Only the worker may: it is behind no wall, and nobody else may write the figures."""
    place = {"scope": BoardFigure.Scope.COUNTRY, "key": ""}
    kept = BoardFigure.objects.filter(**place).values_list("at", flat=True).first()
    if kept is not None and local_day(kept).replace(day=1) >= local_day(at).replace(day=1):
        return False
    with transaction.atomic():
        if counted := _counted():
            data = {"rows": told_of(counted)}
            BoardFigure.objects.update_or_create(**place, defaults={"at": at, "data": data})
    return bool(counted)


def country_figures() -> CountryFigures | None:
    """The figures of the month; None before the first count, while there is no case, and to whom they are not open."""
    kept = BoardFigure.objects.filter(scope=BoardFigure.Scope.COUNTRY).first()
    if kept is None or kept.data is None:
        return None
    rows = dict(kept.data["rows"])
    country = rows.pop("")
    names = {region.code: str(region) for region in Region.objects.filter(code__in=rows)}
    regions = {names[code]: rows[code] for code in sorted(rows, key=names.__getitem__)}
    return CountryFigures(kept.at, regions, country, _scales(rows, local_day(kept.at)))


def _scales(codes: Collection[str], day: date) -> list[tuple[int, int]]:
    found, editions = set(), EditionsInForce(codes)
    for code in codes:
        try:
            edition = editions.on(code, day)
        except (NoEditionError, EditionError):
            continue
        found.add((len(edition.domains), edition.highest_index))
    return sorted(found, key=lambda scale: scale[1])


def _counted() -> dict[str, dict[str, list[int]]]:
    """Open cases by region, table and value."""
    open_cases = Case.objects.exclude(state=CaseState.CLOSED).order_by()
    counts = {table: list(open_cases.values_list("region", table).annotate(number=Count("pk"))) for table in COLUMNS}
    widths = {table: max([*COLUMNS[table], *(value for _, value, _n in rows)]) + 1 for table, rows in counts.items()}
    found: dict[str, dict[str, list[int]]] = {}
    for table, rows in counts.items():
        for region, value, number in rows:
            row = found.setdefault(region, {name: [0] * width for name, width in widths.items()})
            row[table][value] += number
    return found


def told_of(counted: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[str, dict[str, list[int | None]]]:
    """What is told of counts by region and table: the same with totals under `all` and the country under the empty
    code, protected as one release."""
    counts: list[int] = []
    sums: list[Sum] = []

    def place(number: int) -> int:
        counts.append(number)
        return len(counts) - 1

    places = {
        region: {table: [place(number) for number in numbers] for table, numbers in row.items()}
        for region, row in counted.items()
    }
    for region, row in counted.items():
        places[region]["all"] = [place(sum(row["risk"]))]
    whole = {}
    for table, first in next(iter(places.values())).items():
        columns = [tuple(row[table][n] for row in places.values()) for n in range(len(first))]
        whole[table] = [place(sum(counts[one] for one in column)) for column in columns]
        sums += map(Sum, whole[table], columns)
    places[""] = whole
    for row in places.values():
        sums += [Sum(row["all"][0], tuple(row[table])) for table in COLUMNS]
    told = protect(counts, sums)
    return {
        region: {table: [told[one] for one in them] for table, them in row.items()} for region, row in places.items()
    }
