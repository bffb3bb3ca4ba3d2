"""Records stored before get the key by which names that sound alike are found."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from crosswalk.sounds import sound

PAGE = 2000


def add_sounds(apps: Any, schema_editor: Any) -> None:
    RecordKey = apps.get_model("integrations", "RecordKey")
    names = RecordKey.objects.filter(kind="name").order_by("pk")
    last = 0
    while page := list(names.filter(pk__gt=last)[:PAGE]):
        last = page[-1].pk
        RecordKey.objects.bulk_create(
            RecordKey(
                record_id=key.record_id,
                connection_id=key.connection_id,
                object_type=key.object_type,
                kind="sound",
                value=sound(key.value),
            )
            for key in page
            if sound(key.value)
        )


def remove_sounds(apps: Any, schema_editor: Any) -> None:
    apps.get_model("integrations", "RecordKey").objects.filter(kind="sound").delete()


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_the_engine")]

    operations = [migrations.RunPython(add_sounds, remove_sounds)]
