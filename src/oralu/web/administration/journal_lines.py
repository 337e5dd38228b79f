"""The journal of administration in words: accounts, agencies, editions, systems, erasures, the journal itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from oralu.apps.access.models import Role
from oralu.apps.agencies.admin_selectors import names_in
from oralu.apps.journal.models import Entry
from oralu.policyfiles import edition_names, load_edition
from oralu.web.components import Text
from oralu.web.screens import lang

WORDS: Mapping[str, Text] = {
    "user.created": gettext_lazy("Account created: %(name)s"),
    "user.changed": gettext_lazy("Account changed: %(name)s"),
    "user.invited": gettext_lazy("Invited: %(name)s"),
    "user.invitation_used": gettext_lazy("Invitation taken up: %(name)s"),
    "user.factors_reset": gettext_lazy("Second factor reset: %(name)s"),
    "agency.created": gettext_lazy("Agency created: %(name)s"),
    "agency.changed": gettext_lazy("Agency changed: %(name)s"),
    "provider.created": gettext_lazy("Identity provider of an agency set: %(name)s"),
    "provider.changed": gettext_lazy("Identity provider of an agency set: %(name)s"),
    "edition.adopted": gettext_lazy("Edition adopted: %(edition)s, %(region)s"),
    "system.created": gettext_lazy("System № %(number)s created"),
    "system.closed": gettext_lazy("System № %(number)s closed"),
    "system.key_made": gettext_lazy("Key made for system № %(number)s"),
    "system.key_revoked": gettext_lazy("Key of system № %(number)s revoked"),
    "erasure.asked": gettext_lazy("Erasure asked for: No. %(number)s, %(unit)s"),
    "erasure.withdrawn": gettext_lazy("Erasure withdrawn: No. %(number)s, %(unit)s"),
    "erasure.approved": gettext_lazy("Erasure approved: No. %(number)s, %(unit)s"),
    "erasure.refused": gettext_lazy("Erasure refused: No. %(number)s, %(unit)s"),
    "erasure.done": gettext_lazy("Erasure carried out: No. %(number)s, %(unit)s"),
    "register.imported": gettext_lazy("Register imported: %(unit)s"),
    "journal.verified": gettext_lazy("Journal verified: %(outcome)s"),
}
ADDRESSES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "user": lambda data: reverse("admin-user", args=[data["user"]]),
    "agency": lambda data: reverse("admin-agency", args=[data["agency"]]),
    "provider": lambda data: reverse("admin-providers"),
    "edition": lambda data: reverse("admin-adoption"),
    "system": lambda data: reverse("admin-system", args=[data["system"]]),
    "erasure": lambda data: reverse("erasure", args=[data["erasure"]]),
}
"""Where an administrator finds what an entry is about, by the first part of its kind."""


@dataclass(frozen=True)
class Line:
    """A row of the journal in words. `href` is empty for a reader who has no page of the thing."""

    at: datetime
    who: str
    what: str
    href: str


def lines_of(entries: Sequence[Entry], *, is_linked: bool) -> list[Line]:
    """`is_linked`: whether the reader administers; an auditor reads what was done and opens none of it."""
    users, agencies, places = names_in(entries)
    named = {
        "user": {pk: str(user) for pk, user in users.items()},
        "agency": {pk: str(agency) for pk, agency in agencies.items()},
        "region": {code: str(region) for code, region in places.items()},
    }
    lines = []
    for entry in entries:
        address = ADDRESSES.get(entry.kind.split(".")[0]) if is_linked and entry.data else None
        href = address(entry.data) if address is not None else ""
        lines.append(Line(entry.at, _who(entry), _what(entry, named), href))
    return lines


def _who(entry: Entry) -> str:
    """Who did it; of what was run on the machine itself under no name, the account of the operating system."""
    if entry.actor is not None:
        return str(entry.actor)
    account = entry.data.get("operator", "")
    return _("account of the operating system: %(name)s") % {"name": account} if account else _("the system")


def edition_title(name: str) -> str:
    """The title of an edition; of one that the package no longer brings, its name."""
    return load_edition(name).title(lang()) if name in edition_names() else name


def _what(entry: Entry, named: Mapping[str, Mapping[Any, str]]) -> str:
    data = entry.data
    if entry.kind == "journal.erased":
        rows = len(data.get("entries", ()))
        return ngettext("%(n)s row of the journal emptied", "%(n)s rows of the journal emptied", rows) % {"n": rows}
    if not data:
        return _("erased")
    found = {
        "number": data.get("system", data.get("erasure", "")),
        "unit": named["agency"].get(data.get("unit"), ""),
        "edition": edition_title(data.get("edition", "")),
        "region": named["region"].get(data.get("region"), ""),
        "name": named["user" if entry.kind.startswith("user.") else "agency"].get(
            data.get("user", data.get("agency")), ""
        ),
        "outcome": _("whole") if data.get("whole") else _("NOT whole"),
    }
    said = str(WORDS[entry.kind]) % found
    role = data.get("role")
    return f"{said}, {Role(role).label}" if role in Role.values else said
