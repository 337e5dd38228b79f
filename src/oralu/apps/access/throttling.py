"""Attempts at a secret, counted where they come from.

Nothing is ever counted by the account alone: who knows a login could else lock its owner out. A browser that has signed
in before carries a device cookie and is counted by itself (the device cookie protocol of OWASP); every other attempt is
counted by login and address together, and by address. Refusing costs nobody a try and says nothing about the account:
a login that does not exist is counted the same."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from oralu.apps.access.entry_models import Attempt

DEVICE_DAYS = 365
KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` tries at once, then one after `base`, 2 × `base`, … up to `most`; forgotten after `memory` of quiet."""

    free: int
    base: timedelta
    most: timedelta
    memory: timedelta


RULES = {
    "login": Rule(5, timedelta(seconds=30), timedelta(hours=1), timedelta(hours=24)),
    "address": Rule(30, timedelta(seconds=10), timedelta(minutes=15), timedelta(hours=1)),
    "device": Rule(10, timedelta(seconds=15), timedelta(minutes=15), timedelta(hours=24)),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One counter: which rule it follows and its hashed key."""

    rule: str
    key: str


def login_key(login: str) -> str:
    """A login as it is counted, however it was typed."""
    return _hash("login", unicodedata.normalize("NFKC", login).casefold())


def places_of(*, login: str, address: str, device: str | None, purpose: str = "password") -> tuple[Place, ...]:
    """The counters of an attempt. `device` is the mark of a valid device cookie for this login: it stands alone."""
    if device:
        return (Place("device", _hash(purpose, "device", login_key(login), device)),)
    where = network(address)
    return (
        Place("address", _hash(purpose, "address", where)),
        Place("login", _hash(purpose, "login", login_key(login), where)),
    )


def address_place(address: str, purpose: str) -> tuple[Place, ...]:
    """The counter of an attempt that names no login."""
    return (Place("address", _hash(purpose, "address", network(address))),)


def network(address: str) -> str:
    """What one attacker holds for certain: an IPv4 address, or a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(found.ipv4_mapped or ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)


@transaction.atomic
def attempt_begin(*, places: Iterable[Place], at: datetime) -> timedelta | None:
    """Count an attempt before the secret is looked at, so that many at once gain nothing. Returns how long to wait if
    one of the places has to: then nothing is counted and the secret must not be looked at."""
    by_key = {place.key: RULES[place.rule] for place in places}
    Attempt.objects.bulk_create(
        [Attempt(key=key, count=0, last_at=at, free_at=at) for key in sorted(by_key)], ignore_conflicts=True
    )
    rows = list(Attempt.objects.select_for_update().filter(key__in=by_key).order_by("key"))
    for row in rows:
        if row.last_at + by_key[row.key].memory <= at:
            row.count, row.free_at = 0, at
    wait = max((row.free_at - at for row in rows), default=timedelta(0))
    if wait > timedelta(0):
        return wait
    for row in rows:
        row.count, row.last_at = row.count + 1, at
        row.free_at = at + _delay(by_key[row.key], row.count)
    Attempt.objects.bulk_update(rows, ["count", "last_at", "free_at"])
    return None


def _delay(rule: Rule, count: int) -> timedelta:
    beyond = count - rule.free
    if beyond < 0:
        return timedelta(0)
    return min(rule.base * 2 ** min(beyond, 20), rule.most)


@transaction.atomic
def attempt_succeed(*, places: Iterable[Place], at: datetime) -> None:
    """The secret was right: forget the tries of this login and device; of the address take back this one try alone,
    since a success with one account must not open it for guessing at others."""
    for place in sorted(places, key=lambda place: place.key):
        row = Attempt.objects.select_for_update().filter(key=place.key).first()
        if row is None:
            continue
        if place.rule == "address":
            row.count = max(0, row.count - 1)
            row.free_at = at + _delay(RULES["address"], row.count)
            row.save(update_fields=["count", "free_at"])
        else:
            row.delete()
    Attempt.objects.filter(last_at__lt=at - KEPT).delete()


def device_cookie_name(login: str) -> str:
    """One cookie a login, so that several people may share a machine."""
    return f"device-{login_key(login)[:16]}"


def device_cookie_make(login: str, nonce: str) -> str:
    return signing.dumps([login_key(login), nonce], salt="oralu.device")


def device_of(login: str, cookie: str | None) -> str | None:
    """The mark of a device by its cookie; None if the cookie is not ours, too old, or of another login."""
    if not cookie:
        return None
    try:
        key, nonce = signing.loads(cookie, salt="oralu.device", max_age=timedelta(days=DEVICE_DAYS))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(nonce) if key == login_key(login) else None


def _hash(*parts: str) -> str:
    return salted_hmac("oralu.attempts", "\x1f".join(parts), algorithm="sha256").hexdigest()
