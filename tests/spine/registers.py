"""Reading a whole register, to compare what two histories have left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

if TYPE_CHECKING:
    import psycopg


def models() -> list[type[Model]]:
    """Those of the register: a figure kept for a board is counted again whenever it is missing."""
    found = [m for m in apps.get_models() if m.__module__.startswith("oralu.apps.") and m._meta.managed]
    return [m for m in found if m._meta.label_lower != "routing.boardfigure"]


DRAWN = {(table, column) for table in ("journal_entry", "journal_access") for column in ("salt", "commitment")} | {
    ("journal_pending", "since")
}
"""Columns that are drawn by chance for each row, what is made of them, and the one that the database's clock gives."""


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the applications, by table; without what is drawn by chance."""
    found = {}
    with connection.cursor() as cursor:
        for model in models():
            table = model._meta.db_table
            columns = ", ".join(
                f'"{field.column}"' for field in model._meta.concrete_fields if (table, field.column) not in DRAWN
            )
            cursor.execute(f'select {columns} from "{table}" order by 1')
            found[table] = cursor.fetchall()
    return found


def sequences_rewind(admin: psycopg.Connection) -> None:
    """Give the next rows the ids that they would have had if nothing had been tried in vain. `admin` sets what our own
    transaction, whose rows only we see, says."""
    with connection.cursor() as cursor:
        for model in models():
            key, table = model._meta.pk.column, model._meta.db_table
            cursor.execute("select pg_get_serial_sequence(%s, %s)", [table, key])
            (sequence,) = cursor.fetchone()
            if sequence:
                cursor.execute(f'select coalesce(max("{key}"), 0) + 1 from "{table}"')
                admin.execute("select setval(%s, %s, false)", [sequence, cursor.fetchone()[0]])
