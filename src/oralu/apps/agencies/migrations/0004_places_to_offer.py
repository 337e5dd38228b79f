from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_regions")]

    operations = [
        migrations.AddField("occupancy", "offered_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="occupancy",
            index=models.Index(
                condition=models.Q(("offered_at", None), ("state", "released")),
                fields=["released_at", "id"],
                name="occupancy_to_offer",
            ),
        ),
    ]
