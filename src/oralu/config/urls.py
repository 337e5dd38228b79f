"""Every address of Oralu hangs here; each door keeps its own list."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from oralu.config.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
]
if find_spec("oralu.web.urls"):
    urlpatterns.append(path("", include("oralu.web.urls")))
