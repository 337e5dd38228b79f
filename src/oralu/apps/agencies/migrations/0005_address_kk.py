from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0004_places_to_offer")]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="address_kk",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Shown on Kazakh pages; empty: the address above is shown there too.",
                max_length=300,
                verbose_name="address in Kazakh",
            ),
            preserve_default=False,
        ),
    ]
