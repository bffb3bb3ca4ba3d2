"""crosswalk_rotate_keys: put every stored secret under the first key."""

from __future__ import annotations

from typing import Any

from config.commandline import FAILED, JsonCommand
from config.keyrotation import keys_rotate


class Command(JsonCommand):
    help = (
        "Encrypt every stored secret again under the first of "
        "CROSSWALK_ENCRYPTION_KEYS. Safe while Crosswalk runs."
    )

    def work(self, options: dict[str, Any]) -> None:
        counts = keys_rotate()
        if options["as_json"]:
            self.say_json({"schema": 1, **counts})
        else:
            self.stdout.write(
                f"{counts['rotated']} secrets rotated, {counts['already']} were "
                "already under the first key."
            )
        if counts["unreadable"]:
            words = (
                f"{counts['unreadable']} secrets cannot be read with any of the keys. "
                "Add the key they were written with, or reconnect those connections."
            )
            self.note(words)
            raise SystemExit(FAILED)
        if not options["as_json"]:
            self.stdout.write("Older keys may now be taken off the list.")
