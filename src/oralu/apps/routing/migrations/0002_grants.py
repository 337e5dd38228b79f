"""What the application's role may not do: the ledger of facts, evaluations, milestones and the journal are only ever
added to. The first row of the heartbeat."""

from django.db import migrations

APPEND_ONLY = ("journal_entry", "cases_statement", "cases_evaluationrecord", "cases_milestone")
APPLICATION_ROLE = "oralu_app"


def revoke(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [APPLICATION_ROLE])
        if cursor.fetchone():
            for table in APPEND_ONLY:
                cursor.execute(f'revoke update, delete, truncate on "{table}" from "{APPLICATION_ROLE}"')


def heartbeat(apps, schema_editor):
    apps.get_model("routing", "Heartbeat").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0001_initial"),
        ("journal", "0001_initial"),
        ("cases", "0002_initial"),
    ]
    operations = [
        migrations.RunPython(revoke, migrations.RunPython.noop),
        migrations.RunPython(heartbeat, migrations.RunPython.noop),
    ]
