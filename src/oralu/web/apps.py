"""The staff web: screens, and the look that they share."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "oralu.web"
    label = "web"

    def ready(self) -> None:
        from oralu.web import declared  # noqa: F401 — registers the check that every address is declared
