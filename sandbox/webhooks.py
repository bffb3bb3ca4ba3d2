"""The webhook sender: one queue and one thread for both systems."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx

from sandbox.clock import Clock
from sandbox.store import Document, Store
from sandbox.switches import Switches

KIND = "delivery"
KEPT = 200
TIMEOUT_SECONDS = 15
SHUFFLE_SECONDS = 0.4
POLL_SECONDS = 0.05
IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which answers are tried again, and when (highlevel.md §9.2, zoho §7)."""

    times: int
    first_seconds: float
    factor: float = 1.0
    only_429: bool = False

    def delay(self, attempt: int, status: int | None) -> float | None:
        if attempt > self.times or (self.only_429 and status != 429):
            return None
        return self.first_seconds * self.factor ** (attempt - 1)


POLICIES = {
    "highlevel-a": RetryPolicy(times=6, first_seconds=600, only_429=True),
    "highlevel-b": RetryPolicy(times=12, first_seconds=2, factor=2),
    # Zoho's schedule is not documented in the sheet: a few tries, then silence.
    "zoho": RetryPolicy(times=3, first_seconds=5, factor=4),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    system: str
    url: str
    body: bytes
    headers: dict[str, str]
    attempt: int = 1


class Sender:
    """Delivers in the background; `drain` waits for it."""

    def __init__(
        self, store: Store, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.store = store
        self.clock = clock
        self.transport = transport
        self._queue: list[tuple[datetime, int, Delivery]] = []
        self._order = itertools.count()
        self._in_flight = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._random = random.Random(2026)

    def emit(self, system: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Queue one delivery as the webhook mode says; returns at once."""
        switches = Switches.load(self.store)
        mode, wait = switches.webhook_mode, switches.webhook_delay_ms / 1000
        for _ in range(2 if mode == "duplicate" else 1):
            number = self.store.counter("delivery")
            delivery = Delivery(str(number), system, url, body, headers)
            lost = mode == "lost" or (mode == "lose_half" and number % 2 == 0)
            self._note(delivery, state="lost" if lost else "queued")
            if not lost:
                shuffle = self._random.uniform(0, SHUFFLE_SECONDS)
                self._push(delivery, wait + (shuffle if mode == "shuffle" else 0.0))

    def drain(self, timeout: float = 5.0) -> bool:
        """Wait until all first attempts are made; False if that took too long.

        Retries lie minutes ahead and are not waited for, unless they are due. While
        webhooks are paused there is nothing to wait for either.
        """
        give_up = time.monotonic() + timeout
        while time.monotonic() < give_up:
            paused = self._is_paused()
            with self._changed:
                if not self._in_flight and not self._has_first_or_due():
                    return True
                if paused:
                    return False
                self._changed.notify_all()
                self._changed.wait(0.02)
        return False

    def forget(self) -> None:
        """Drop what is still queued; for the page's reset button."""
        with self._changed:
            self._queue.clear()

    def _has_first_or_due(self) -> bool:
        now = self.clock.now()
        return any(item.attempt == 1 or due <= now for due, _, item in self._queue)

    def _push(self, delivery: Delivery, wait_seconds: float) -> None:
        due = self.clock.now() + timedelta(seconds=wait_seconds)
        with self._changed:
            heapq.heappush(self._queue, (due, next(self._order), delivery))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="sandbox-webhooks", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        with httpx.Client(
            transport=self.transport, timeout=TIMEOUT_SECONDS, trust_env=False
        ) as client:
            while not self._is_idle():
                delivery = self._next()
                if delivery is None:
                    continue
                try:
                    self._deliver(client, delivery)
                finally:
                    with self._changed:
                        self._in_flight -= 1
                        self._changed.notify_all()

    def _is_idle(self) -> bool:
        """Nothing came for a while: the thread ends, the next push starts another."""
        with self._changed:
            if not self._queue:
                self._changed.wait(IDLE_SECONDS)
            if self._queue:
                return False
            self._thread = None
            return True

    def _next(self) -> Delivery | None:
        """What is due, if anything; looks often, as a clock moved by hand is silent."""
        paused = self._is_paused()
        with self._changed:
            if self._queue and not paused and self._queue[0][0] <= self.clock.now():
                self._in_flight += 1
                return heapq.heappop(self._queue)[2]
            self._changed.wait(POLL_SECONDS)
            return None

    def _is_paused(self) -> bool:
        # Asked before `_changed` is taken, never inside: `emit` is called under the
        # store's lock, so the other order would be a deadlock.
        return Switches.load(self.store).webhooks_paused

    def _deliver(self, client: httpx.Client, delivery: Delivery) -> None:
        status: int | None = None
        answer = ""
        try:
            response = client.post(
                delivery.url, content=delivery.body, headers=delivery.headers
            )
            status = response.status_code
        except Exception as error:  # The receiver may be anything, even a broken app.
            answer = f"{type(error).__name__}: {error}"
        if status is not None and 200 <= status < 300:
            self._note(delivery, state="delivered", status=status)
            return
        self._retry(delivery, status, answer)

    def _retry(self, delivery: Delivery, status: int | None, error: str) -> None:
        delay = self._policy(delivery.system).delay(delivery.attempt, status)
        state = "failed" if delay is None else "retrying"
        self._note(delivery, state=state, status=status, error=error)
        if delay is not None:
            self._push(replace(delivery, attempt=delivery.attempt + 1), delay)

    def _policy(self, system: str) -> RetryPolicy:
        if system == "highlevel":
            policy = Switches.load(self.store).highlevel_retry_policy
            return POLICIES[f"highlevel-{policy}"]
        return POLICIES[system]

    def _note(
        self,
        delivery: Delivery,
        *,
        state: str,
        status: int | None = None,
        error: str = "",
    ) -> None:
        document: Document = {
            "id": delivery.id,
            "system": delivery.system,
            "url": delivery.url,
            "headers": delivery.headers,
            "body": delivery.body.decode("utf-8", "replace"),
            "state": state,
            "status": status,
            "error": error,
            "attempts": delivery.attempt,
            "at": self.clock.now().isoformat(timespec="seconds"),
        }
        with self.store.lock:
            self.store.put(KIND, delivery.id, document)
            for old in self.store.scan(KIND)[:-KEPT]:
                self.store.delete(KIND, old["id"])
