from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0003_regions"),
        ("cases", "0006_kept_apart"),
        ("referrals", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="correctivemeasure",
            index=models.Index(condition=models.Q(("done_at", None)), fields=["due_on", "id"], name="measure_open"),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("answered_at", None), ("in_digest", False)),
                fields=["agency", "fell_due_at", "id"],
                name="escalation_oldest",
            ),
        ),
    ]
