"""Every address of Oralu hangs here; each door keeps its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from oralu.config.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("", include("oralu.web.urls")),
]
