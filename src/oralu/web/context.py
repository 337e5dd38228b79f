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

from oralu.apps.access.models import Role
from oralu.apps.access.permissions import Permission, roles_with
from oralu.apps.messages.selectors import unread_count
from oralu.web.components import Text

CASE_WORK = roles_with(Permission.CASE_WORK)
HEADS = roles_with(Permission.BOARD_READ)
ALL_STAFF = frozenset(Role.values)


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
    NavEntry("inbox", gettext_lazy("Inbox"), "inbox", frozenset({"provider", "leadership"}), "inbox"),
    NavEntry("board", pgettext_lazy("navigation", "Board"), "board", HEADS),
    NavEntry("care", gettext_lazy("Cases in my care"), "people", frozenset({"psychologist"})),
    NavEntry("release", gettext_lazy("Before release"), "people", frozenset({"prison"})),
    NavEntry("figures", gettext_lazy("Figures"), "board", frozenset({"analyst"})),
    NavEntry("control", gettext_lazy("Control"), "policy", frozenset({"auditor"})),
    NavEntry("emergencies", gettext_lazy("Emergencies"), "alert", frozenset({"unit_head"})),
    NavEntry("policy", gettext_lazy("Policy"), "policy", ALL_STAFF),
    NavEntry("administration", gettext_lazy("Administration"), "settings", frozenset({"administrator"})),
)
"""Order of the navigation for every role. A new screen adds one line here."""

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
