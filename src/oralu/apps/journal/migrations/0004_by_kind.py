"""What concerns no case is asked for by its kind: the journal of administration, the last verification. Such rows are
few among those of cases, as refusals and exports are among readings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_grants")]
    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["kind", "-id"],
                name="journal_by_kind",
                condition=models.Q(("case", None), ("kind", "erasure.asked"), _connector="OR"),
            ),
        ),
        migrations.AddIndex(
            model_name="access",
            index=models.Index(
                fields=["-id"], name="access_not_read", condition=models.Q(("kind", "read"), _negated=True)
            ),
        ),
    ]
