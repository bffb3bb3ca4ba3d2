"""“Leave them alone” counts from when it was chosen, not from the first go-live."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Coalesce


def fill(apps: Any, editor: Any) -> None:
    """Have syncs that leave older people alone go on to count from when they did."""
    chosen = apps.get_model("sync", "Sync").objects.filter(history="new")
    chosen.update(history_since=Coalesce("went_live_at", "created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0011_counted_by_cause"),
    ]

    operations = [
        migrations.AddField(
            model_name="sync",
            name="history_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
