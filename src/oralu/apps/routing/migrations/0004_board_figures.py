from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0003_erasures"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoardFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(choices=[("region", "Region")], max_length=16)),
                ("key", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("entry", models.BigIntegerField(default=0)),
                ("data", models.JSONField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("scope", "key"), name="board_figure_once")],
            },
        ),
    ]
