"""crosswalk_rotate_keys: put every stored secret under the first key."""

from __future__ import annotations

from collections import Counter
from typing import Any

from config.commandline import FAILED, JsonCommand
from config.keyrotation import keys_rotate


class Command(JsonCommand):
    help = (
        "Encrypt every stored secret again under the first of "
        "CROSSWALK_ENCRYPTION_KEYS. Safe while Crosswalk runs."
    )

    def work(self, options: dict[str, Any]) -> None:
        done = keys_rotate()
        counts = done.counts
        if options["as_json"]:
            self.say_json({"schema": 1, **done.as_json()})
        else:
            for name, found in done.columns.items():
                if found.total():
                    self.stdout.write(f"{name}: {summary(found)}")
            self.stdout.write(f"In all: {summary(counts)}.")
        if counts["unreadable"]:
            words = (
                f"{counts['unreadable']} secrets cannot be read with any of the keys. "
                "Add the key they were written with, or reconnect those connections."
            )
            self.note(words)
        if done.outdated > counts["unreadable"]:
            self.note(
                "Something still writes under an older key: a process that was started "
                "before the new key was put first. Restart it, then run this again."
            )
        if counts["unreadable"] or done.outdated:
            raise SystemExit(FAILED)
        if not options["as_json"]:
            self.stdout.write("Older keys may now be taken off the list.")


def summary(found: Counter[str]) -> str:
    """Return results as words."""
    words = [
        f"{found['rotated']} rotated",
        f"{found['already']} were already under the first key",
    ]
    if found["unreadable"]:
        words.append(f"{found['unreadable']} unreadable")
    return ", ".join(words)
