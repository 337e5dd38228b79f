"""How each column of a copy is made from the column of its original. The n-th copy of a row has the id of the original
and n times the stride of its table, so that every pointer between copied rows is moved by arithmetic alone."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.db.models import CharField, Field, ForeignKey, Model

KEPT = {"agencies.region", "routing.adoption", "routing.boardfigure", "routing.heartbeat", "routing.importrun"}
"""What the copies share: regions, and what is said about a whole region."""
HISTORY = {
    "journal.entry",
    "journal.access",
    "journal.pending",
    "messaging.message",
    "messaging.delivery",
    "cases.evaluationrecord",
}
"""What no clock and no evaluation reads; left out unless asked for."""
OF_A_TOWN = {"agencies.agency", "agencies.refugeaddress", "access.identityprovider"}
"""What copies that share a town have once; staff and places come with each copy."""
DAYS_OF_BIRTH = 3000

Strides = Mapping[type[Model], int]


def models_copied(*, history: bool) -> list[type[Model]]:
    """The tables of the applications whose rows belong to one world; those that hold ids in a column `id`, or the
    pointer to another as their key."""
    found = [m for m in apps.get_models() if m.__module__.startswith("oralu.apps.") and m._meta.managed]
    left = KEPT if history else KEPT | HISTORY
    return [
        m for m in found if m._meta.label_lower not in left and (m._meta.pk.remote_field or m._meta.pk.name == "id")
    ]


def expression(field: Field, strides: Strides) -> str:
    """SQL that gives the value of a column in copy number `g` from row `t` of the original; `%(regions)s` are the codes
    of regions over which the copies are spread, `home` is the copy whose agencies this one shares (`g` mostly)."""
    column = f't."{field.column}"'
    label = f"{field.model._meta.label_lower}.{field.name}"
    if label in SPECIAL:
        return SPECIAL[label].format(**{f"{m._meta.model_name}_stride": n for m, n in strides.items()})
    if isinstance(field, ForeignKey):
        target = field.related_model
        if target._meta.label_lower == "agencies.region":
            return "(%(regions)s::text[])[1 + mod(g, %(region_count)s)]"
        copy = "home" if target._meta.label_lower in OF_A_TOWN else "g"
        return f"{column} + {copy} * {strides[target]}" if target in strides else column
    if field.primary_key:
        return f"{column} + g * {strides[field.model]}"
    if isinstance(field, CharField) and field.unique:
        return f"{column} || '-' || g"
    return column


_PLACE = "mod(t.id * 7 + g * 13, (%(name_counts)s::jsonb->>t.sex)::int)::int"
_BIRTH = f"(t.birth_date - mod(g * 17, {DAYS_OF_BIRTH})::int)"
SPECIAL = {
    "people.person.surname": f"%(names)s::jsonb->t.sex->>{_PLACE}",
    "people.person.search_key": (
        f"(%(folded)s::jsonb->t.sex->>{_PLACE}) || substr(t.search_key, strpos(t.search_key, ' '))"
    ),
    "people.person.birth_date": _BIRTH,
    "people.person.iin": f"pg_temp.load_iin({_BIRTH}, t.sex, t.iin, g)",
    "agencies.agency.is_active": "t.is_active and (g < %(region_count)s or t.kind <> all(%(single)s::text[]))",
    "agencies.place.label": "case when home = g then t.label else t.label || '-' || g end",
    "cases.case.import_key": "case when t.import_key = '' then '' else t.import_key || '-' || g end",
    "cases.evaluationrecord.statements": "array(select s + g * {statement_stride} from unnest(t.statements) s)",
    "cases.milestone.evaluation": (
        "jsonb_set(t.evaluation, '{{statements}}', (select coalesce(jsonb_agg(s::bigint + g * {statement_stride}),"
        " '[]') from jsonb_array_elements_text(t.evaluation->'statements') s))"
    ),
    "messaging.message.data": (
        "case when t.data ? 'case' then t.data || jsonb_build_object('case', (t.data->>'case')::bigint"
        " + g * {case_stride}) else t.data end"
    ),
}
IIN = """
create or replace function pg_temp.load_iin(born date, sex text, old text, g bigint)
returns text language sql immutable as $$
    with digits as (
        select to_char(born, 'YYMMDD')
            || ((extract(year from born)::int / 100 - 18) * 2 + case sex when 'male' then 1 else 2 end)
            || (9000 + mod(substr(old, 8, 4)::bigint + g + n, 1000)) as d, n
        from generate_series(0, 4) n where old <> ''
    ), sums as (
        select d, n,
            (select sum(substr(d, i, 1)::int * i) from generate_series(1, 11) i) % 11 as one,
            (select sum(substr(d, i, 1)::int * (1 + (i + 1) % 11)) from generate_series(1, 11) i) % 11 as two
        from digits
    )
    select case when old = '' then '' else
        (select d || case when one < 10 then one else two end from sums where one < 10 or two < 10 order by n limit 1)
    end
$$"""
"""The IIN of a copy: of its birth date, in the orders kept for generated persons, with the right control digit."""


def columns_of(model: type[Model], strides: Strides) -> tuple[list[str], list[str]]:
    """The columns of a table and the expressions that fill them."""
    fields = [f for f in model._meta.concrete_fields if not getattr(f, "generated", False)]
    return [f'"{f.column}"' for f in fields], [expression(f, strides) for f in fields]
