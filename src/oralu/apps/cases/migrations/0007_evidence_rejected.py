"""The proofs that count no longer, found by their case: an evaluation asks for them with the statements."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_kept_apart")]

    operations = [
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(condition=models.Q(("scan", "rejected")), fields=["case"], name="evidence_rejected"),
        ),
    ]
