"""The supervisor: starts processes, keeps them running, ends them all together.

A child that dies is replaced, later each time; a child that answers no heartbeat is
killed and replaced. No child outlives the supervisor: the lifeline ends it, and what
still survives (a hung cluster) is ended by the next supervisor, from the notes that
this one keeps in its state file. It knows no app: it is handed commands and callables.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Self, TextIO

from crosswalk.children import Child, ChildSpec, end_leftovers
from crosswalk.pulse import Pulse

GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.2


class AlreadyRunning(Exception):
    """Another supervisor keeps this state file."""


class Supervisor:
    """Runs children until it is told to stop: `with Supervisor(…) as s: s.run()`.

    Entering takes the state file and ends what an earlier supervisor left behind; it
    raises AlreadyRunning while another one lives.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        state_file: Path,
        pulse: Pulse | None = None,
        on_ready: Callable[[], None] = lambda: None,
        log: TextIO = sys.stderr,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._mark = uuid.uuid4().hex
        self._log = log
        self.children = [Child(spec, mark=self._mark, log=log) for spec in specs]
        self._state_file = state_file
        self._state: TextIO | None = None
        self._pulse = pulse
        self._on_ready: Callable[[], None] | None = on_ready
        self._grace = grace
        self._asked_to_stop = 0

    def say(self, text: str) -> None:
        """Write one line of our own among the children's."""
        self._log.write(f"serve   | {text}\n")
        self._log.flush()

    def __enter__(self) -> Self:
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        state = self._state_file.open("a+", encoding="utf-8")
        try:
            fcntl.flock(state, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            state.close()
            raise AlreadyRunning(str(self._state_file)) from exc
        self._state = state
        state.seek(0)
        for name, count in end_leftovers(state.read()):
            self.say(f"Ended {count} process(es) of {name} left from an earlier run.")
        self._note()
        return self

    def __exit__(self, *error: object) -> None:
        if self._state:
            self._write({})
            self._state.close()
            self._state = None

    def run(self) -> None:
        """Run until `stop` or a signal; every child is gone when it returns."""
        if self._pulse:
            self._pulse.start()
        try:
            while not self._asked_to_stop:
                self._look_after_all()
                time.sleep(LOOK_SECONDS)
        finally:
            if self._pulse:
                self._pulse.stop()
            self._end_all()

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask to stop (fit to be a signal handler); asked twice, it does not wait."""
        self._asked_to_stop += 1  # no lock or event: a handler must not wait

    def stop_on_signals(self) -> None:
        """Stop on Ctrl-C, SIGTERM and a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            nohup = number == signal.SIGHUP and (
                signal.getsignal(number) == signal.SIG_IGN
            )
            if not nohup:
                signal.signal(number, self.stop)

    def _look_after_all(self) -> None:
        for child in self.children:
            if self._pulse and child.spec.is_watched and child.process:
                self._replace_if_stalled(child, self._pulse)
            self._look_after(child)
        ready = [child.spec.ready for child in self.children if child.spec.ready]
        if self._on_ready and all(answers() for answers in ready):
            announce, self._on_ready = self._on_ready, None
            announce()

    def _look_after(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                child.start()
                self._note()
                if self._pulse and child.spec.is_watched:
                    self._pulse.watch()
        elif how := child.ending:
            child.kill()  # its own children may have survived it
            if self._pulse and child.spec.is_watched:
                self._pulse.unwatch()
            wait = child.replace_later()
            self.say(f"{child.spec.name} {how}; starting it again in {wait:.0f} s.")

    def _replace_if_stalled(self, child: Child, pulse: Pulse) -> None:
        if not pulse.is_stalled:
            return
        pulse.unwatch()
        count = child.kill()
        wait = child.replace_later()
        self.say(
            f"{child.spec.name} stopped answering; ended its {count} process(es), "
            f"starting it again in {wait:.0f} s."
        )

    def _end_all(self) -> None:
        """Ask every child to end, wait a while, end the rest."""
        for child in self.children:
            child.ask_to_end()
        end = time.monotonic() + self._grace
        while time.monotonic() < end and self._asked_to_stop < 2:
            if all(c.process is None or c.ending for c in self.children):
                break
            time.sleep(0.05)
        for child in self.children:
            child.kill()

    def _note(self) -> None:
        """Write down what runs, for the supervisor that may come after a kill."""
        groups = [
            {"name": c.spec.name, "group": c.group, "started": c.started}
            for c in self.children
            if c.process
        ]
        self._write({"pid": os.getpid(), "mark": self._mark, "groups": groups})

    def _write(self, state: dict[str, Any]) -> None:
        assert self._state is not None  # noqa: S101 - entered
        self._state.truncate(0)
        self._state.write(json.dumps(state))
        self._state.flush()
