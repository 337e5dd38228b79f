"""Rows get a salt and a commitment, answers with personal data a row of their own, batches a seal. What was written
before is committed to as it stands."""

import os

import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models

from oralu.apps.journal.commitments import SALT, entry_commitment, moment

BATCH = 5000
QUEUE = """
create function journal_queue() returns trigger language plpgsql as $$
begin
    insert into public.journal_pending (stream, records)
    select tg_argv[0]::smallint, unnest(range_agg(int8range(id, id + 1))) from fresh;
    return null;
end $$;
create trigger journal_entry_queue after insert on journal_entry
    referencing new table as fresh for each statement execute function journal_queue('1');
create trigger journal_access_queue after insert on journal_access
    referencing new table as fresh for each statement execute function journal_queue('2');
"""
NO_QUEUE = """
drop trigger journal_access_queue on journal_access;
drop trigger journal_entry_queue on journal_entry;
drop function journal_queue();
"""


def commit_to_what_stands(apps, schema_editor):
    entries = apps.get_model("journal", "Entry").objects
    last = 0
    while found := list(entries.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for entry in found:
            entry.salt = os.urandom(SALT)
            entry.commitment = entry_commitment(
                entry.salt,
                at=moment(entry.at),
                actor=entry.actor_id,
                kind=entry.kind,
                case=entry.case_id,
                data=entry.data,
            )
        entries.bulk_update(found, ["salt", "commitment"])
        last = found[-1].pk
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "insert into journal_pending (stream, records)"
            " select 1, unnest(range_agg(int8range(id, id + 1))) from journal_entry"
        )


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial"), ("routing", "0002_grants")]

    operations = [
        migrations.AddField("entry", "salt", models.BinaryField(null=True)),
        migrations.AddField("entry", "commitment", models.BinaryField(default=b""), preserve_default=False),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.BigIntegerField(null=True)),
                ("role", models.CharField(max_length=32)),
                ("agency", models.BigIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("read", "read on a page"),
                            ("export", "taken out as a file"),
                            ("denied", "refused"),
                            ("emergency", "read under emergency access"),
                        ],
                        max_length=16,
                    ),
                ),
                ("route", models.CharField(max_length=64)),
                ("purpose", models.CharField(max_length=32)),
                (
                    "subjects",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("object", models.CharField(max_length=64)),
                ("salt", models.BinaryField(null=True)),
                ("commitment", models.BinaryField()),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["subjects"], name="access_by_subject")],
            },
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.SmallIntegerField(choices=[(1, "Entry"), (2, "Access")])),
                ("records", django.contrib.postgres.fields.ranges.BigIntegerRangeField()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField()),
                ("count", models.BigIntegerField()),
                (
                    "entries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(), size=None
                    ),
                ),
                (
                    "accesses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(), size=None
                    ),
                ),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("key", models.CharField(max_length=16)),
                ("signature", models.BinaryField()),
            ],
            options={"ordering": ("number",)},
        ),
        migrations.RunPython(commit_to_what_stands, migrations.RunPython.noop),
        migrations.RunSQL(QUEUE, NO_QUEUE),
    ]
