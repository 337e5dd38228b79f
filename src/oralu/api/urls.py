"""Every address of the door for systems, version 1."""

from __future__ import annotations

from django.urls import URLPattern, include, path, re_path
from django.urls.resolvers import URLResolver

from oralu.api.document import document
from oralu.api.door import door
from oralu.api.interface import api, nothing
from oralu.apps.access.permissions import PURPOSES, Audit, Permission


def _patterns() -> list[URLPattern]:
    """The paths of the interface, each behind the door."""
    found: list[URLPattern] = []
    for bound in api._get_bound_routers():
        made = bound.urls_paths("")
        for view in bound.path_operations.values():
            first, *_same_path = [next(made) for _operation in view.operations]
            first.callback = door(first.callback, {method: one for one in view.operations for method in one.methods})
            found.append(first)
    return found


nothing.permission, nothing.audit = Permission.ACCOUNT, Audit.NONE
nothing.purpose = PURPOSES[Permission.ACCOUNT]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((_patterns(), "api"))),
    re_path(r"^api(?:/|\Z)", door(nothing, {}), name="api-nothing"),
]
__all__ = ["document", "urlpatterns"]
