"""Who is told in an agency, and what. Apart, because a referral is announced by what sends it and an escalation by what
writes it, and both tell the same people."""

from __future__ import annotations

from oralu.apps.access.models import User
from oralu.apps.access.selectors import at_work
from oralu.apps.agencies.models import Agency
from oralu.apps.messages.services import Outgoing
from oralu.apps.referrals.models import Referral


def named_users(agency: Agency) -> list[User]:
    """The responsible person and the deputy, as far as they have accounts."""
    return [user for user in (agency.responsible, agency.deputy) if user is not None and user.is_active]


def referral_messages(referral: Referral) -> list[Outgoing]:
    """The messages that tell an agency of a referral just sent: to the responsible person and the deputy, else to all
    who work there; not to those for whom the case does not exist."""
    agency, need = referral.agency, referral.need
    told = named_users(agency) or at_work().filter(agency=agency).order_by("pk")
    return [
        Outgoing(
            key=f"referral-{referral.pk}-sent-{user.pk}",
            user_id=user.pk,
            template="referral_sent",
            data={"service": need.service, "edition": need.edition, "referral": referral.pk},
            email=bool(user.email),
        )
        for user in told
        if user.pk not in referral.case.excluded
    ]
