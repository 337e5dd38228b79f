"""Systems that use the API: made, given keys, closed; and whom a key stands for."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from oralu.apps.access.machine_models import ApiAct, ApiClient, ApiToken
from oralu.apps.access.models import Role, User
from oralu.apps.access.permissions import Permission, relations_for
from oralu.apps.access.selectors import at_work
from oralu.apps.access.services import user_save
from oralu.apps.journal.services import entry_record

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from oralu.apps.agencies.models import Agency

SCOPES = (
    Permission.POLICY_READ,
    Permission.CASE_LIST,
    Permission.CASE_READ,
    Permission.CASE_WORK,
    Permission.REFERRAL_READ,
    Permission.REFERRAL_ANSWER,
)
"""What a system may be allowed. Leading a case and oversight are acts of a person, not of a system."""
ROLES = (Role.CASE_MANAGER, Role.UNIT_HEAD, Role.PROVIDER, Role.LEADERSHIP)
LONGEST = timedelta(days=366)
"""The longest life of a system or a key: somebody has to say at least once a year that it is still needed."""
ANSWERS_KEPT = timedelta(hours=24)
NOTICED = timedelta(minutes=1)
"""How exact the last use is kept: a write for every request would let the requests of a system wait for each other."""
_TOKEN = re.compile(r"oralu_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


def clients() -> QuerySet[ApiClient]:
    """All systems with whose they are."""
    return ApiClient.objects.select_related("agency__region", "owner", "user")


def client_with_id(client_id: int) -> ApiClient | None:
    return clients().filter(pk=client_id).first()


def tokens_of(client: ApiClient) -> QuerySet[ApiToken]:
    """The keys that a system has had, the latest first."""
    return ApiToken.objects.filter(client=client)


def owners() -> QuerySet[User]:
    """Who may answer for a system: a person whose account is open."""
    return at_work().order_by("full_name")


@transaction.atomic
def client_make(
    *,
    name: str,
    agency: Agency,
    role: str,
    owner: User,
    scopes: Collection[str],
    expires_at: datetime,
    actor: User | None,
    at: datetime,
) -> ApiClient:
    """Make a system and the account as which it acts; nobody can sign in with that account.

    Raises ValidationError: a scope that the role does not have, a term past `LONGEST`, an owner without an account."""
    errors: dict[str, str] = {}
    if role not in ROLES:
        errors["role"] = _("A system does not administer Oralu.")
    beyond = [scope for scope in scopes if scope not in SCOPES or not relations_for(role, Permission(scope))]
    if not scopes or beyond:
        errors["scopes"] = _("Choose what the system may do, within what its role may do.")
    if not at < expires_at <= at + LONGEST:
        errors["expires_at"] = _("The end lies in the future, a year away at most.")
    if not owner.is_active:
        errors["owner"] = _("Choose a person whose account is open.")
    if errors:
        raise ValidationError(errors)
    user = user_save(
        user=User(username=f"system-{secrets.token_hex(6)}", full_name=name, role=role, agency=agency),
        password=None,
        actor=actor,
        at=at,
    )
    client = ApiClient(
        name=name,
        agency=agency,
        owner=owner,
        user=user,
        scopes=sorted(scopes),
        created_at=at,
        created_by=actor,
        expires_at=expires_at,
    )
    client.clean_fields(exclude=["revoked_at", "last_used_at", "user"])
    client.save()
    entry_record(kind="system.created", actor=actor, at=at, system=client.pk, user=user.pk, scopes=client.scopes)
    return client


@transaction.atomic
def client_close(*, client: ApiClient, actor: User | None, at: datetime) -> None:
    """Take a system out of use, with all its keys and its account; nothing happens if it is closed already."""
    client = ApiClient.objects.select_for_update(of=("self",)).select_related("user").get(pk=client.pk)
    if client.revoked_at is not None:
        return
    client.revoked_at = at
    client.save(update_fields=["revoked_at"])
    ApiToken.objects.filter(client=client, revoked_at=None).update(revoked_at=at)
    client.user.is_active = False
    user_save(user=client.user, password=None, actor=actor, at=at)
    entry_record(kind="system.closed", actor=actor, at=at, system=client.pk)


@transaction.atomic
def token_make(*, client: ApiClient, actor: User | None, at: datetime, expires_at: datetime | None = None) -> str:
    """Make a key and return it: the only time that it is seen. Without an end of its own it ends with the system.

    Raises ValidationError: the system is closed or has run out."""
    if client.revoked_at is not None or client.expires_at <= at:
        raise ValidationError(_("This system is closed: no key can be made for it."))
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = f"oralu_{prefix}_{secret}"
    ends = min(expires_at, client.expires_at) if expires_at else client.expires_at
    made = ApiToken.objects.create(
        client=client, prefix=prefix, digest=_digest(token), made_at=at, made_by=actor, expires_at=ends
    )
    entry_record(kind="system.key_made", actor=actor, at=at, system=client.pk, key=made.pk)
    return token


@transaction.atomic
def token_revoke(*, token: ApiToken, actor: User | None, at: datetime) -> None:
    """Take a key out of use at once; nothing happens if it is already."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        entry_record(kind="system.key_revoked", actor=actor, at=at, system=token.client_id, key=token.pk)


def client_of_token(token: str, *, at: datetime) -> ApiClient | None:
    """The system that shows this key, with its account and agency; None if the key is not ours, revoked or past its
    end, or the system, its account or its agency is closed. Why is not told: who guesses learns nothing."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    found = ApiToken.objects.select_related("client__user__agency").filter(prefix=match[1]).first()
    if found is None or not constant_time_compare(found.digest, _digest(token)):
        return None
    client = found.client
    stands = found.revoked_at is None and client.revoked_at is None and at < min(found.expires_at, client.expires_at)
    user = client.user
    is_open = user.is_active and user.agency is not None and user.agency.is_active
    return client if stands and is_open else None


def client_used(*, client: ApiClient, at: datetime) -> None:
    """Note that a system was here. Never waits: whoever holds the row is noting the same. A full lock would stand
    against the pointers of acts to their system, and two acts under one key would lock each other out."""
    if client.last_used_at is not None and at - client.last_used_at < NOTICED:
        return
    row = ApiClient.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(pk=client.pk)
    ApiClient.objects.filter(pk__in=list(row.values_list("pk", flat=True))).update(last_used_at=at)


def allows(client: ApiClient, permission: Permission) -> bool:
    """Whether both the role of a system's account and its own scopes allow this to some case at all. What is no scope
    (its own account) needs none."""
    is_in_scope = permission not in SCOPES or permission in client.scopes
    return is_in_scope and bool(relations_for(client.user.role, permission))


class KeyReusedError(Exception):
    """The key of an act was used for another act before."""


def act_begin(*, client: ApiClient, key: str, digest: str, at: datetime) -> ApiAct | None:
    """Claim a key for an act in the caller's transaction. Returns the earlier act if this one has been answered
    already; None if it is to be done now. Waits for who is doing the same at this moment.

    Raises KeyReusedError: the key stands for another act."""
    ApiAct.objects.filter(client=client, at__lt=at - ANSWERS_KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into access_apiact (client_id, key, digest, at, etag) values (%s, %s, %s, %s, '')"
            " on conflict (client_id, key) do nothing",
            [client.pk, key, digest, at],
        )
        if cursor.rowcount:
            return None
    found = ApiAct.objects.get(client=client, key=key)
    if found.digest != digest:
        raise KeyReusedError
    return found


def act_answered(*, client: ApiClient, key: str, status: int, answer: dict[str, Any], etag: str) -> None:
    """Keep the answer of the act that was begun under a key."""
    ApiAct.objects.filter(client=client, key=key).update(status=status, answer=answer, etag=etag)


def _digest(token: str) -> str:
    """Of 256 random bits a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
