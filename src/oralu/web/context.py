"""What the shell around every page needs: navigation by role, languages, the banner of the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from oralu.apps.access.permissions import Permission, roles_with
from oralu.apps.messages.selectors import unread_count
from oralu.web.components import Text

P = Permission
CASE_WORK = roles_with(P.CASE_WORK)
HEADS = roles_with(P.BOARD_READ)


@dataclass(frozen=True)
class NavEntry:
    """A place in the navigation. It appears once `url_name` resolves, to the roles named; `badge` is a key of the
    request's `nav_badges` (a mapping that a view may set) with the number of things that wait there."""

    url_name: str
    label: Text
    icon: str
    roles: frozenset[str]
    badge: str = ""


NAVIGATION: tuple[NavEntry, ...] = (
    NavEntry("today", gettext_lazy("Today"), "today", CASE_WORK, "today"),
    NavEntry("caseload", gettext_lazy("Caseload"), "people", CASE_WORK),
    NavEntry("inbox", gettext_lazy("Inbox"), "inbox", roles_with(P.REFERRAL_READ), "inbox"),
    NavEntry("board", pgettext_lazy("navigation", "Board"), "board", HEADS),
    NavEntry("care", pgettext_lazy("navigation", "Cases in my care"), "people", roles_with(P.CARE_READ)),
    NavEntry("release", gettext_lazy("Before release"), "people", roles_with(P.RELEASE)),
    NavEntry("figures", gettext_lazy("Figures"), "board", roles_with(P.FIGURES)),
    NavEntry("control", gettext_lazy("Control"), "info", roles_with(P.CONTROL)),
    NavEntry("administration", gettext_lazy("Administration"), "settings", roles_with(P.ADMINISTER)),
    NavEntry("emergencies", pgettext_lazy("navigation", "Emergencies"), "alert", roles_with(P.EMERGENCY_REVIEW)),
    NavEntry("emergency", pgettext_lazy("navigation", "Emergency"), "alert", roles_with(P.EMERGENCY_OPEN) - CASE_WORK),
    NavEntry("policy", gettext_lazy("Policy"), "policy", roles_with(P.POLICY_READ)),
)
"""Order of the navigation for every role, who sees what being read from the table of permissions. A new screen adds one
line here. Officers and heads open an emergency from the caseload, where they have just looked in vain."""

LANGUAGE_NAMES: Mapping[str, tuple[str, str]] = {
    "kk": ("Қаз", "Қазақша"),
    "ru": ("Рус", "Русский"),
    "en": ("Eng", "English"),
}


@dataclass(frozen=True)
class NavLink:
    url_name: str
    label: Text
    icon: str
    href: str
    current: bool
    badge: int | None = None


def nav(request: HttpRequest) -> tuple[NavLink, ...]:
    """The navigation of the request's user; empty for who is not signed in."""
    role = getattr(getattr(request, "user", None), "role", "")
    badges: Mapping[str, int] = getattr(request, "nav_badges", {})
    links = []
    for entry in NAVIGATION:
        href = address(entry.url_name) if role in entry.roles else ""
        if href:
            links.append(
                NavLink(entry.url_name, entry.label, entry.icon, href, _here(request, href), badges.get(entry.badge))
            )
    return tuple(links)


def address(url_name: str, *args: object) -> str:
    """The address of a page, or an empty string while no such page exists."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def _here(request: HttpRequest, href: str) -> bool:
    return request.path == href or (href != "/" and request.path.startswith(href.rstrip("/") + "/"))


MOST_UNREAD = 99


@dataclass(frozen=True)
class Unread:
    """How many messages wait, as the header says it; `count` stops above `MOST_UNREAD`."""

    count: int

    def __str__(self) -> str:
        return f"{MOST_UNREAD}+" if self.count > MOST_UNREAD else str(self.count)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of every page."""
    links = nav(request)
    user = getattr(request, "user", None)
    user_id = getattr(user, "pk", None)
    # Asked by the header alone: a panel that htmx puts in place costs no query for it.
    unread = cache(lambda: Unread(unread_count(user_id, most=MOST_UNREAD + 1) if user_id is not None else 0))
    return {
        "nav": links,
        "unread": unread,
        "messages_href": address("messages"),
        "profile_href": address("profile"),
        "languages": [(code, *LANGUAGE_NAMES[code]) for code, _name in settings.LANGUAGES],
        "is_demo": bool(getattr(settings, "DEMO", False) or getattr(user, "is_demo", False)),
        "search_href": address("search") if getattr(user, "role", "") in CASE_WORK else "",
        "logout_href": address("logout"),
        "home_href": next((link.href for link in links), "/"),
    }
