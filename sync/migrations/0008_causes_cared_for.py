"""Causes are cared for; units say since when they stand where they stand."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add_since(apps: Any, schema_editor: Any) -> None:
    SyncRecord = apps.get_model("sync", "SyncRecord")
    SyncRecord.objects.update(since=models.F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0007_plans_under_way"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="syncrecord",
            name="field_map",
            field=models.CharField(blank=True, max_length=250),
        ),
        migrations.AddField(
            model_name="syncrecord",
            name="since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="CauseCare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("field_map", models.CharField(blank=True, max_length=250)),
                ("is_aside", models.BooleanField(default=False)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("set_at", models.DateTimeField(auto_now=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sync",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="causes",
                        to="sync.sync",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sync", "code", "field_map"), name="one_care_a_cause"
                    )
                ],
            },
        ),
        migrations.RunPython(add_since, migrations.RunPython.noop),
    ]
