"""Every address says what it is for, or Oralu does not start: a view without a permission would be open to whoever
knows where it is, and one without a purpose and an audit class would be read without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from oralu.apps.access.permissions import GRANTS, PURPOSES, Audit, Permission, Purpose

OPEN: Mapping[str, str] = {
    "health": "the supervisor asks whether Oralu lives",
    "health-detail": "the monitor; answers from this machine alone or with its key",
    "health-metrics": "the monitor; answers from this machine alone or with its key",
    "language": "a choice before anybody is signed in",
    "login": "the door itself",
    "login-factor": "the door itself",
    "login-passkey": "the door itself",
    "login-provider": "the door itself",
    "login-provider-back": "the door itself",
    "invitation": "the door itself",
    "invitation-link": "the door itself",
    "logout": "the way out",
}
"""The addresses that need no account, and why."""

Route = tuple[str, str, Callable[..., Any]]


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[Route]:
    """All addresses: name, pattern and view."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield pattern.name or path, path, pattern.callback


@register(Tags.security)
def addresses_declared(app_configs: object = None, **_more: object) -> list[CheckMessage]:
    """What `oralu run` and `manage check` refuse to start with."""
    return [
        *(error for name, path, view in routes() if name not in OPEN for error in _faults(name, path, view)),
        *(
            Error(f"{p} has no purpose", hint="add it to PURPOSES", id="oralu.E004")
            for p in set(Permission) - {*PURPOSES}
        ),
        *(
            Error(f"Nobody may {p}", hint="add a grant to GRANTS", id="oralu.E005")
            for p in set(Permission) - _granted()
        ),
    ]


def _faults(name: str, path: str, view: Callable[..., Any]) -> Iterator[CheckMessage]:
    declared = (("permission", Permission, "E001"), ("purpose", Purpose, "E002"), ("audit", Audit, "E003"))
    for attribute, kind, number in declared:
        if getattr(view, attribute, None) not in set(kind):
            yield Error(
                f"/{path} ({name}) declares no {attribute}",
                hint="put @screen(Permission.…, audit=Audit.…) on the view",
                id=f"oralu.{number}",
            )


def _granted() -> set[Permission]:
    return {permission for grant in GRANTS for permission in grant.permissions}
