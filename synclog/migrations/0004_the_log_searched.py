"""The log is searched by name, e-mail and id; runs rest; calls are kept a while."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from synclog.searching import search_key

PAGE = 2000


def add_keys(apps: Any, schema_editor: Any) -> None:
    """Fill in what older entries are searched by, some at a time."""
    LogEntry = apps.get_model("synclog", "LogEntry")
    last = 0
    while rows := list(
        LogEntry.objects.filter(pk__gt=last)
        .only("label", "email")
        .order_by("pk")[:PAGE]
    ):
        last = rows[-1].pk
        for row in rows:
            row.name_key = search_key(row.label)[:200]
            row.email_key = search_key(row.email)[:254]
        LogEntry.objects.bulk_update(rows, ["name_key", "email_key"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [
        ("synclog", "0003_the_engine"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exchange",
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
                ("calls", models.JSONField(default=list)),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="LogTerm",
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
                ("log_days", models.PositiveSmallIntegerField()),
                ("request_days", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="logentry",
            name="entry_by_outcome",
        ),
        migrations.AddField(
            model_name="logentry",
            name="email_key",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="logentry",
            name="name_key",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="call_times",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="is_paused",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="logentry",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entries",
                to="synclog.syncrun",
            ),
        ),
        migrations.AlterField(
            model_name="logentry",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["run", "-id"], name="entry_by_run"),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["run", "outcome", "-id"], name="entry_by_outcome"
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["workspace", "at", "id"], name="entry_by_time"),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["workspace", "outcome", "at", "id"], name="entry_by_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["workspace", "name_key", "at", "id"],
                name="entry_by_name",
                opclasses=[
                    "int8_ops",
                    "varchar_pattern_ops",
                    "timestamptz_ops",
                    "int8_ops",
                ],
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["workspace", "email_key", "at", "id"],
                name="entry_by_email",
                opclasses=[
                    "int8_ops",
                    "varchar_pattern_ops",
                    "timestamptz_ops",
                    "int8_ops",
                ],
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["workspace", "left_id", "at", "id"],
                name="entry_by_left",
                opclasses=[
                    "int8_ops",
                    "varchar_pattern_ops",
                    "timestamptz_ops",
                    "int8_ops",
                ],
            ),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(
                fields=["workspace", "right_id", "at", "id"],
                name="entry_by_right",
                opclasses=[
                    "int8_ops",
                    "varchar_pattern_ops",
                    "timestamptz_ops",
                    "int8_ops",
                ],
            ),
        ),
        migrations.AddField(
            model_name="exchange",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exchange",
                to="synclog.logentry",
            ),
        ),
        migrations.AddField(
            model_name="logterm",
            name="workspace",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="log_term",
                to="workspaces.workspace",
            ),
        ),
        migrations.RunPython(add_keys, migrations.RunPython.noop),
    ]
