"""The 20 regions by their ISO 3166-2:KZ numbers."""

from django.db import migrations

REGIONS = [
    ("10", "Абай облысы", "Область Абай", "Abai region"),
    ("11", "Ақмола облысы", "Акмолинская область", "Akmola region"),
    ("15", "Ақтөбе облысы", "Актюбинская область", "Aktobe region"),
    ("19", "Алматы облысы", "Алматинская область", "Almaty region"),
    ("23", "Атырау облысы", "Атырауская область", "Atyrau region"),
    ("27", "Батыс Қазақстан облысы", "Западно-Казахстанская область", "West Kazakhstan region"),
    ("31", "Жамбыл облысы", "Жамбылская область", "Zhambyl region"),
    ("33", "Жетісу облысы", "Область Жетісу", "Zhetisu region"),
    ("35", "Қарағанды облысы", "Карагандинская область", "Karaganda region"),
    ("39", "Қостанай облысы", "Костанайская область", "Kostanay region"),
    ("43", "Қызылорда облысы", "Кызылординская область", "Kyzylorda region"),
    ("47", "Маңғыстау облысы", "Мангистауская область", "Mangystau region"),
    ("55", "Павлодар облысы", "Павлодарская область", "Pavlodar region"),
    ("59", "Солтүстік Қазақстан облысы", "Северо-Казахстанская область", "North Kazakhstan region"),
    ("61", "Түркістан облысы", "Туркестанская область", "Turkistan region"),
    ("62", "Ұлытау облысы", "Область Ұлытау", "Ulytau region"),
    ("63", "Шығыс Қазақстан облысы", "Восточно-Казахстанская область", "East Kazakhstan region"),
    ("71", "Астана қаласы", "город Астана", "Astana city"),
    ("75", "Алматы қаласы", "город Алматы", "Almaty city"),
    ("79", "Шымкент қаласы", "город Шымкент", "Shymkent city"),
]


def write(apps, schema_editor):
    region = apps.get_model("agencies", "Region")
    region.objects.bulk_create(region(code=c, name_kk=kk, name_ru=ru, name_en=en) for c, kk, ru, en in REGIONS)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
