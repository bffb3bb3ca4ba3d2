"""crosswalk_links NAME: every unit of a sync, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import JsonCommand, sync_by_name
from sync.models import Sync, SyncRecord

CHUNK = 1000
COLUMNS = (
    "left__remote_id",
    "right__remote_id",
    "object_type",
    "list",
    "reason",
)


class Command(JsonCommand):
    help = "List every linked pair and unlinked record of a sync, one line each."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the sync")

    def work(self, options: dict[str, Any]) -> None:
        sync = sync_by_name(options["name"], options["workspace"])
        for unit in units(sync):
            if options["as_json"]:
                self.say_json(unit, indent=None)
            else:
                self.stdout.write(
                    f"{unit['left'] or '–'}\t{unit['right'] or '–'}\t{unit['list']}"
                    f"\t{unit['reason']}"
                )


def units(sync: Sync) -> Iterator[dict[str, Any]]:
    """Yield the units of a sync in a steady order, reading as it goes."""
    rows = (
        SyncRecord.objects.filter(sync=sync)
        .order_by("pk")
        .values_list(*COLUMNS)
        .iterator(chunk_size=CHUNK)
    )
    for left, right, object_type, list_name, reason in rows:
        yield {
            "left": left,
            "right": right,
            "object": object_type,
            "list": list_name,
            "reason": reason,
        }
