"""Second factors: one-time codes from a phone, passkeys, and recovery codes for the day when both are lost.

The tables and the cryptography are django-allauth's; what an account may do with them is decided here."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oralu.apps.access.models import User
from oralu.apps.access.session_services import sessions_end
from oralu.apps.journal.services import entry_record

Kind = Authenticator.Type
PERIOD = 30
"""Seconds that a one-time code stands (RFC 6238)."""
DRIFT = 1
"""How many periods a phone's clock may be off."""
FACTORS = (Kind.TOTP, Kind.WEBAUTHN)
"""What is a second factor by itself; recovery codes only replace one."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has set up."""

    codes: Authenticator | None
    passkeys: tuple[Authenticator, ...]
    recovery_left: int

    def __bool__(self) -> bool:
        return bool(self.codes or self.passkeys)


def factors_of(user: User) -> Factors:
    rows = list(Authenticator.objects.filter(user=user).order_by("pk"))
    recovery = next((row for row in rows if row.type == Kind.RECOVERY_CODES), None)
    return Factors(
        next((row for row in rows if row.type == Kind.TOTP), None),
        tuple(row for row in rows if row.type == Kind.WEBAUTHN),
        len(RecoveryCodes(recovery).get_unused_codes()) if recovery else 0,
    )


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


@transaction.atomic
def code_check(*, user: User, code: str, at: datetime) -> str | None:
    """Whether `code` is the present one-time code or an unused recovery code: the kind that it was, or None. Each code
    is good once, in every process."""
    code = "".join(character for character in code if character.isalnum())
    rows = Authenticator.objects.select_for_update().filter(user=user).exclude(type=Kind.WEBAUTHN)
    for row in rows.order_by("pk"):
        if row.type == Kind.TOTP and _totp_is_right(row, code, at):
            return str(row.type)
        if row.type == Kind.RECOVERY_CODES and RecoveryCodes(row).validate_code(code):
            Authenticator.objects.filter(pk=row.pk).update(last_used_at=at)
            return str(row.type)
    return None


def _totp_is_right(row: Authenticator, code: str, at: datetime) -> bool:
    counter = _counter_of(decrypt(row.data["secret"]), code, at)
    if counter is None or counter <= row.data.get("counter", -1):
        return False
    row.data["counter"] = counter
    row.last_used_at = at
    row.save(update_fields=["data", "last_used_at"])
    return True


def _counter_of(secret: str, code: str, at: datetime) -> int | None:
    now = int(at.timestamp()) // PERIOD
    for counter in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, counter)).encode(), code.encode()):
            return counter
    return None


@transaction.atomic
def codes_add(*, user: User, secret: str, code: str, keep: str | None, at: datetime) -> list[str]:
    """Set up one-time codes from the key that the phone has taken over; `code` proves that it has. Returns fresh
    recovery codes if the account had none. Every session but `keep` ends.

    Raises ValidationError: the code does not fit, or the account has one-time codes already."""
    counter = _counter_of(secret, "".join(code.split()), at)
    if counter is None:
        raise ValidationError(
            {"code": _("This code does not fit. Check that the clock of the phone is right, and give the next one.")}
        )
    User.objects.select_for_update().get(pk=user.pk)
    if Authenticator.objects.filter(user=user, type=Kind.TOTP).exists():
        raise ValidationError(_("One-time codes are set up already: remove them first."))
    row = TOTP.activate(user, secret).instance
    row.data["counter"] = counter
    row.save(update_fields=["data"])
    return _added(user, Kind.TOTP, keep, at)


@transaction.atomic
def passkey_add(*, user: User, name: str, credential: Any, keep: str | None, at: datetime) -> list[str]:
    """Keep a passkey that the browser has just made for the challenge of this session.

    Raises ValidationError: the answer of the browser does not belong to the challenge."""
    passkey_guarded(lambda: webauthn.parse_registration_response(credential))
    binding = passkey_guarded(lambda: webauthn.complete_registration(credential))
    if not binding.is_user_verified():
        raise ValidationError(_("The device has not checked who you are (PIN, finger or face). Choose another one."))
    webauthn.WebAuthn.add(user, name.strip()[:80] or _("Passkey"), credential)
    return _added(user, Kind.WEBAUTHN, keep, at)


def passkey_guarded(ask: Callable[[], Any]) -> Any:
    """Answers of a browser are foreign input: whatever the library stumbles over in them is one refusal."""
    try:
        return ask()
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise passkey_refusal() from error


def passkey_refusal() -> ValidationError:
    return ValidationError(_("The passkey was not accepted. Try once more."))


def _added(user: User, kind: str, keep: str | None, at: datetime) -> list[str]:
    entry_record(kind="user.factor_added", actor=user, at=at, user=user.pk, factor=str(kind))
    sessions_end(user=user, why="factor", actor=user, at=at, keep=keep)
    if Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).exists():
        return []
    return RecoveryCodes.activate(user).generate_codes()


@transaction.atomic
def recovery_renew(*, user: User, keep: str | None, at: datetime) -> list[str]:
    """Fresh recovery codes in place of the old ones. Raises ValidationError without a second factor to recover."""
    if not has_factor(user):
        raise ValidationError(_("Set up one-time codes or a passkey first."))
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).generate_codes()
    entry_record(kind="user.factor_added", actor=user, at=at, user=user.pk, factor=str(Kind.RECOVERY_CODES))
    sessions_end(user=user, why="factor", actor=user, at=at, keep=keep)
    return codes


@transaction.atomic
def factor_remove(*, user: User, factor_id: int, is_required: bool, keep: str | None, at: datetime) -> None:
    """Remove one of one's own factors; with the last of them the recovery codes go too.

    Raises ValidationError: where a second factor is required the last one stays. Authenticator.DoesNotExist: it is
    somebody else's or gone."""
    User.objects.select_for_update().get(pk=user.pk)
    own = Authenticator.objects.filter(user=user, type__in=FACTORS)
    row = own.get(pk=factor_id)
    is_last = own.count() == 1
    if is_last and is_required:
        raise ValidationError(_("This is your only second factor: set up another one first."))
    row.delete()
    if is_last:
        Authenticator.objects.filter(user=user).delete()
    entry_record(kind="user.factor_removed", actor=user, at=at, user=user.pk, factor=str(row.type))
    sessions_end(user=user, why="factor", actor=user, at=at, keep=keep)


@transaction.atomic
def factors_reset(*, user: User, actor: User | None, at: datetime) -> int:
    """Take all factors of somebody who has lost them; the person is signed out and sets up new ones at the next
    sign-in. Returns how many there were. Tell the person: it may not be they who asked."""
    count, _by_model = Authenticator.objects.filter(user=user).delete()
    entry_record(kind="user.factors_reset", actor=actor, at=at, user=user.pk, count=count)
    sessions_end(user=user, why="factor", actor=actor, at=at)
    return count


def passkey_owner(credential: Any) -> User:
    """Whom a passkey says that it belongs to: nothing is proven by that. Raises ValidationError: nobody."""
    found: User = passkey_guarded(lambda: webauthn.extract_user_from_response(credential))
    return found


@transaction.atomic
def passkey_check(*, user: User, credential: Any, at: datetime) -> None:
    """Raises ValidationError unless the browser has signed the challenge of this session with a passkey of `user`, whom
    the device has checked."""
    passkey_guarded(lambda: webauthn.parse_authentication_response(credential))
    row = passkey_guarded(lambda: webauthn.complete_authentication(user, credential))
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=at)
