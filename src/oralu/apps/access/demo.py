"""The accounts of the demo. They exist in a private database with generated persons only, so their password is no
secret and stands on the page of sign-in."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Case, IntegerField, Value, When

from oralu.apps.access.models import Role, User

DEMO_PASSWORD = "oralu-demo-2026"


def is_shared(user: User) -> bool:
    """Whether others sign in with this account too, so that nobody may put a lock of their own on it."""
    return bool(settings.DEMO and user.is_demo and not settings.MFA_REQUIRED)


def accounts() -> list[tuple[str, str, str]]:
    """Login, password and what the account is for (name, role, place of work), in the order of the roles. Empty
    outside the demo, whatever stands in the database."""
    if not settings.DEMO:
        return []
    rank = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)), output_field=IntegerField()
    )
    users = User.objects.filter(is_demo=True, is_active=True).select_related("agency").order_by(rank, "username")
    return [(user.username, DEMO_PASSWORD, _what_for(user)) for user in users]


def _what_for(user: User) -> str:
    parts = [user.full_name, user.get_role_display()]
    if user.agency is not None:
        parts.append(str(user.agency))
    return ", ".join(parts)
