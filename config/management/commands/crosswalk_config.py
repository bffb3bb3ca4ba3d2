"""crosswalk_config: a workspace to a file, and back."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.commandline import JsonCommand, UsageError, json_text, workspace_by_name
from config.configexport import config_export, config_text
from config.configfile import config_read
from config.configimport import Report, config_import
from config.yamlfile import MAX_BYTES


class Command(JsonCommand):
    help = "Write a workspace's configuration to a file, or make it be as a file says."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["export", "import"])
        parser.add_argument("file", metavar="FILE", help="- for stdout or stdin")
        parser.add_argument(
            "--prune", action="store_true", help="remove what the file does not name"
        )
        parser.add_argument(
            "--offline", action="store_true", help="do not check credentials"
        )

    def work(self, options: dict[str, Any]) -> None:
        if options["action"] == "import":
            self._import(options)
        elif options["prune"] or options["offline"]:
            raise UsageError("--prune and --offline belong to import.")
        else:
            self._export(options)

    def _export(self, options: dict[str, Any]) -> None:
        workspace = workspace_by_name(options["workspace"])
        data = config_export(workspace)
        as_json, file = options["as_json"], options["file"]
        # JSON is YAML too: import reads either
        text = json_text(data) + "\n" if as_json and file == "-" else config_text(data)
        if file == "-":
            self.stdout.write(text, ending="")
            return
        write_whole(Path(file), text)
        if as_json:
            self.say_json({"schema": 1, "workspace": workspace.name, "file": file})
        else:
            self.stdout.write(f"Wrote {file}. It holds no secrets.")

    def _import(self, options: dict[str, Any]) -> None:
        report = config_import(
            config_read(read_limited(options["file"])),
            workspace_name=options["workspace"],
            prune=options["prune"],
            offline=options["offline"],
            environ=os.environ,
        )
        if options["as_json"]:
            self.say_json(report.as_json())
        else:
            self._say(report)

    def _say(self, report: Report) -> None:
        if not report.has_changed:
            self.stdout.write("Nothing to change: everything is as the file says.")
            return
        data = report.as_json()
        for each in data["connections"]:
            self.stdout.write(f"Connection {each['name']}: {each['result']}")
        for each in data["syncs"]:
            state = f", {each['state']}" if each["state"] else ""
            self.stdout.write(f"Sync {each['name']}: {each['result']}{state}")
            for words in each.get("warnings", ()):
                self.stdout.write(f"  Note: {words}")


def read_limited(file: str) -> bytes:
    """Return the bytes of a file or of stdin, one more than allowed at most."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as exc:
        raise UsageError(f"{file} cannot be read: {exc.strerror}.") from exc


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the new one."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(text)
        Path(name).replace(path)
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {exc.strerror}.") from exc
