"""In which state a case is, is told by the last change that the journal has of it: a counter that nobody read stood
beside it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_evidence_rejected")]
    operations = [migrations.RemoveField(model_name="case", name="version")]
