"""People are looked up by how a name begins, from any of its words on."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from integrations.mirroring.keys import beginnings

PAGE = 2000
KINDS = ("name", "unique")
OPCLASSES = ["int8_ops", "text_ops", "text_ops", "varchar_pattern_ops"]


def add_beginnings(apps: Any, schema_editor: Any) -> None:
    RecordKey = apps.get_model("integrations", "RecordKey")
    held = RecordKey.objects.filter(kind__in=KINDS)
    last = 0
    while records := list(
        held.filter(record_id__gt=last)
        .order_by("record_id")
        .values_list("record_id", flat=True)
        .distinct()[:PAGE]
    ):
        last = records[-1]
        RecordKey.objects.bulk_create(
            _made(RecordKey, list(held.filter(record_id__in=records)))
        )


def _made(RecordKey: Any, keys: list[Any]) -> list[Any]:
    """Return the new keys of some records: each value once a record."""
    names = {(key.record_id, key.value) for key in keys if key.kind == "name"}
    made = {
        (key.record_id, value): RecordKey(
            record_id=key.record_id,
            connection_id=key.connection_id,
            object_type=key.object_type,
            kind="find",
            value=value[:254],
        )
        for key in keys
        for value in beginnings([key.value])
    }
    return [key for place, key in made.items() if place not in names]


def remove_beginnings(apps: Any, schema_editor: Any) -> None:
    apps.get_model("integrations", "RecordKey").objects.filter(kind="find").delete()


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_sound_keys")]

    operations = [
        migrations.RemoveIndex(model_name="recordkey", name="record_by_key"),
        migrations.AddIndex(
            model_name="recordkey",
            index=models.Index(
                fields=["connection", "object_type", "kind", "value"],
                name="record_by_key",
                opclasses=OPCLASSES,
            ),
        ),
        migrations.RunPython(add_beginnings, remove_beginnings),
    ]
