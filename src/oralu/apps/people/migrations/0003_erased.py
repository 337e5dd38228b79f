import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_consent_withdrawn_on"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="erased",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16), blank=True, default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="erased_on",
            field=models.DateField(editable=False, null=True),
        ),
    ]
