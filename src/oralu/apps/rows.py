"""Rows written by the thousand. Django's `bulk_create` and `bulk_update` build a statement as long as the batch, value
by value; here a batch is one JSON value and the statement is always the same, which is five to ten times quicker. And
`row_new` makes an object without walking through every field of its model, which costs more than writing it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models.base import ModelState

from oralu.apps.behind import BEHIND

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
    model, behind = type(first), BEHIND.get()
    name, alias = model._meta.pk.attname, connection.alias
    if behind is not None and first.pk is None:
        for item, key in zip(objects, _keys(model, len(objects)), strict=True):
            item.__dict__[name] = key
    statement, fields = _insert(model, first.pk is not None)
    value = _json(_rows(objects, fields))
    if behind is not None:
        behind.send(_silent(statement), value)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement, [value])
            keys = cursor.fetchall()
        for item, (key,) in zip(objects, keys, strict=True):
            item.__dict__[name] = key
    for item in objects:
        item._state.adding, item._state.db = False, alias


def keys_reserve(objects: Collection[Model]) -> list[int]:
    """Give new objects their keys before they are written, so that they may be taken in hand (`access.walls`)."""
    if not objects:
        return []
    keys = _keys(type(next(iter(objects))), len(objects))
    for item, key in zip(objects, keys, strict=True):
        item.pk = key
    return keys


def _keys(model: type[Model], count: int) -> list[int]:
    behind, table = BEHIND.get(), model._meta.db_table
    return _keys_next(table, count) if behind is None else behind.keys(table, count, _keys_next)


def _keys_next(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [table, count])
        return [key for (key,) in cursor.fetchall()]


def values_insert(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows given by the columns of a model, where nobody needs the objects. A column left out is null."""
    if not rows:
        return
    _write(_silent(_insert(model)[0]), _json(rows))


def rows_update(objects: Collection[Model], names: Sequence[str]) -> None:
    """Write the named fields of stored objects of one model."""
    if not objects:
        return
    statement, fields = _update(type(next(iter(objects))), tuple(names))
    _write(statement.replace("%s", "$1"), _json(_rows(objects, fields)))


def _silent(statement: str) -> str:
    """An insertion that answers nothing, with its value as `$1`."""
    return statement.rpartition(" RETURNING ")[0].replace("%s", "$1")


def _write(statement: str, value: str) -> None:
    if (behind := BEHIND.get()) is not None:
        behind.send(statement, value)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("$1", "%s"), [value])


def _rows(objects: Collection[Model], fields: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What objects hold, by column; `fields`: columns and their names in the class, all of them loaded."""
    names, values = [column for column, _ in fields], itemgetter(*(name for _, name in fields))
    return [dict(zip(names, values(item.__dict__), strict=True)) for item in objects]


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
