"""Parts of cases for those who never see a whole one: the psychologist of the unit, the staff of a prison.
Composed from what is theirs; nothing else is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import F, QuerySet

from oralu.apps.access.composed import CARE_ADDRESSEES
from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission
from oralu.apps.cases.models import Case, CaseState, Plan
from oralu.apps.cases.selectors import cases_visible_to
from oralu.apps.journal.reading import Shown
from oralu.apps.referrals.clocks import intervals_of
from oralu.apps.referrals.disclosure import facts_as_of
from oralu.apps.referrals.models import ClockInterval, Need


def cared_cases(actor: User, permission: Permission = Permission.CARE_READ) -> QuerySet[Case]:
    """The cases of the own unit for its psychologist: without the ground of the register."""
    return cases_visible_to(actor, permission).exclude(state=CaseState.CLOSED).defer("ground", "probation_kind")


def cared_needs(case: Case) -> list[Need]:
    """The open needs of a case that ask a psychologist or a clinic."""
    found = Need.objects.filter(case=case, state=Need.State.OPEN, addressee__in=CARE_ADDRESSEES)
    return list(found.select_related("clock").order_by("pk"))


def cared_needs_of_unit(actor: User, *, limit: int) -> list[Need]:
    """The open needs that ask a psychologist or a clinic in the cases that the actor cares for, each with its case and
    person, the nearest limit first; a clock that stands has no limit now and comes last."""
    found = (
        Shown.of(Need, "case_id")
        .filter(case__in=cared_cases(actor).values("pk"), state=Need.State.OPEN, addressee__in=CARE_ADDRESSEES)
        .select_related("clock", "case__person")
        .defer("case__ground", "case__probation_kind")
    )
    return list(found.order_by(F("clock__limit_at").asc(nulls_last=True), "pk")[:limit])


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
