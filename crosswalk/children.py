"""Children of the supervisor: one process group each, started, asked to end, killed.

A child leads a session of its own, so that its whole process group can be ended: a
task cluster killed at its head leaves its workers alive (docs/decisions/0003).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from crosswalk import lifeline
from crosswalk.processes import carries, kill_group, members, started_at

MARK = "CROSSWALK_SUPERVISED"
FIRST_BACKOFF, LAST_BACKOFF = 1.0, 30.0
SETTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run. `ready` says whether it answers yet; `is_watched`: by the pulse."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    is_watched: bool = False
    first_backoff: float = FIRST_BACKOFF


class Child:
    """One child: the process that runs now, and when to start the next one."""

    def __init__(self, spec: ChildSpec, *, mark: str, log: TextIO) -> None:
        self.spec = spec
        self.process: subprocess.Popen[str] | None = None
        self.group = 0
        self.started = ""
        self.start_at = 0.0
        self._mark = mark
        self._log = log
        self._born = 0.0
        self._pump_thread: threading.Thread | None = None
        self._backoff = self.spec.first_backoff

    def start(self) -> None:
        """Start it, in a session of its own, tied to our life."""
        head = [sys.executable, "-IS", lifeline.__file__, str(os.getpid())]
        self.process = subprocess.Popen(  # noqa: S603 - commands of our own
            [*head, *self.spec.command],
            env={**os.environ, **self.spec.env, MARK: self._mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.group, self._born = self.process.pid, time.monotonic()
        self.started = started_at(self.group)
        self._pump_thread = threading.Thread(
            target=self._pump, args=(self.process,), daemon=True
        )
        self._pump_thread.start()

    def _pump(self, process: subprocess.Popen[str]) -> None:
        """Pass its lines on under its name."""
        assert process.stdout is not None  # noqa: S101 - we asked for a pipe
        with process.stdout as lines:
            for line in lines:
                self._log.write(f"{self.spec.name:<7} | {line.rstrip()}\n")
                self._log.flush()

    @property
    def ending(self) -> str:
        """Return in words how its head ended; "" while it runs or was never started."""
        code = self.process.poll() if self.process else None
        if code is None:
            return ""
        return f"ended with exit code {code}" if code >= 0 else f"was killed ({-code})"

    def ask_to_end(self) -> None:
        """Ask the head alone: it ends its own children in its own order."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> int:
        """End the whole group at once; return how many processes there were."""
        if self.process is None:
            return 0
        count = kill_group(self.group)
        self.process.wait()
        self.process = None
        if self._pump_thread:
            self._pump_thread.join(timeout=1.0)  # its last lines come before ours
        return count

    def replace_later(self) -> float:
        """Plan the next start; return in how many seconds."""
        lived = time.monotonic() - self._born
        if lived > SETTLED_SECONDS:
            self._backoff = self.spec.first_backoff
        delay = self._backoff
        self._backoff = min(self._backoff * 2, LAST_BACKOFF)
        self.start_at = time.monotonic() + delay
        return delay


def end_leftovers(text: str) -> list[tuple[str, int]]:
    """End the groups noted in a state file that are still ours; return name, count.

    Ours is a group whose head started when noted, or that has a member with our mark.
    """
    try:
        state = json.loads(text or "{}")
    except ValueError:
        return []
    ended = []
    mark = f"{MARK}={state.get('mark', '')}"
    for note in state.get("groups", []):
        group = int(note["group"])
        is_head = bool(note["started"]) and started_at(group) == note["started"]
        if is_head or any(carries(pid, mark) for pid in members(group)):
            ended.append((note["name"], kill_group(group)))
    return ended
