"""Writing accounts."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access.models import OF_NO_AGENCY, User
from oralu.apps.access.session_services import sessions_end
from oralu.apps.journal.services import entry_record


@transaction.atomic
def user_save(*, user: User, password: str | None, actor: User | None, at: datetime, keep: str | None = None) -> User:
    """Create or change an account. Who stops being active, or changes role or agency, is signed out everywhere; with
    another password everywhere but in the session with the key `keep`. A password that somebody else has set is
    temporary: the account has to change it before anything else.

    Raises ValidationError: a login that exists, no agency for a role that needs one, a weak password."""
    is_new = user.pk is None
    if user.role not in OF_NO_AGENCY and user.agency_id is None:
        raise ValidationError({"agency": _("Choose the agency in which this person works.")})
    if password:
        validate_password(password, user)
        user.set_password(password)
        user.must_change_password = actor is not None and actor.pk != user.pk
    elif is_new:
        user.set_unusable_password()
    user.full_clean(exclude=["password"])
    before = None if is_new else User.objects.get(pk=user.pk)
    user.save()
    changed = before is not None and (before.is_active, before.role, before.agency_id) != (
        user.is_active,
        user.role,
        user.agency_id,
    )
    if changed:
        sessions_end(user=user, why="role", actor=actor, at=at)
    elif password and not is_new:
        sessions_end(user=user, why="password", actor=actor, at=at, keep=keep)
    entry_record(kind="user.created" if is_new else "user.changed", actor=actor, at=at, user=user.pk, role=user.role)
    return user


@transaction.atomic
def profile_change(*, user: User, language: str, phone: str, email: str, at: datetime) -> User:
    """What people change of their own account."""
    user.language, user.phone, user.email = language, phone, email
    user.full_clean(exclude=["password", "agency"])
    user.save(update_fields=["language", "phone", "email"])
    entry_record(kind="user.profile_changed", actor=user, at=at, user=user.pk)
    return user
