"""Who may do what. A case belongs to a unit; an agency meets it only through a referral."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from oralu.apps.access.models import Role, User

CASE_ROLES = frozenset({Role.CASE_MANAGER, Role.UNIT_HEAD})
BOARD_ROLES = frozenset({Role.UNIT_HEAD, Role.LEADERSHIP})


def accounts_open() -> QuerySet[User]:
    """The open accounts, of persons and of systems: whatever goes to an agency without one is handed over on paper."""
    return User.objects.filter(is_active=True)


def at_work() -> QuerySet[User]:
    """The open accounts of persons. A system's account is none: a system reads no message, answers for no missed
    deadline, leads no case and heads nothing."""
    return accounts_open().filter(api_client=None)


def heads_of(agency_id: int) -> QuerySet[User]:
    """Who heads a unit."""
    return at_work().filter(agency_id=agency_id, role=Role.UNIT_HEAD)


def account_exists(agency: str) -> Exists:
    """Whether somebody of the agency in a column of the outer query, or its system, can answer in Oralu."""
    return Exists(accounts_open().filter(agency=OuterRef(agency)))


def person_exists(agency: str) -> Exists:
    """Whether a person of the agency in a column of the outer query can answer in Oralu."""
    return Exists(at_work().filter(agency=OuterRef(agency)))


def officers_of(agency_id: int) -> QuerySet[User]:
    """The case managers and the head of a unit who may lead a case."""
    return at_work().filter(agency_id=agency_id, role__in=CASE_ROLES).order_by("full_name")


def user_by_id(user_id: int) -> User | None:
    return User.objects.select_related("agency").filter(pk=user_id).first()


def user_by_login(login: str) -> User | None:
    return User.objects.filter(username=login).first()
