"""Addresses of the staff web. The shell owns the choice of language and, in development, the gallery."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from oralu.web import gallery, language

PARTS = (
    "account", "today", "caseload", "enrol", "case", "inbox", "board", "administration",
    "policy", "papers", "retention", "emergency", "reading",
)  # fmt: skip

urlpatterns: list[URLPattern | URLResolver] = [
    path("language", language.choose, name="language"),
    *(path("", include(f"oralu.web.{part}.urls")) for part in PARTS),
]
if settings.DEBUG or getattr(settings, "DESIGN_GALLERY", False):
    urlpatterns += gallery.urlpatterns
