"""A plan being carried out is approved as a whole, as all were before."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def approve(apps: Any, schema_editor: Any) -> None:
    runs = apps.get_model("synclog", "SyncRun").objects.filter(
        mode="live",
        plan__isnull=False,
        state__in=("queued", "running", "waiting"),
    )
    changes = apps.get_model("sync", "PlannedChange").objects
    for run in runs:
        changes.filter(plan_id=run.plan_id).update(approved_in=run)


class Migration(migrations.Migration):
    dependencies = [("sync", "0006_the_engine"), ("synclog", "0003_the_engine")]

    operations = [migrations.RunPython(approve, migrations.RunPython.noop)]
