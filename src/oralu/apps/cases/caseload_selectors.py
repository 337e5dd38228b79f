"""Finding cases of the unit: filters, order and pages of the caseload."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from oralu.apps.access import walls
from oralu.apps.access.permissions import Permission
from oralu.apps.agencies.models import Agency
from oralu.apps.cases.models import Case, CaseState
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.people.models import Person
from oralu.apps.people.naming import fold
from oralu.core.lifecycle import GOING

if TYPE_CHECKING:
    from oralu.apps.access.models import User

FAR = datetime(2999, 1, 1, tzinfo=UTC)
"""Stands for "no deadline" where deadlines are compared, so that such rows come last."""
DAY_RANGES: Mapping[str, tuple[int, int | None]] = {
    "0-30": (0, 30),
    "31-60": (31, 60),
    "61-90": (61, 90),
    "91-180": (91, 180),
    "181": (181, None),
}
FAILED = "failed"
COUNTED = 1000
EXPORT_STEP = 500
MOST_WORDS = 6
_NUMBER = re.compile(r"^[№#nN]?\s*(\d{1,11})$")

Columns = Sequence[tuple[str, bool]]
"""Columns of an order, the last of them unique: name and whether it descends."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a reader looks for. `domain` goes with `points` ("0", "1", "2" or `FAILED`) and may be empty for a failure
    in any. `officer`: an id, or "none" for cases that nobody leads. `state` empty: on the register, and the closed too
    while a text is searched for."""

    q: str = ""
    domain: str = ""
    points: str = ""
    risk: int | None = None
    days: str = ""
    agency: int | None = None
    is_breached: bool = False
    officer: str = ""
    state: str = ""


def cases_found(actor: User, wanted: CaseFilter, *, on: date) -> QuerySet[Case]:
    """The cases that the actor may see and that fit every part of the filter; `on` is the day by which days count."""
    cases = cases_visible_to(actor, Permission.CASE_LIST)
    cases = cases.filter(_searched(wanted.q, cases), _of_domain(wanted))
    if wanted.state:
        cases = cases.filter(state=wanted.state)
    elif not wanted.q.strip():
        cases = cases.exclude(state=CaseState.CLOSED)
    if wanted.risk is not None:
        cases = cases.filter(risk=wanted.risk)
    if wanted.days:
        first, last = DAY_RANGES[wanted.days]
        cases = cases.filter(enrolled_on__lte=on - timedelta(days=first))
        if last is not None:
            cases = cases.filter(enrolled_on__gte=on - timedelta(days=last))
    if wanted.agency is not None:
        cases = cases.filter(pk__in=_asked_of(wanted.agency, cases))
    if wanted.is_breached:
        cases = cases.filter(breached__len__gt=0)
    if wanted.officer:
        cases = cases.filter(officer_id=None if wanted.officer == "none" else int(wanted.officer))
    return cases


def cases_named(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Those of some cases that a text finds: by a name, a number or an IIN."""
    return cases.filter(_searched(text, cases))


def _searched(text: str, cases: QuerySet[Case]) -> Q:
    """Twelve digits are an IIN, fewer are the number of a case, anything else are the beginnings of words of a name, in
    any order: no index of names answers that. So the names are looked at of the persons whose cases the actor reaches
    and of nobody else; they have passed the wall and are in hand, so that it is not asked again for each."""
    text = text.strip()
    if not text:
        return Q()
    digits = re.sub(r"\s", "", text)
    if re.fullmatch(r"\d{12}", digits):
        return Q(person__iin=digits)
    if number := _NUMBER.match(text):
        return Q(pk=int(number[1]))
    fitting = Q()
    for word in fold(text).split()[:MOST_WORDS]:
        fitting &= Q(search_key__startswith=word) | Q(search_key__contains=f" {word}")
    if not fitting:
        return Q(pk__in=[])
    persons = list(cases.order_by().values_list("person_id", flat=True))
    with walls.holding(persons=persons):
        found = list(Person.objects.filter(fitting, pk__in=persons).values_list("pk", flat=True))
    return Q(person__in=found)


def _asked_of(agency_id: int, cases: QuerySet[Case]) -> list[int]:
    """Those of the cases with a referral to the agency under way. As with names, they are in hand meanwhile."""
    reached = list(cases.order_by().values_list("pk", flat=True))
    with walls.holding(cases=reached):
        found = Agency.objects.filter(pk=agency_id, referrals__state__in=GOING, referrals__case__in=reached)
        return list(found.order_by().values_list("referrals__case", flat=True))


def _of_domain(wanted: CaseFilter) -> Q:
    if not wanted.points:
        return Q()
    if wanted.points == FAILED:
        return Q(failures__contains=[wanted.domain]) if wanted.domain else Q(failures__len__gt=0)
    return Q(**{f"domains__{wanted.domain}__points": int(wanted.points)})


ORDERS: Mapping[str, Columns] = {
    "risk": (("risk", True), ("due", False), ("id", False)),
    "deadline": (("due", False), ("id", False)),
    "day": (("enrolled_on", False), ("id", False)),
    "name": (("person__search_key", False), ("id", False)),
}
"""How the caseload may be ordered: highest risk first, nearest deadline, longest on the register, name."""


def cases_ordered(cases: QuerySet[Case], order: str) -> QuerySet[Case]:
    """Cases in one of `ORDERS`. Raises KeyError for another."""
    return cases.annotate(due=Coalesce(F("next_due_at"), Value(FAR))).order_by(*ordering(ORDERS[order]))


def cases_page(cases: QuerySet[Case], order: str, *, after: int | None, size: int) -> tuple[list[Case], bool]:
    """A page after the case with the id `after`, and whether there are more. The page begins anew when that case is
    not among those found any more. Only an id travels in the address, never a name."""
    columns = ORDERS[order]
    found = cases_ordered(cases, order)
    if after is not None:
        place = found.filter(pk=after).values_list(*(name for name, _ in columns)).first()
        if place is not None:
            found = found.filter(beyond(columns, place))
    # By keys first: with the persons joined, the names of a whole unit would be read to be put in order.
    keys = list(found.values_list("pk", flat=True)[: size + 1])
    return list(found.filter(pk__in=keys[:size])), len(keys) > size


def cases_counted(cases: QuerySet[Case]) -> tuple[int, bool]:
    """How many there are, counted to `COUNTED` and no further, and whether there are more."""
    count = cases.order_by()[: COUNTED + 1].count()
    return min(count, COUNTED), count > COUNTED


def cases_in_steps(actor: User, ids: Sequence[int]) -> Iterator[Case]:
    """The cases with these ids, in their order, read a step at a time, for a list of any length. Each step has its own
    transaction and walls: a stream runs when those of the request are gone."""
    for start in range(0, len(ids), EXPORT_STEP):
        step = ids[start : start + EXPORT_STEP]
        with transaction.atomic(), walls.inside(actor):
            rows = cases_visible_to(actor, Permission.CASE_EXPORT).in_bulk(step)
        yield from (rows[pk] for pk in step if pk in rows)


def agencies_around(actor: User) -> Iterable[Agency]:
    """The agencies that have a referral of the actor's unit under way: a choice that finds nobody is none. The cases
    have passed the wall and are in hand, so that it is not asked again for each of their referrals."""
    cases = cases_visible_to(actor).order_by()
    with walls.holding(cases=cases.values_list("pk", flat=True)):
        under_way = cases.filter(referrals__state__in=GOING).values_list("referrals__agency", flat=True)
        asked = set(under_way.distinct())
    return Agency.objects.filter(pk__in=asked)


def ordering(columns: Columns) -> list[str]:
    """The columns as `order_by` takes them."""
    return [f"-{name}" if descends else name for name, descends in columns]


def beyond(columns: Columns, place: Sequence[Any]) -> Q:
    """The rows that stand after a place in an order: keyset paging, whose cost does not grow with the page's number."""
    later, same = Q(), Q()
    for (name, descends), value in zip(columns, place, strict=True):
        later |= same & Q(**{f"{name}__{'lt' if descends else 'gt'}": value})
        same &= Q(**{name: value})
    return later
