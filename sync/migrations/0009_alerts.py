"""Alerts, and what each sync wrote a day, filled from the runs that are kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sync.models.alerts

WRITTEN = ("create", "update", "delete", "link")


def days_fill(apps: Any, schema_editor: Any) -> None:
    """Count what the kept runs wrote, by sync and day."""
    runs = apps.get_model("synclog", "SyncRun").objects.filter(
        mode="live", is_quiet=False, finished_at__isnull=False
    )
    written: Counter[Any] = Counter()
    failed: Counter[Any] = Counter()
    ended: Counter[Any] = Counter()
    rows = runs.values_list("sync_id", "finished_at", "counts")
    for of, finished_at, counts in rows.iterator(chunk_size=2000):
        key = (of, finished_at.date())
        written[key] += sum(counts.get(name, 0) for name in WRITTEN)
        failed[key] += counts.get("failed", 0)
        ended[key] += 1
    day = apps.get_model("sync", "SyncDay")
    day.objects.bulk_create(
        [
            day(
                sync_id=key[0],
                day=key[1],
                written=written[key],
                failed=failed[key],
                runs=ended[key],
            )
            for key in ended
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0008_causes_cared_for"),
        ("synclog", "0003_the_engine"),
        ("workspaces", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertChannel",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("slack", "Slack"),
                            ("teams", "Microsoft Teams"),
                            ("webhook", "Any webhook"),
                        ],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("target", models.TextField()),
                ("shown", models.CharField(max_length=200)),
                (
                    "pace",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("daily", "Once a day, together"),
                        ],
                        default="at_once",
                        max_length=8,
                    ),
                ),
                ("rules", models.JSONField(blank=True, default=list)),
                ("is_active", models.BooleanField(default=True)),
                ("trouble", models.CharField(blank=True, max_length=400)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_channels",
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertRule",
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
                ("rule", models.CharField(max_length=20)),
                ("is_on", models.BooleanField(default=True)),
                ("limit", models.PositiveIntegerField(default=0)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertWatch",
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
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "lease_owner",
                    models.CharField(blank=True, default="", max_length=160),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("event_id", models.BigIntegerField(default=0)),
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_watch",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Delivery",
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
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "lease_owner",
                    models.CharField(blank=True, default="", max_length=160),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                (
                    "message_id",
                    models.CharField(
                        default=sync.models.alerts.message_id,
                        max_length=40,
                        unique=True,
                    ),
                ),
                ("items", models.JSONField(default=list)),
                ("gathers", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waits to be sent"),
                            ("sent", "Sent"),
                            ("failed", "Not delivered"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=400)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="sync.alertchannel",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncDay",
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
                ("day", models.DateField()),
                ("written", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("runs", models.PositiveIntegerField(default=0)),
                (
                    "sync",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="sync.sync",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
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
                ("rule", models.CharField(max_length=20)),
                ("subject", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("is_open", models.BooleanField(default=False)),
                ("holds", models.BooleanField(default=False)),
                ("title", models.CharField(max_length=300)),
                ("text", models.CharField(blank=True, max_length=600)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("changed_at", models.DateTimeField()),
                ("raised_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("raises", models.JSONField(blank=True, default=list)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "rule", "subject"),
                        name="one_alert_a_subject",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.UniqueConstraint(
                fields=("workspace", "name"), name="alert_channel_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.UniqueConstraint(
                fields=("workspace", "rule"), name="one_alert_rule"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["workspace", "-id"], name="delivery_by_workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["channel", "-created_at"], name="delivery_by_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="syncday",
            constraint=models.UniqueConstraint(
                fields=("sync", "day"), name="one_sync_day"
            ),
        ),
        migrations.RunPython(days_fill, migrations.RunPython.noop),
    ]
