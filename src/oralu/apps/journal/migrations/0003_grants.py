"""What is said about readings, and the seals, are only ever added to, as the entries are. Where the processes of the
system have a role of their own, only they seal."""

from django.db import migrations

APPLICATION_ROLE, SYSTEM_ROLE = "oralu_app", "oralu_worker"


def has_role(cursor, role):
    cursor.execute("select 1 from pg_roles where rolname = %s", [role])
    return cursor.fetchone() is not None


def grant(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if not has_role(cursor, APPLICATION_ROLE):
            return
        cursor.execute(f'revoke update, delete, truncate on journal_access, journal_seal from "{APPLICATION_ROLE}"')
        cursor.execute(f'revoke update, truncate on journal_pending from "{APPLICATION_ROLE}"')
        if has_role(cursor, SYSTEM_ROLE):
            cursor.execute(f'revoke insert on journal_seal from "{APPLICATION_ROLE}"')
            cursor.execute(f'revoke delete on journal_pending from "{APPLICATION_ROLE}"')
            cursor.execute(f'grant insert on journal_seal to "{SYSTEM_ROLE}"')
            cursor.execute(f'grant delete on journal_pending to "{SYSTEM_ROLE}"')


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_commitments_accesses_seals")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
