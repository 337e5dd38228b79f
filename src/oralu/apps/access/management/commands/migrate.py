"""Django's `migrate`, after which the walls of rows stand as `rowsecurity` has them, whatever a migration made anew."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from oralu.apps.access import rowsecurity


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            rowsecurity.apply()
