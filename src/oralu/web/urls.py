"""Addresses of the staff web. The shell owns the choice of language and, in development, the gallery."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from oralu.web import gallery, language

urlpatterns: list[URLPattern | URLResolver] = [
    path("language", language.choose, name="language"),
]
if settings.DEBUG or getattr(settings, "DESIGN_GALLERY", False):
    urlpatterns += gallery.urlpatterns
