"""Which cases somebody reaches: the table of permissions turned into conditions, in one place. Every door that hands
out cases, or anything of them, filters by what is made here."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Now, TruncDate

from oralu.apps.access.models import User
from oralu.apps.access.permissions import Permission, Relation, relations_for
from oralu.apps.cases.models import Case, CaseState, Emergency, Exclusion


def cases_reached(actor: User, permission: Permission, prefix: str = "case__") -> Q:
    """The cases to which an actor may do this; `prefix` leads from the row to its case, empty for the cases themselves.
    Whoever is shut out of a case reaches it by no relation; a restricted one is reached by those listed, and in an
    emergency."""
    relations = relations_for(actor.role, permission)
    reached = _standing(actor, relations, prefix) & (
        Q(**{f"{prefix}is_restricted": False}) | Q(**{f"{prefix}listed__contains": [actor.pk]})
    )
    if Relation.EMERGENCY in relations:
        reached |= Q(**{f"{prefix}pk__in": emergencies_standing(actor).values("case_id")})
    return reached & ~Q(**{f"{prefix}excluded__contains": [actor.pk]})


def _standing(actor: User, relations: frozenset[Relation], prefix: str) -> Q:
    reached = Q(pk__in=[])
    if actor.agency is None:
        return reached
    if Relation.UNIT in relations:
        reached |= Q(**{f"{prefix}unit_id": actor.agency_id})
    elif Relation.OWN in relations:
        reached |= Q(**{f"{prefix}unit_id": actor.agency_id, f"{prefix}officer_id": actor.pk})
    if Relation.REGION in relations:
        reached |= Q(**{f"{prefix}region_id": actor.agency.region_id})
    if Relation.BEFORE_RELEASE in relations:
        inside = Q(**{f"{prefix}released_on": None}) | Q(**{f"{prefix}released_on__gt": TruncDate(Now())})
        closed = Q(**{f"{prefix}state": CaseState.CLOSED})
        reached |= Q(**{f"{prefix}prison_id": actor.agency_id}) & inside & ~closed
    return reached


def emergencies_standing(actor: User) -> QuerySet[Emergency]:
    """The emergencies that an actor has opened and that have not ended. By the database's clock, as row security asks
    it: what ends access must not depend on the moment that a caller names."""
    return Emergency.objects.filter(user=actor, until__gt=Now())


def shut_out_of(actor: User) -> QuerySet[Exclusion]:
    """The ids of the cases that do not exist for an actor: for the doors of agencies, which meet a case by its number
    and never see its row."""
    return Exclusion.objects.filter(user=actor).values("case_id")


def is_open_to(actor: User, case: Case) -> bool:
    """Whether nobody has closed a case to an actor, of which it is known already that the unit is the actor's own."""
    return actor.pk not in case.excluded and (not case.is_restricted or actor.pk in case.listed)
