"""The pulse: a thread that sets work going every second and listens to the worker.

It runs beside the supervisor's loop, so that a slow database never keeps the
supervisor from replacing a child. Errors are said once and tried again: work that is
due stays due.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BEAT_SECONDS = 5.0
STALLED_SECONDS = 30.0  # no sign of life for so long …
ANSWER_SECONDS = 20.0  # … although asked for one so long ago


class Pulse:
    """Calls `tick` every second; asks the watched worker for a heartbeat every five.

    `heartbeat_age` answers how many seconds ago the worker last gave a sign of life,
    None for never.
    """

    def __init__(
        self,
        *,
        tick: Callable[[], object],
        heartbeat_enqueue: Callable[[], object],
        heartbeat_age: Callable[[], float | None],
        tick_seconds: float = TICK_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._tick, self._ask, self._age = tick, heartbeat_enqueue, heartbeat_age
        self._tick_seconds, self._beat_seconds = tick_seconds, beat_seconds
        self._stalled_seconds, self._answer_seconds = stalled_seconds, answer_seconds
        self.is_stalled = False
        self._is_watching = False
        self._asked_at: float | None = None  # the oldest question without an answer
        self._next_beat = 0.0
        self._failing: set[object] = set()  # whose failure was said already
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="pulse")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1.0)

    def watch(self) -> None:
        """Begin anew: a worker was started and owes no answer yet."""
        self._asked_at, self.is_stalled, self._is_watching = None, False, True

    def unwatch(self) -> None:
        """There is no worker to ask for the moment."""
        self._asked_at, self.is_stalled, self._is_watching = None, False, False

    def _run(self) -> None:
        while not self._stop.wait(self._tick_seconds):
            self._guarded(self._tick)
            if self._is_watching and time.monotonic() >= self._next_beat:
                self._next_beat = time.monotonic() + self._beat_seconds
                if not self._guarded(self._beat):
                    self._asked_at = None  # nothing was asked: nobody owes an answer

    def _guarded(self, call: Callable[[], object]) -> bool:
        """Call it; False when it failed, which is logged once until it works again."""
        try:
            call()
        except Exception as exc:
            if call not in self._failing:
                log.warning("Cannot look for due work, trying again: %s", exc)
            self._failing.add(call)
            return False
        self._failing.discard(call)
        return True

    def _beat(self) -> None:
        age = self._age()
        moment = time.monotonic()
        asked = self._asked_at
        if asked is not None and age is not None and moment - age >= asked:
            self._asked_at = asked = None
        if asked is None:
            self._ask()
            self._asked_at = moment
            return
        is_silent = age is None or age > self._stalled_seconds
        if is_silent and moment - asked >= self._answer_seconds:
            self.is_stalled = self._asked_at == asked  # else replaced meanwhile
        else:
            self._ask()
