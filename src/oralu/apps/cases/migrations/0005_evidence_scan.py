import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Files that are here already wait in quarantine too: nobody has looked into them. A default does it, since rows are
    walled even from the owner of the table."""

    dependencies = [
        ("cases", "0004_transfer_request"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FileToRemove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, unique=True)),
            ],
        ),
        migrations.AddField(
            model_name="evidence",
            name="finding",
            field=models.CharField(blank=True, default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="original_sha256",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="scan",
            field=models.CharField(
                choices=[
                    ("waiting", "being checked"),
                    ("clean", "checked, nothing was found"),
                    ("released", "released by a person"),
                    ("rejected", "rejected: the file was removed"),
                ],
                default="waiting",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="scanned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="evidence",
            name="scanned_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("scan", "waiting"), models.Q(("file", ""), _negated=True)),
                fields=["scanned_at", "id"],
                name="evidence_quarantine",
            ),
        ),
    ]
