"""crosswalk_why NAME WHO: why somebody is, or is not, in sync."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from config.commandline import SCHEMA, JsonCommand, UsageError, sync_by_name
from sync.models import Sync
from sync.telling.explaining import Explanation, as_json, explain, look_again
from sync.telling.finding import Hit, people_ask, people_find

MARKS = {"ok": "+", "stopped": "x", "waits": "…", "not_reached": " "}


class Command(JsonCommand):
    help = "Say, stage by stage, why somebody is or is not in sync. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the sync")
        parser.add_argument("who", help="an e-mail, phone, name or id")
        parser.add_argument(
            "--look", action="store_true", help="read them first: one call a side"
        )

    def work(self, options: dict[str, Any]) -> None:
        sync = sync_by_name(options["name"], options["workspace"])
        found = [explain(sync, hit.key) for hit in _hits(sync, options["who"], options)]
        if options["as_json"]:
            records = [as_json(each) for each in found]
            self.say_json({"schema": SCHEMA, "sync": sync.name, "records": records})
            return
        for each in found:
            self.stdout.write(_text(each))


def _hits(sync: Sync, who: str, options: dict[str, Any]) -> list[Hit]:
    hits = people_find(sync, who)
    if options["look"]:
        for hit in hits:
            look_again(sync, hit.key)
        if not hits:
            people_ask(sync, who)
        hits = people_find(sync, who)
    if not hits:
        advice = "" if options["look"] else " --look asks both systems."
        raise UsageError(f"Nobody known fits “{who}”.{advice}", path="who")
    return hits


def _text(found: Explanation) -> str:
    standing = found.record.get_list_display() if found.record else "Not decided yet"
    lines = [f"{found.unit.label or 'No name'}: {standing}"]
    lines += [f"  {MARKS[s.state]} {s.label}: {s.words}" for s in found.stages]
    return "\n".join(lines)
