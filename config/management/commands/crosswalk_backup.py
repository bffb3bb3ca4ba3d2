"""crosswalk_backup NAME FILE: what both sides have in the mapped fields, before going live."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import SCHEMA, JsonCommand, UsageError, sync_by_name
from sync.setup.backup import backup_open, backup_sheets


class Command(JsonCommand):
    help = "Write a zip of CSV files with the mapped fields of both sides. No calls."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the sync")
        parser.add_argument("file", help="where to write it; an existing file stays")

    def work(self, options: dict[str, Any]) -> None:
        sync = sync_by_name(options["name"], options["workspace"])
        path = Path(options["file"])
        parts = backup_open(sync=sync, actor=None)
        try:
            # readable by its owner alone: it holds the data of people
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UsageError(
                f"cannot be written: {error.strerror}", path=str(path)
            ) from error
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
        records = {sheet.name: sheet.rows.count() for sheet in backup_sheets(sync)}
        if options["as_json"]:
            self.say_json({"schema": SCHEMA, "file": str(path), "records": records})
            return
        for name, count in records.items():
            self.stdout.write(f"{name}: {count} records")
