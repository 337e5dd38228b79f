"""Every address of Oralu hangs here; each door keeps its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from oralu.config.health import detail, health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("health/detail", detail, name="health-detail"),
    path("health/metrics", metrics, name="health-metrics"),
    path("", include("oralu.api.urls")),
    path("", include("oralu.web.urls")),
]
handler500 = "oralu.web.failures.server_error"
