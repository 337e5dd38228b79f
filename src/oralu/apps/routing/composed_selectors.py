"""Parts of cases for those who never see a whole one: the psychologist of the unit, the staff of a prison.
Composed from what is theirs; nothing else is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from oralu.apps.access.composed import CARE_ADDRESSEES
from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.caseload_selectors import FAR, Columns, beyond, cases_named, cases_page, ordering
from oralu.apps.cases.models import Case, CaseState, Plan
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.reading import Shown, looking_ahead, seen
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.disclosure import facts_as_of
from oralu.apps.referrals.models import ClockInterval, Need

CARED = Q(state=Need.State.OPEN, addressee__in=CARE_ADDRESSEES)


def cared_cases(actor: User, permission: Permission = Permission.CARE_READ) -> QuerySet[Case]:
    """The cases of the own unit for its psychologist: without the ground of the register."""
    return cases_visible_to(actor, permission).exclude(state=CaseState.CLOSED).defer("ground", "probation_kind")


def cared_needs(case: Case) -> list[Need]:
    """The open needs of a case that ask a psychologist or a clinic."""
    found = Need.objects.filter(CARED, case=case)
    return list(found.select_related("clock").order_by("pk"))


NEAREST: Columns = (("due", False), ("id", False))
"""The nearest limit first; a clock that stands has no limit now and comes last."""


def cared_needs_page(actor: User, *, q: str, after: int | None, size: int) -> tuple[list[Need], bool]:
    """The open needs that ask a psychologist or a clinic in the cases that the actor cares for, each with its case and
    person: a page after the need with the id `after`, and whether there are more. `q`: a name, a number or an IIN."""
    cases = cases_named(cared_cases(actor), q)
    found = (
        Shown.of(Need, "case_id")
        .filter(CARED, case__in=cases.order_by().values("pk"))
        .select_related("clock", "case__person")
        .defer("case__ground", "case__probation_kind")
        .annotate(due=Coalesce(F("clock__limit_at"), Value(FAR)))
        .order_by(*ordering(NEAREST))
    )
    if after is not None:
        place = found.filter(pk=after).values_list("due", "id").first()
        if place is not None:
            found = found.filter(beyond(NEAREST, place))
    with looking_ahead():
        rows = list(found[: size + 1])
    seen(need.case_id for need in rows[:size])
    return rows[:size], len(rows) > size


def cared_others_page(actor: User, *, q: str, after: int | None, size: int) -> tuple[list[Case], bool]:
    """The other cases that the actor cares for, by name: a page after the case with the id `after`, and whether there
    are more."""
    asked = Need.objects.filter(CARED, case=OuterRef("pk"))
    return cases_page(cases_named(cared_cases(actor), q).exclude(Exists(asked)), "name", after=after, size=size)


def clock_logs(needs: Iterable[Need]) -> dict[int, list[ClockInterval]]:
    """The logs of the clocks behind needs, by clock."""
    return dict(intervals_of(need.clock.pk for need in needs))


def prepared_cases(actor: User) -> QuerySet[Case]:
    """The cases whose release the actor's institution prepares, until it has come."""
    return cases_visible_to(actor, Permission.RELEASE).defer("ground", "probation_kind").order_by("released_on", "pk")


def agreed_plan(case: Case) -> Plan | None:
    """The plan that stands, with its steps."""
    return Plan.objects.filter(case=case, state=Plan.State.AGREED).prefetch_related("steps").first()


def facts_shown(case: Case, names: Iterable[str], on: date) -> dict[str, str]:
    """The values of some facts on a day."""
    return facts_as_of(case, set(names), on)
