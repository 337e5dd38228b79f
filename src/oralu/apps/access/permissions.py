"""The first wall as data: what each role may do, to which cases, and what for.

`GRANTS` is read by three: the doors of the selectors (which rows), the screens and the interface for machines (whether
at all), and the page that shows it to the staff. Nothing else decides. What does not stand here is denied, and a denial
looks like absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from oralu.apps.access.models import Role


class Relation(models.TextChoices):
    """How somebody stands to a case at a moment."""

    OWN = "own", _("leads the case")
    UNIT = "unit", _("works in the unit that leads the case")
    REGION = "region", _("answers for the region of the case")
    BEFORE_RELEASE = "before_release", _("prepares the release, until it has come")
    OPEN_REFERRAL = "open_referral", _("has a referral to answer")
    PAST_REFERRAL = "past_referral", _("has answered a referral")
    EMERGENCY = "emergency", _("has opened the case in an emergency")
    NONE = "none", pgettext_lazy("relation to a case", "none")


class Purpose(models.TextChoices):
    """What personal data are read or written for (law 94-V: an agreed purpose for every processing)."""

    RESOCIALISATION = "resocialisation", _("leading the person's route")
    REFERRAL = "referral", _("the service that a referral asks for")
    OVERSIGHT = "oversight", _("oversight of deadlines")
    ADMINISTRATION = "administration", _("administration of Oralu")
    CONTROL = "control", _("control of access")
    STATISTICS = "statistics", _("statistics without persons")
    OWN_ACCOUNT = "own_account", _("one's own account")


class Permission(models.TextChoices):
    """What is done. Each has one purpose (`PURPOSES`)."""

    ACCOUNT = "account", _("see and change the own account and messages")
    POLICY_READ = "policy.read", _("read the policy")
    CASE_LIST = "case.list", _("find cases in the lists and the search")
    CASE_READ = "case.read", _("read the whole case")
    OFFENCE = "offence", _("read and record the offence")
    CASE_WORK = "case.work", _("record facts, notes, needs, referrals and the plan")
    CASE_LEAD = "case.lead", _("enrol, assign, transfer, suspend and close")
    CASE_EXPORT = "case.export", _("take a list of cases out")
    CASE_RESTRICT = "case.restrict", _("say who may know of a case")
    CARE_READ = "care.read", _("read health and family, never the offence")
    CARE_WORK = "care.work", _("record health and family, write medical notes")
    RELEASE = "release", _("prepare a release: documents, date of release, plan")
    EMERGENCY_OPEN = "emergency.open", _("open a case in an emergency, with a reason, for three hours")
    EMERGENCY_REVIEW = "emergency.review", _("say whether an emergency was justified")
    REFERRAL_READ = "referral.read", _("read a referral with what its service needs")
    REFERRAL_ANSWER = "referral.answer", _("answer a referral and keep places")
    HEALTH_NOTE = "health.note", _("write medical notes about a referral that was served")
    EVIDENCE_RELEASE = "evidence.release", _("release attached files from quarantine, or reject them")
    ERASURE_READ = "erasure.read", _("see what is erased, by numbers")
    ERASURE_ASK = "erasure.ask", _("ask for an erasure of personal data, hold a case back from it")
    ERASURE_APPROVE = "erasure.approve", _("approve or refuse an erasure that another has asked for")
    BOARD_READ = "board.read", _("see deadlines, breaches and load, without names outside the own unit")
    ESCALATION_ANSWER = "escalation.answer", _("record the cause of a delay and a measure")
    FIGURES = "figures", _("see figures without persons")
    CONTROL = "control", _("see the record of administration and access, and what it proves")
    ADMINISTER = "administer", _("keep agencies, accounts and the editions in force")


P, R = Permission, Relation

PURPOSES = {
    P.ACCOUNT: Purpose.OWN_ACCOUNT,
    P.POLICY_READ: Purpose.OWN_ACCOUNT,
    P.CASE_LIST: Purpose.RESOCIALISATION,
    P.CASE_READ: Purpose.RESOCIALISATION,
    P.CASE_WORK: Purpose.RESOCIALISATION,
    P.CASE_LEAD: Purpose.RESOCIALISATION,
    P.CASE_EXPORT: Purpose.RESOCIALISATION,
    P.EVIDENCE_RELEASE: Purpose.RESOCIALISATION,
    P.ERASURE_READ: Purpose.CONTROL,
    P.ERASURE_ASK: Purpose.CONTROL,
    P.ERASURE_APPROVE: Purpose.CONTROL,
    P.CASE_RESTRICT: Purpose.CONTROL,
    P.OFFENCE: Purpose.RESOCIALISATION,
    P.CARE_READ: Purpose.RESOCIALISATION,
    P.CARE_WORK: Purpose.RESOCIALISATION,
    P.RELEASE: Purpose.RESOCIALISATION,
    P.EMERGENCY_OPEN: Purpose.RESOCIALISATION,
    P.EMERGENCY_REVIEW: Purpose.CONTROL,
    P.HEALTH_NOTE: Purpose.REFERRAL,
    P.FIGURES: Purpose.STATISTICS,
    P.CONTROL: Purpose.CONTROL,
    P.REFERRAL_READ: Purpose.REFERRAL,
    P.REFERRAL_ANSWER: Purpose.REFERRAL,
    P.BOARD_READ: Purpose.OVERSIGHT,
    P.ESCALATION_ANSWER: Purpose.OVERSIGHT,
    P.ADMINISTER: Purpose.ADMINISTRATION,
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role may do these things to the cases to which it stands in one of these relations. `Relation.NONE` stands for
    what concerns no case."""

    role: Role
    permissions: tuple[Permission, ...]
    relations: tuple[Relation, ...]


_CASE = (P.CASE_LIST, P.CASE_READ, P.OFFENCE, P.CASE_WORK, P.CASE_LEAD, P.CASE_EXPORT)
_ANSWER = (P.REFERRAL_READ, P.REFERRAL_ANSWER)
_OWN = (P.ACCOUNT, P.POLICY_READ)

GRANTS: tuple[Grant, ...] = (
    *(Grant(role, _OWN, (R.NONE,)) for role in Role),
    Grant(Role.CASE_MANAGER, _CASE, (R.OWN, R.UNIT)),
    Grant(Role.UNIT_HEAD, _CASE, (R.OWN, R.UNIT)),
    Grant(Role.UNIT_HEAD, (P.EVIDENCE_RELEASE, P.ERASURE_READ, P.ERASURE_ASK), (R.OWN, R.UNIT)),
    Grant(Role.UNIT_HEAD, (P.BOARD_READ, P.ESCALATION_ANSWER, P.CASE_RESTRICT, P.EMERGENCY_REVIEW), (R.UNIT,)),
    Grant(Role.PSYCHOLOGIST, (P.CARE_WORK,), (R.UNIT,)),
    *(Grant(role, (P.EMERGENCY_OPEN,), (R.NONE,)) for role in (Role.CASE_MANAGER, Role.UNIT_HEAD)),
    *(Grant(role, (P.CASE_READ,), (R.EMERGENCY,)) for role in (Role.CASE_MANAGER, Role.UNIT_HEAD)),
    Grant(Role.PSYCHOLOGIST, (P.EMERGENCY_OPEN,), (R.NONE,)),
    Grant(Role.PSYCHOLOGIST, (P.CARE_READ,), (R.UNIT, R.EMERGENCY)),
    Grant(Role.PRISON, (P.RELEASE,), (R.BEFORE_RELEASE,)),
    Grant(Role.PROVIDER, _ANSWER, (R.OPEN_REFERRAL,)),
    Grant(Role.PROVIDER, (P.HEALTH_NOTE,), (R.PAST_REFERRAL,)),
    Grant(Role.LEADERSHIP, _ANSWER, (R.OPEN_REFERRAL,)),
    Grant(Role.LEADERSHIP, (P.BOARD_READ, P.ESCALATION_ANSWER), (R.REGION,)),
    Grant(Role.ANALYST, (P.FIGURES,), (R.NONE,)),
    Grant(Role.AUDITOR, (P.CONTROL,), (R.NONE,)),
    Grant(Role.ADMINISTRATOR, (P.ADMINISTER, P.ERASURE_READ, P.ERASURE_APPROVE), (R.NONE,)),
)


def roles_with(permission: Permission) -> frozenset[str]:
    """The roles that may do this to at least some case."""
    return frozenset(grant.role for grant in GRANTS if permission in grant.permissions)


def relations_for(role: str, permission: Permission) -> frozenset[Relation]:
    """To cases in which relation a role may do this; empty: to none."""
    return frozenset(
        relation
        for grant in GRANTS
        if grant.role == role and permission in grant.permissions
        for relation in grant.relations
    )


def may(role: str, permissions: Iterable[Permission]) -> bool:
    """Whether a role may do at least one of these at all."""
    return any(relations_for(role, permission) for permission in permissions)


class Audit(StrEnum):
    """What the journal keeps of an answer: nothing, since it names no person; that persons were read; that they were
    changed (a change has its own row, and what it showed one of a reading); that a list of them left."""

    NONE = "none"
    READ = "read"
    CHANGE = "change"
    EXPORT = "export"
