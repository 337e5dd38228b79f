"""Rows written by the thousand. Django's `bulk_create` and `bulk_update` build a statement as long as the batch, value
by value; here a batch is one JSON value and the statement is always the same, which is five to ten times quicker. And
`row_new` makes an object without walking through every field of its model, which costs more than writing it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models.base import ModelState

if TYPE_CHECKING:
    from django.db.models import Field, Model

M = TypeVar("M", bound="Model")
_LENGTH = re.compile(r"\(\d+\)")


def row_new(model: type[M], related: Mapping[str, Model] | None = None, /, **values: Any) -> M:
    """An object of a model that is not stored yet, as its constructor would make it, five times quicker: columns by
    their names in the class (`case_id`, not `case`), the others at their defaults; `related`: objects at the other end
    of relations, by relation. A name that the model does not have raises TypeError. No signals are sent."""
    plain, made, relations = _blank(model)
    if not values.keys() <= plain.keys():
        raise TypeError(f"{model.__name__} has no column {sorted(values.keys() - plain.keys())}")
    item = model.__new__(model)
    state = item._state = ModelState()
    item.__dict__.update(plain)
    for name, make in made:
        item.__dict__[name] = make()
    item.__dict__.update(values)
    for name, other in (related or {}).items():
        state.fields_cache[name] = other
        item.__dict__[relations[name]] = other.pk
    return item


@cache
def _blank(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]], dict[str, str]]:
    """The defaults of a model by column, those that have to be made anew for each object, and the columns of its
    relations."""
    fields = model._meta.concrete_fields
    anew = [field for field in fields if field.has_default() and callable(field.default)]
    plain = {field.attname: None if field in anew else field.get_default() for field in fields}
    made = [(field.attname, field.default) for field in anew]
    return plain, made, {field.name: field.attname for field in fields if field.remote_field}


def rows_insert(objects: Collection[Model]) -> None:
    """Insert new objects of one model in their order and give them their keys, unless these are reserved for all of
    them. No signals, no `save`, as in `bulk_create`; the keys of related objects have to be known."""
    if not objects:
        return
    first = next(iter(objects))
    model = type(first)
    statement, fields = _insert(model, first.pk is not None)
    rows = _rows(objects, fields)
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(rows)])
        keys = cursor.fetchall()
    name, alias = model._meta.pk.attname, connection.alias
    for item, (key,) in zip(objects, keys, strict=True):
        item.__dict__[name] = key
        item._state.adding, item._state.db = False, alias


def keys_reserve(objects: Collection[Model]) -> list[int]:
    """Give new objects their keys before they are written, so that they may be taken in hand (`access.walls`)."""
    if not objects:
        return []
    table = type(next(iter(objects)))._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [table, len(objects)]
        )
        keys = [key for (key,) in cursor.fetchall()]
    for item, key in zip(objects, keys, strict=True):
        item.pk = key
    return keys


def values_insert(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows given by the columns of a model, where nobody needs the objects. A column left out is null."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_insert(model)[0].rpartition(" RETURNING ")[0], [_json(rows)])


def rows_update(objects: Collection[Model], names: Sequence[str]) -> None:
    """Write the named fields of stored objects of one model."""
    if not objects:
        return
    statement, fields = _update(type(next(iter(objects))), tuple(names))
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(_rows(objects, fields))])


def _rows(objects: Collection[Model], fields: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What objects hold, by column; `fields`: columns and their names in the class, all of them loaded."""
    names, values = [column for column, _ in fields], itemgetter(*(name for _, name in fields))
    return [dict(zip(names, values(item.__dict__), strict=True)) for item in objects]


class PointersChecked:
    """Has the database check the pointers of what was written so far while this process goes on, in a long transaction
    of many batches: left to the commit, the list of what is to be checked grows with all that was written, in the
    memory of the database. Between `send` and `close` no other statement may be sent. `close` raises IntegrityError for
    a pointer to nothing."""

    def __init__(self) -> None:
        self._sent = ExitStack()
        self._is_asked = False

    def send(self) -> None:
        """Ask for the check, and do not wait for it."""
        self._is_asked = True
        self._sent.enter_context(connection.wrap_database_errors)
        self._sent.enter_context(connection.connection.pipeline())
        self._sent.enter_context(connection.connection.cursor()).execute("SET CONSTRAINTS ALL IMMEDIATE")

    def close(self) -> None:
        """Hear the answer, if a check was asked for; what is written from now on may point ahead again."""
        is_asked, self._is_asked = self._is_asked, False
        self._sent.close()
        if is_asked:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@cache
def _insert(model: type[Model], with_key: bool = False) -> tuple[str, list[tuple[str, str]]]:
    options = model._meta
    fields = [field for field in options.concrete_fields if with_key or not field.primary_key]
    columns = ", ".join(_quoted(field.column) for field in fields)
    statement = (
        f"INSERT INTO {_quoted(options.db_table)} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns}"
        f" FROM jsonb_to_recordset(%s::jsonb) AS v({_typed(fields)}) RETURNING {_quoted(options.pk.column)}"
    )
    return statement, [(field.column, field.attname) for field in fields]


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[tuple[str, str]]]:
    options = model._meta
    fields = [options.get_field(name) for name in names]
    key = _quoted(options.pk.column)
    sets = ", ".join(f"{_quoted(field.column)} = v.{_quoted(field.column)}" for field in fields)
    statement = (
        f"UPDATE {_quoted(options.db_table)} AS t SET {sets}"
        f" FROM jsonb_to_recordset(%s::jsonb) AS v({_typed([options.pk, *fields])}) WHERE t.{key} = v.{key}"
    )
    return statement, [(field.column, field.attname) for field in (options.pk, *fields)]


def _typed(fields: Sequence[Field[Any, Any]]) -> str:
    """The columns with their types, without lengths: what is too long is refused by the table, not here."""
    return ", ".join(f"{_quoted(f.column)} {_LENGTH.sub('', f.rel_db_type(connection) or '')}" for f in fields)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _json(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as one JSON value. A batch tells the same moment thousands of times: each object is written out once."""
    told: dict[int, str] = {}

    def plain(value: object) -> str:
        text = told.get(id(value))
        if text is None:
            if not isinstance(value, date):  # a datetime is one
                raise TypeError(f"{value!r} cannot be written as a row")
            text = told[id(value)] = value.isoformat()
        return text

    return json.dumps(rows, default=plain, ensure_ascii=False, check_circular=False)
