"""Undo of created people, and approval of a selection."""

import django.db.models.deletion
from django.db import migrations, models


def approve(apps, schema_editor):
    """Runs under way carry out their whole plan."""
    run_model = apps.get_model("synclog", "SyncRun")
    change_model = apps.get_model("sync", "PlannedChange")
    runs = run_model.objects.filter(
        mode="live",
        plan__isnull=False,
        state__in=("queued", "running", "waiting"),
    )
    for run in runs:
        changes = change_model.objects.filter(plan_id=run.plan_id)
        changes.update(approved_in=run)


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0006_removals"),
        ("synclog", "0003_undo"),
    ]

    operations = [
        migrations.AddField(
            model_name="plannedchange",
            name="approved_in",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="synclog.syncrun",
            ),
        ),
        migrations.AddField(
            model_name="recordlink",
            name="tombstone_side",
            field=models.CharField(blank=True, max_length=5),
        ),
        migrations.RunPython(approve, migrations.RunPython.noop),
    ]
