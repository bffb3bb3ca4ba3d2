"""crosswalk_status: connections, syncs, worker and queue at a glance."""

from __future__ import annotations

from typing import Any

from config.commandline import JsonCommand, workspace_by_name
from config.status import status


class Command(JsonCommand):
    help = "Show how connections, syncs and the worker are doing. Calls no vendor."

    def work(self, options: dict[str, Any]) -> None:
        name = options["workspace"]
        data = status(workspace_by_name(name) if name else None)
        if options["as_json"]:
            self.say_json(data)
            return
        for connection in data["connections"]:
            self.stdout.write(f"{connection['name']}: {connection['health']}")
            for window in connection["quota"]:
                self.stdout.write(
                    f"  {window['used']} of {window['limit']} calls, {window['window']}"
                )
        for sync in data["syncs"]:
            lists = ", ".join(
                f"{units} {key}" for key, units in sync["records"].items()
            )
            self.stdout.write(f"{sync['name']}: {sync['state']} ({lists})")
        self.stdout.write(worker_words(data["worker"]["heartbeat_age_seconds"]))


def worker_words(age: float | None) -> str:
    """Say when the worker was last heard."""
    if age is None:
        return "Worker: never heard of. Start it with crosswalk_serve."
    return f"Worker: last heard {age:.0f} s ago"
