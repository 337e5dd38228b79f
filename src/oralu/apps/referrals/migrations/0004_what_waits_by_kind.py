"""An index for each kind of what waits: the board reads the first rows of a kind without passing over the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_settled")]

    operations = [
        migrations.RemoveIndex(model_name="escalation", name="escalation_open"),
        migrations.RemoveIndex(model_name="escalation", name="escalation_oldest"),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("answered_at", None), ("in_digest", False), ("solved_at", None)),
                fields=["agency", "fell_due_at", "id"],
                name="escalation_oldest",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("answered_at", None), ("in_digest", True), ("solved_at", None)),
                fields=["agency", "-id"],
                name="escalation_inherited",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("answered_at", None), ("solved_at__isnull", False)),
                fields=["agency", "-id"],
                name="escalation_settled",
            ),
        ),
    ]
