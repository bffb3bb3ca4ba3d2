"""People of a sync are listed by name from an index, however many there are."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0007_operations"),
        ("sync", "0009_alerts"),
        ("synclog", "0005_operations"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="syncrecord",
            name="unit_by_list",
        ),
        migrations.AddIndex(
            model_name="syncrecord",
            index=models.Index(
                fields=["sync", "list", "label", "id"], name="unit_by_list"
            ),
        ),
        migrations.AddIndex(
            model_name="syncrecord",
            index=models.Index(fields=["sync", "label", "id"], name="unit_by_name"),
        ),
    ]
