"""crosswalk_seed: a large workspace made up for development."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from config.commandline import SCHEMA, JsonCommand, UsageError
from config.seeding import Size, seed


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is no number of rows")
    return int(text)


class Command(JsonCommand):
    help = (
        "Make up a workspace with many people, runs and log entries, to develop with."
    )
    workspace_help = "what to call it"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        usual = Size()
        parser.add_argument("--contacts", type=_count, default=usual.contacts)
        parser.add_argument("--runs", type=_count, default=usual.runs)
        parser.add_argument("--entries", type=_count, default=usual.entries)

    def work(self, options: dict[str, Any]) -> None:
        if not settings.DEBUG and not settings.SANDBOX:
            raise UsageError(
                "This fills the database with people who do not exist. It works only "
                "where CROSSWALK_DEBUG or CROSSWALK_SANDBOX is on."
            )
        size = Size(options["contacts"], options["runs"], options["entries"])
        name = options["workspace"] or "Seeded"
        made = seed(name, size, lambda text: self.stderr.write(text))
        if options["as_json"]:
            self.say_json({"schema": SCHEMA, "workspace": made.slug})
        else:
            self.stdout.write(f"Made the workspace {made.slug}.")
