"""Time that passes only while everybody sleeps, and a vendor that counts by it.

Each worker is a thread. Whoever sleeps waits for its moment; when all sleep, the clock
jumps to the earliest one. So minutes of limits pass in seconds, the same each time.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

from django.db import connection as db_connection

from integrations.connectors.base import Limit, RateSnapshot
from integrations.quotas.budget import BudgetGate


class VirtualTime:
    """A clock and a sleep for a fixed number of threads."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._awake = 0
        self._queue: list[tuple[float, int, threading.Event]] = []
        self._lock = threading.Lock()
        self._number = count()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        """Wait until the clock has gone on by so many seconds, whatever is set."""
        event = threading.Event()
        with self._lock:
            heapq.heappush(self._queue, (self.now + seconds, next(self._number), event))
            self._awake -= 1
            self._jump()
        event.wait()

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Run each work in a thread of its own until all are done."""
        self._awake = len(works)
        with ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(self._work, each) for each in works]:
                done.result()

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            db_connection.close()
            with self._lock:
                self._awake -= 1
                self._jump()

    def _jump(self) -> None:
        if self._awake == 0 and self._queue:
            self.now, _, event = heapq.heappop(self._queue)
            self._awake = 1
            event.set()


@dataclass
class CountingVendor:
    """Counts as a vendor does: a sliding window, calls at once, a day; refuses beyond.

    A call counts when it arrives, a part of its latency after it was sent.
    """

    time: VirtualTime
    limit: Limit
    latencies: Sequence[float] = (0.25,)
    at_once: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    arrivals: list[float] = field(default_factory=list)
    most_at_once: int = 0
    _inside: int = 0
    _window: deque[float] = field(default_factory=deque)
    _number: count = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self) -> list[RateSnapshot]:
        """Take a call: wait, count, answer what the headers say."""
        latency = self.latencies[next(self._number) % len(self.latencies)]
        self.time.sleep(latency * 0.6)
        with self._lock:
            left = self._count()
        self.time.sleep(latency * 0.4)
        with self._lock:
            self._inside -= 1
        return [RateSnapshot(self.limit.window, self.limit.calls, left)]

    def _count(self) -> int:
        now = self.time()
        while self._window and self._window[0] <= now - self.limit.seconds:
            self._window.popleft()
        self._window.append(now)
        self.arrivals.append(now)
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        if len(self._window) > self.limit.calls:
            self.refusals["burst"] += 1
        if self.at_once and self._inside > self.at_once:
            self.refusals["at once"] += 1
        return self.limit.calls - len(self._window)


def calling(
    gate: BudgetGate, vendor: CountingVendor, left: list[int], think: float = 0.0
) -> Callable[[], None]:
    """Return a worker that calls until so many calls are made by all."""

    def work() -> None:
        while left[0] > 0:
            left[0] -= 1
            gate.before_call("create contact")
            snapshots = vendor.call()
            gate.call_ended()
            gate.after_call(snapshots)
            if think:
                vendor.time.sleep(think)

    return work
